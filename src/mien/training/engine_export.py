"""A network of `mien.nn` -> ONNX, so that what the engine trained is served like any other network."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from mien.nn import BatchNorm, BipolarSigmoid, Dense, Dropout, Layer, Network, ReLU, Sigmoid, Softmax, Tanh

_OPSET: Final = 20
ML_DOMAIN: Final = "ai.onnx.ml"
_ML_OPSET: Final = 3


class Graph:
    """A graph in a row: each node takes the value of the one before, and constants."""

    def __init__(self, name: str) -> None:
        self._input = self._last = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *constants: NDArray[Any], **attributes: Any) -> None:
        """A node of that operator; ``attributes`` may name its ``domain`` too."""
        names = [f"{operator}_{len(self._nodes)}_{i}" for i in range(len(constants))]
        tensors = (numpy_helper.from_array(np.ascontiguousarray(c), n) for c, n in zip(constants, names, strict=True))
        self._constants.extend(tensors)
        output = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, [self._last, *names], [output], **attributes))
        self._last = output

    def finished(self, kind: "np.dtype[Any]", inputs: list[int], output: str, outputs: list[int]) -> onnx.ModelProto:
        """The model: rows of the shape ``inputs`` to ``output``, rows of the shape ``outputs``."""
        self._nodes.append(helper.make_node("Identity", [self._last], [output]))
        element = helper.np_dtype_to_tensor_dtype(kind)
        whole = helper.make_graph(
            self._nodes,
            "mien",
            [helper.make_tensor_value_info(self._input, element, ["n", *inputs])],
            [helper.make_tensor_value_info(output, element, ["n", *outputs])],
            self._constants,
        )
        domains = {"": _OPSET} | ({ML_DOMAIN: _ML_OPSET} if any(node.domain for node in self._nodes) else {})
        opsets = [helper.make_opsetid(domain, version) for domain, version in domains.items()]
        # IR version 10 is what ONNX Runtime 1.20 reads.
        model = helper.make_model(whole, opset_imports=opsets, ir_version=10)
        onnx.checker.check_model(model, full_check=True)
        return model


def _dense(layer: Layer, graph: Graph) -> None:
    graph.add("Gemm", layer.parameters["W"], layer.parameters["b"])


def _bipolar(layer: Layer, graph: Graph) -> None:
    assert isinstance(layer, BipolarSigmoid)  # noqa: S101  found under this very type
    graph.add("Mul", np.array(layer.slope / 2, layer.buffers("a", (1, layer.inputs)).dtype))
    graph.add("Tanh")


def _batch_norm(layer: Layer, graph: Graph) -> None:
    assert isinstance(layer, BatchNorm)  # noqa: S101  found under this very type
    statistics = (layer.parameters["gamma"], layer.parameters["beta"], layer.state["mean"], layer.state["var"])
    graph.add("BatchNormalization", *statistics, epsilon=layer.eps)


_WRITERS: Final[dict[type[Layer], Callable[[Layer, Graph], None]]] = {
    Dense: _dense,
    Sigmoid: lambda _, graph: graph.add("Sigmoid"),
    BipolarSigmoid: _bipolar,
    Tanh: lambda _, graph: graph.add("Tanh"),
    ReLU: lambda _, graph: graph.add("Relu"),
    Softmax: lambda _, graph: graph.add("Softmax", axis=1),
    Dropout: lambda _layer, _graph: None,  # nothing when not training
    BatchNorm: _batch_norm,
}


def engine_to_onnx(network: Network) -> onnx.ModelProto:
    """The network as it predicts: input ``x`` (n, inputs), output ``a`` (n, outputs), of the network's own type."""
    graph = Graph("x")
    write_layers(network.layers, graph)
    return graph.finished(network.dtype, [network.inputs], "a", [network.outputs])


def write_layers(layers: Sequence[Layer], graph: Graph) -> None:
    """Adds what the layers compute when not training."""
    for layer in layers:
        _WRITERS[type(layer)](layer, graph)
