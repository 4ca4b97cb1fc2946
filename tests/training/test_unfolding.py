"""A network out of its file: it computes what the file computes, and nearly that with a batch's own statistics."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.errors import ConfigError
from mien.faces.classifier import Classifier
from mien.training.architectures import ARCHITECTURES
from mien.training.torch_export import expression_to_onnx
from mien.training.unfolding import unfold


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    return torch.rand(64, 1, 48, 48, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module", params=["seed", "mien-tiny"])
def trained(request: pytest.FixtureRequest, pictures: Tensor) -> tuple[str, nn.Module]:
    """With statistics, scales and offsets that are not those of a new network."""
    torch.manual_seed(1)
    network = ARCHITECTURES[request.param]().train()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        for _ in range(20):
            network(pictures)
    return request.param, network.eval()


@pytest.fixture(scope="module")
def file(trained: tuple[str, nn.Module], tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, network = trained
    path = tmp_path_factory.mktemp("unfolding") / "network.onnx"
    path.write_bytes(expression_to_onnx(network, mirrored=name != "seed").SerializeToString())
    return path


def test_it_computes_what_the_file_computes(trained: tuple[str, nn.Module], file: Path, pictures: Tensor) -> None:
    name, original = trained
    network = ARCHITECTURES[name]()
    unfold(file, network, lambda net: [net(part) for part in pictures.split(16)])
    torch.testing.assert_close(network(pictures), original(pictures), rtol=1e-4, atol=1e-5)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    torch.testing.assert_close(network.train()(pictures), original(pictures), rtol=2e-3, atol=2e-3)


def test_no_filter_is_longer_than_another(trained: tuple[str, nn.Module], file: Path, pictures: Tensor) -> None:
    network = ARCHITECTURES[trained[0]]()
    unfold(file, network, lambda net: net(pictures))
    lengths = network[0].weight.square().mean(dim=(1, 2, 3)).sqrt()
    torch.testing.assert_close(lengths, lengths.mean().expand_as(lengths))


def test_a_wider_network_computes_the_same(pictures: Tensor) -> None:
    crops = (pictures[:, 0] * 255).byte().numpy()
    pictures, wide = torch.from_numpy(crops).unsqueeze(1).float() / 255, ARCHITECTURES["mien-wide"]()
    unfold(Path("mien-tiny"), wide, lambda net: net(pictures))
    with torch.inference_mode():
        logits = (wide(pictures) + wide(pictures.flip(3))) / 2
    np.testing.assert_allclose(logits, Classifier("mien-tiny").logits(crops), rtol=1e-3, atol=1e-3)
    with torch.inference_mode():  # and nearly that after a step, when what is new begins to be read
        for weights in wide.parameters():
            weights.add_(1e-3 * torch.randn(weights.shape, generator=torch.Generator().manual_seed(0)))
        stepped = (wide(pictures) + wide(pictures.flip(3))) / 2
    assert (stepped - logits).abs().mean() < 0.2 * logits.std()


def test_another_networks_file_is_refused(trained: tuple[str, nn.Module], file: Path, tmp_path: Path, pictures: Tensor) -> None:
    name, _ = trained
    with pytest.raises(ConfigError, match="another network"):
        unfold(file, ARCHITECTURES["mien-tiny" if name == "seed" else "seed"](), lambda net: net(pictures))
    nonsense = tmp_path / "nonsense.onnx"
    nonsense.write_bytes(b"no model")
    for path in (nonsense, tmp_path / "nowhere.onnx"):
        with pytest.raises(ConfigError, match=rf"{path.name}: expected a checkpoint or an ONNX file"):
            unfold(path, ARCHITECTURES["mien-tiny"](), lambda net: net(pictures))
