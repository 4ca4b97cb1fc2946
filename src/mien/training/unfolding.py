"""From a model file back to a network that can be trained: the file has batch normalisation folded into the layer before it."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

import onnx
import torch
from google.protobuf.message import DecodeError
from torch import Tensor, nn

from mien.errors import ConfigError, ModelError
from mien.models.catalog import read_model
from mien.training.widening import place

# Behind a normalisation a filter's length changes nothing but how far a step turns it: that of filters long trained.
_LENGTH: Final = 0.05
_Norm: TypeAlias = nn.BatchNorm2d | nn.BatchNorm1d


@torch.no_grad()
def unfold(file: Path, network: nn.Module, show: Callable[[nn.Module], object]) -> None:
    """Gives ``network`` the weights of ``file``, which ``torch_export`` made of such a network, or of one that is narrower.

    It then computes the same. The statistics that each normalisation had are not in the file. They are measured anew on what
    ``show`` has the network see, and its scale and offset follow from them, so that the network computes nearly the same with
    a batch's own too.

    Raises:
        ConfigError: no model file, or one of another network.
    """
    try:
        graph = onnx.load_model_from_string(read_model(file)).graph
    except (ModelError, DecodeError) as error:
        raise ConfigError(f"{file}: expected a checkpoint or an ONNX file of mien to begin with ({error})") from error
    stored = {
        w.name.removeprefix("network."): torch.from_numpy(onnx.numpy_helper.to_array(w).copy()) for w in graph.initializer
    }
    pairs = [
        (name, layer, norm)
        for (name, layer), (_, norm) in pairwise(network.named_modules())
        if isinstance(layer, nn.Conv2d | nn.Linear) and isinstance(norm, _Norm)
    ]
    folded = {id(p) for _, _, norm in pairs for p in norm.parameters()}
    try:
        for name, parameter in network.named_parameters():
            if id(parameter) not in folded:
                place(stored[name], parameter)
        for name, layer, norm in pairs:  # a layer's own bias holds the offset; where it has none, the file has one more
            norm.reset_running_stats()
            norm.weight.fill_((1 + norm.eps) ** 0.5)
            norm.bias.zero_()
            if layer.bias is None:
                place(stored[f"{name}.weight_bias"], norm.bias)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"{file}: a file of another network; its weights do not fit") from error
    for (name, layer, norm), (mean, variance) in zip(
        pairs, _moments(network.eval(), [n for *_, n in pairs], show), strict=True
    ):
        stretch = _LENGTH / layer.weight.flatten(1).square().mean(dim=1).sqrt().clamp(min=1e-9)
        for part in layer.parameters():
            part.mul_(stretch.view(-1, *[1] * (part.ndim - 1)))
        norm.running_mean = mean * stretch
        norm.running_var = variance * stretch**2
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() / stretch)
        norm.bias.add_(mean)
        new = slice(len(stored[f"{name}.weight"]), None)
        # Nobody reads a new filter yet; its statistics would be wrong as soon as those below it are other than they were.
        norm.weight[new], norm.bias[new], norm.running_mean[new], norm.running_var[new] = 1, 0, 0, 1


def _moments(network: nn.Module, norms: list[_Norm], show: Callable[[nn.Module], object]) -> list[tuple[Tensor, Tensor]]:
    """Mean and variance (channels,) of what comes to each norm while ``show`` shows pictures to the network."""
    seen: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}

    def watch(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        by_channel = inputs[0].float().transpose(0, 1).flatten(1)
        seen[norm].append(torch.stack([by_channel.mean(dim=1), by_channel.square().mean(dim=1)]))

    watching = [norm.register_forward_pre_hook(watch) for norm in norms]
    show(network)
    for handle in watching:
        handle.remove()
    means = [torch.stack(moments).mean(dim=0) for moments in seen.values()]
    return [(mean, square - mean**2) for mean, square in means]
