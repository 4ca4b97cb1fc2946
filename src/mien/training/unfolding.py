"""From a model file back to a network that can be trained: the file has batch normalisation folded into its convolutions."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final

import onnx
import torch
from google.protobuf.message import DecodeError
from torch import Tensor, nn

from mien.errors import ConfigError, ModelError
from mien.models.catalog import read_model

# Behind a normalisation a filter's length changes nothing but how far a step turns it: that of filters long trained.
_LENGTH: Final = 0.05


@torch.no_grad()
def unfold(file: Path, network: nn.Module, show: Callable[[nn.Module], object]) -> None:
    """Gives ``network`` the weights of ``file``, which ``torch_export`` made of such a network: it then computes the same.

    The statistics that each normalisation had are not in the file. They are measured anew on what ``show`` has the network
    see, and its scale and offset follow from them, so that the network computes nearly the same with a batch's own too.

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
        (name, convolution, norm)
        for (name, convolution), (_, norm) in pairwise(network.named_modules())
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    ]
    folded = {id(p) for _, _, norm in pairs for p in norm.parameters()}
    try:
        for name, parameter in network.named_parameters():
            if id(parameter) not in folded:
                parameter.copy_(stored[name])
        offsets = [stored[f"{name}.weight_bias"] for name, _, _ in pairs]
    except (KeyError, RuntimeError) as error:
        raise ConfigError(f"{file}: a file of another network; its weights do not fit") from error
    means, variances = _statistics([norm for _, _, norm in pairs], offsets, lambda: show(network.eval()))
    for (_, convolution, norm), offset, mean, variance in zip(pairs, offsets, means, variances, strict=True):
        stretch = _LENGTH / convolution.weight.square().mean(dim=(1, 2, 3)).sqrt().clamp(min=1e-9)
        convolution.weight.mul_(stretch.view(-1, 1, 1, 1))
        norm.running_mean = mean * stretch
        norm.running_var = variance * stretch**2
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() / stretch)
        norm.bias.copy_(offset + mean)


def _statistics(
    norms: list[nn.BatchNorm2d], offsets: list[Tensor], show: Callable[[], object]
) -> tuple[list[Tensor], list[Tensor]]:
    """Mean and variance (channels,) of what comes to each norm, while all that it does is to add its offset."""
    seen: list[list[Tensor]] = [[] for _ in norms]
    watching = []
    for norm, offset, moments in zip(norms, offsets, seen, strict=True):
        norm.reset_running_stats()
        norm.weight.fill_((1 + norm.eps) ** 0.5)
        norm.bias.copy_(offset)

        def watch(_norm: nn.Module, inputs: tuple[Tensor], moments: list[Tensor] = moments) -> None:
            moments.append(torch.stack([inputs[0].mean(dim=(0, 2, 3)), inputs[0].square().mean(dim=(0, 2, 3))]))

        watching.append(norm.register_forward_pre_hook(watch))
    show()
    for handle in watching:
        handle.remove()
    means, squares = zip(*(torch.stack(moments).mean(dim=0) for moments in seen), strict=True)
    return list(means), [square - mean**2 for mean, square in zip(means, squares, strict=True)]
