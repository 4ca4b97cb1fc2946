"""torch networks -> ONNX graphs."""

import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from mien.faces.crop import CROP_SIDE


class _Mirrored(nn.Module):
    """The mean of the logits of crops and of their mirror images: left and right are then read alike."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        both: Tensor = self.network(torch.cat([x, x.flip(3)]))
        return both.view(2, -1, both.shape[1]).mean(dim=0)


def expression_to_onnx(network: nn.Module, *, mirrored: bool = False) -> onnx.ModelProto:
    """The network in evaluation mode as an ONNX graph, crops (n, 1, 48, 48) in 0..1 -> logits (n, 8), any n.

    mirrored: the graph averages the logits of each crop and of its mirror image.
    """
    example = torch.zeros(2, 1, CROP_SIDE, CROP_SIDE)
    network = _Mirrored(network) if mirrored else network
    return to_onnx(network, example, {0: torch.export.Dim("n")}, ["crops"], ["logits"])


def to_onnx(
    network: nn.Module, example: Tensor, sizes: dict[int, Any], inputs: list[str], outputs: list[str]
) -> onnx.ModelProto:
    """The graph of a network of one input, batch normalisation folded; ``sizes`` names those of its axes that may vary."""
    # The exporter speaks of its own deprecations and of optional parts that are not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            network.eval(),
            (example,),
            file,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=(sizes,),
            external_data=False,
            verbose=False,
        )
        model = onnx.load_model(file)
    # The exporter's notes hold source paths of the machine that trained.
    del model.metadata_props[:]
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, model.graph):
        del part.metadata_props[:]
    return model


def store_halved(model: onnx.ModelProto) -> None:
    """Stores the weights of a graph in 16 bits; they are computed with in 32, as before, once a session has unpacked them."""
    graph = model.graph
    for weights in [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]:
        name = f"{weights.name}.half"
        half = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights).astype(np.float16), name)
        graph.node.insert(0, onnx.helper.make_node("Cast", [name], [weights.name], to=onnx.TensorProto.FLOAT))
        graph.initializer.remove(weights)
        graph.initializer.append(half)
