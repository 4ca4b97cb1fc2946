from pathlib import Path

import matplotlib
import numpy as np
import onnxruntime
import pytest
import torch

from mien.datasets import fonts
from mien.datasets.corpora import Corpus
from mien.datasets.printing import LinePrinter
from mien.text.alphabet import ALPHABET, PRINTED
from mien.training.architectures import parameter_counts
from mien.training.language import language_model
from mien.training.line_network import LineNetwork
from mien.training.line_task import LineTask, stacked
from mien.training.lines import lines_to_onnx
from mien.training.loop import Run
from mien.training.recipes import LineRecipe

LANGUAGE = language_model([(["one two three"], 1.0)], ALPHABET, order=3, least_gain=0.0)
RECIPE = LineRecipe(optimizer="adamw", learning_rate=2e-3, batch_size=8, epochs=2, lines=48)


@pytest.fixture(scope="module")
def printer() -> LinePrinter:
    places = [Path(matplotlib.get_data_path()) / "fonts"]
    corpora = [Corpus("vietnamese", ("một hai ba",)), Corpus("english", ("one two three",))]
    corpora += [Corpus("code", ("x = 1",)), Corpus("words", ("aa", "bb"))]
    return LinePrinter(fonts.load("train", PRINTED, places=places), corpora)


def test_a_run_learns_and_its_loss_falls(printer: LinePrinter, tmp_path: Path) -> None:
    run = Run(tmp_path, LineTask(RECIPE, printer, printer), seed=0)
    run.train()
    first, second = run.progress.history
    assert second.train_loss < first.train_loss


def test_the_graph_reads_as_torch_does_at_any_width() -> None:
    torch.manual_seed(0)
    network = LineNetwork().eval()
    model = lines_to_onnx(network, LANGUAGE.to_bytes()).SerializeToString()
    assert len(model) < 800_000
    session = onnxruntime.InferenceSession(model)
    for count, width in ((1, 44), (3, 400), (2, 1204)):
        ink = np.random.default_rng(width).integers(0, 256, (count, 40, width), dtype=np.uint8)
        (logits,) = session.run(["logits"], {"ink": ink})
        with torch.inference_mode():
            expected = network(torch.from_numpy(ink).unsqueeze(1).float() / 255).numpy()
        assert logits.shape == (count, width // 2, 1 + len(ALPHABET))
        assert np.abs(logits - expected).max() < 0.01  # weights of 16 bits
        assert (logits.argmax(2) == expected.argmax(2)).mean() > 0.99


def test_the_network_is_small() -> None:
    assert parameter_counts(LineNetwork())[1] == 318_158


def test_shorter_strips_are_followed_by_paper() -> None:
    batch = stacked([np.full((40, 5), 255, np.uint8), np.full((40, 10), 128, np.uint8)])
    assert batch.shape == (2, 1, 40, 12)
    assert batch[0, 0, :, 5:].max() == 0
    assert batch[1, 0, 0, 9] == pytest.approx(128 / 255)
