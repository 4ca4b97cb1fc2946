"""A network of `mien.nn` -> ONNX, so that what the engine trained is served like any other network."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from mien.nn import BatchNorm, BipolarSigmoid, Dense, Dropout, Floats, Layer, Network, ReLU, Sigmoid, Softmax, Tanh

_OPSET: Final = 20


class _Graph:
    """Nodes and constants in the making; ``last`` is the name of the newest value."""

    def __init__(self, name: str) -> None:
        self.last = name
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *constants: Floats, **attributes: Any) -> None:
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(len(constants))]
        self.constants += [numpy_helper.from_array(np.ascontiguousarray(c), n) for c, n in zip(constants, names, strict=True)]
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.last, *names], [output], **attributes))
        self.last = output


def _dense(layer: Layer, graph: _Graph) -> None:
    graph.add("Gemm", layer.parameters["W"], layer.parameters["b"])


def _bipolar(layer: Layer, graph: _Graph) -> None:
    assert isinstance(layer, BipolarSigmoid)  # noqa: S101  found under this very type
    graph.add("Mul", np.array(layer.slope / 2, layer.buffers("a", (1, layer.inputs)).dtype))
    graph.add("Tanh")


def _batch_norm(layer: Layer, graph: _Graph) -> None:
    assert isinstance(layer, BatchNorm)  # noqa: S101  found under this very type
    statistics = (layer.parameters["gamma"], layer.parameters["beta"], layer.state["mean"], layer.state["var"])
    graph.add("BatchNormalization", *statistics, epsilon=layer.eps)


_WRITERS: Final[dict[type[Layer], Callable[[Layer, _Graph], None]]] = {
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
    graph = _Graph("x")
    for layer in network.layers:
        _WRITERS[type(layer)](layer, graph)
    kind = helper.np_dtype_to_tensor_dtype(network.dtype)
    graph.nodes.append(helper.make_node("Identity", [graph.last], ["a"]))
    whole = helper.make_graph(
        graph.nodes,
        "mien",
        [helper.make_tensor_value_info("x", kind, ["n", network.inputs])],
        [helper.make_tensor_value_info("a", kind, ["n", network.outputs])],
        graph.constants,
    )
    # IR version 10 is what ONNX Runtime 1.20 reads.
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model
