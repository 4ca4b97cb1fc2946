"""From fonts and texts to a finished line reader in one call."""

from pathlib import Path
from typing import Final

import onnx
import torch
from torch import Tensor, nn

from mien import __version__
from mien.datasets import corpora, fonts
from mien.datasets.printing import LinePrinter
from mien.files import replacing
from mien.models.catalog import LINE_READER
from mien.models.contract import LineContract
from mien.text.alphabet import ALPHABET, PRINTED
from mien.text.strip import BASELINE, STRIP_HEIGHT, X_HEIGHT
from mien.training.architectures import parameter_counts
from mien.training.card import line_card
from mien.training.export import write_model
from mien.training.line_network import STRIDE
from mien.training.line_task import MULTIPLE, LineTask
from mien.training.recipes import LINE_RECIPE
from mien.training.running import Listener, Settings, run_to_end
from mien.training.torch_export import to_onnx

_TRAINING_DATA: Final = (
    "lines printed from free fonts of Debian (OFL, GPL with font exception, Apache, Bitstream Vera), with text from "
    "the Debian installation guide (GPL-2+), LibreOffice's help (MPL-2.0), hunspell's English and Vietnamese word lists "
    "(GPL, LGPL, BSD) and Python's standard library (PSF-2.0)"
)


def train_lines(folder: Path, *, settings: Settings, listener: Listener) -> tuple[Path, LineContract] | None:
    """Trains on lines in this machine's fonts, or goes on where the run in ``folder`` was stopped.

    Returns the ONNX file in ``folder`` and its contract; the model card lies beside it. Of several processes begun by
    torchrun only the first returns a result.

    Raises:
        ConfigError: no such device, or ``folder`` holds a run with other settings.
        DatasetError: fonts or texts are not installed.
    """
    recipe = settings.apply(LINE_RECIPE)
    train, heldout = (
        LinePrinter(fonts.load(split, PRINTED, progress=listener.on_read), corpora.load(split, progress=listener.on_read))
        for split in ("train", "heldout")
    )
    task = LineTask(recipe, train, heldout)
    facts = {"families": [len(train.families), len(heldout.families)]}
    run, log = run_to_end(task, folder, settings, listener, facts)
    if log is None:
        return None
    network = run.best_network()
    _, right = task.validate(network, "cpu")
    contract = LineContract(
        name=LINE_READER,
        version=__version__,
        licence="MIT",
        training_data=_TRAINING_DATA,
        parameters=parameter_counts(network)[1],
        height=STRIP_HEIGHT,
        baseline=BASELINE,
        x_height=X_HEIGHT,
        stride=STRIDE,
        multiple=MULTIPLE,
        alphabet=ALPHABET,
        figures={"of the characters of lines as training prints them, faint and blurred ones too, are right": right},
    )
    path = folder / f"{LINE_READER}.onnx"
    write_model(lines_to_onnx(network), contract, path)
    with replacing(path.with_suffix(".md")) as partial:
        partial.write_text(line_card(contract), encoding="utf-8")
    return path, contract


class _FromInk(nn.Module):
    """Strips, uint8 (n, 40, width), to logits (n, width / 2, 1 + characters)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ink: Tensor) -> Tensor:
        return self.network(ink.unsqueeze(1).float() / 255)  # type: ignore[no-any-return]


def lines_to_onnx(network: nn.Module) -> onnx.ModelProto:
    """The graph that ``LineContract`` describes, for any number of strips and any width that is a multiple of 4."""
    sizes = {0: torch.export.Dim("n"), 2: MULTIPLE * torch.export.Dim("columns", max=4096)}
    example = torch.zeros(2, STRIP_HEIGHT, 20 * MULTIPLE, dtype=torch.uint8)
    return to_onnx(_FromInk(network), example, sizes, ["ink"], ["logits"])
