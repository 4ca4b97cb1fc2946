"""From fonts and texts to a finished line reader in one call."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.random import Generator
from torch import Tensor, nn

from mien import __version__
from mien.datasets import corpora, fonts
from mien.datasets.corpora import Corpus, Kind
from mien.datasets.printing import LinePrinter, symbol_line
from mien.files import replacing
from mien.models.catalog import LINE_READER
from mien.models.text_contract import LineContract
from mien.text.alphabet import ALPHABET, PRINTED
from mien.text.strip import BASELINE, STRIP_HEIGHT, X_HEIGHT
from mien.training.architectures import parameter_counts
from mien.training.card import line_card
from mien.training.language import language_model
from mien.training.line_network import STRIDE
from mien.training.line_task import MULTIPLE, LineTask
from mien.training.model_file import write_model
from mien.training.recipes import LINE_RECIPE
from mien.training.running import Listener, Settings, run_to_end
from mien.training.torch_export import store_halved, to_onnx

_TRAINING_DATA: Final = (
    "lines printed from free fonts of Debian (OFL, GPL with font exception, Apache, Bitstream Vera), with text from "
    "the Debian installation guide (GPL-2+), LibreOffice's help (MPL-2.0), hunspell's English and Vietnamese word lists "
    "(GPL, LGPL, BSD) and Python's standard library (PSF-2.0)"
)
# Of the language model, all found on validation pages: its longest n-grams, the nats that each one must be worth.
_ORDER: Final = 5
_LEAST_GAIN: Final = 7.0
# Paragraphs of a kind: one in so many, and what each counts. There is more code than anyone reads, and less Vietnamese.
_EVERY: Final[dict[Kind, int]] = {"vietnamese": 1, "english": 1, "code": 8, "words": 1}
_COUNTS: Final[dict[Kind, float]] = {"vietnamese": 2.0, "english": 1.0, "code": 1.0, "words": 1.0}
# Lines of symbols, which no text holds: so that after one of them it is no wonder to see another.
_SYMBOLS: Final = 20_000
_SYMBOL_COUNTS: Final = 0.5


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
    return export_lines(network, right, train.corpora, folder, rng=np.random.default_rng(settings.seed))


def export_lines(
    network: nn.Module, right: float, texts: Sequence[Corpus], folder: Path, *, rng: Generator
) -> tuple[Path, LineContract]:
    """Writes the line reader with a language model of ``texts``, and its card; ``right``: of the validation characters."""
    counted: list[tuple[Sequence[str], float]] = [
        (corpus.paragraphs[:: _EVERY[corpus.kind]], _COUNTS[corpus.kind]) for corpus in texts
    ]
    counted.append(([symbol_line(rng) for _ in range(_SYMBOLS)], _SYMBOL_COUNTS))
    language = language_model(counted, ALPHABET, order=_ORDER, least_gain=_LEAST_GAIN)
    contract = LineContract(
        name=LINE_READER,
        version=__version__,
        licence="MIT",
        training_data=_TRAINING_DATA,
        parameters=parameter_counts(network)[1],
        ngrams=len(language.keys),
        height=STRIP_HEIGHT,
        baseline=BASELINE,
        x_height=X_HEIGHT,
        stride=STRIDE,
        multiple=MULTIPLE,
        alphabet=ALPHABET,
        figures={"of the characters of lines as training prints them, faint and blurred ones too, are right": right},
    )
    path = folder / f"{LINE_READER}.onnx"
    write_model(lines_to_onnx(network, language.to_bytes()), contract, path)
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


def lines_to_onnx(network: nn.Module, language: bytes) -> onnx.ModelProto:
    """The graph that ``LineContract`` describes, for any number of strips and any width that is a multiple of 4.

    Its weights are stored in 16 bits: half of the file, and what they lose is far below what decides between letters.
    """
    sizes = {0: torch.export.Dim("n"), 2: MULTIPLE * torch.export.Dim("columns", max=4096)}
    example = torch.zeros(2, STRIP_HEIGHT, 20 * MULTIPLE, dtype=torch.uint8)
    model = to_onnx(_FromInk(network), example, sizes, ["ink"], ["logits"])
    store_halved(model)
    packed = np.frombuffer(language, np.uint8)
    model.graph.initializer.append(onnx.numpy_helper.from_array(packed, "language"))
    model.graph.output.append(onnx.helper.make_tensor_value_info("language", onnx.TensorProto.UINT8, packed.shape))
    return model
