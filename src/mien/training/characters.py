"""From characters, in a picture or in fonts, to a finished character reader: the seed's perceptron, trained on `mien.nn`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from mien import __version__
from mien.datasets import fonts
from mien.datasets.characters import CharacterSet, from_fonts, from_picture
from mien.datasets.fonts import Font, FontSplit
from mien.errors import DatasetError
from mien.files import replacing
from mien.models.catalog import CHARACTER_READER
from mien.models.text_contract import CharacterContract
from mien.nn import (
    SGD,
    Adam,
    BipolarSigmoid,
    CategoricalCrossEntropy,
    Dense,
    History,
    Layer,
    Loss,
    Network,
    Optimizer,
    Softmax,
    SumSquaredErrors,
    cosine,
    fit,
)
from mien.text.codes import BITS, encode
from mien.text.glyph import COLUMNS, ROWS
from mien.text.perceptron import Perceptron
from mien.training.card import character_card
from mien.training.engine_export import engine_to_onnx
from mien.training.model_file import write_model

Outputs = Literal["bits", "classes"]

# Where these are installed the reader learns from them; any twenty upright fonts will do.
FAMILIES: Final = (
    *("DejaVu Sans", "DejaVu Serif", "EB Garamond", "FreeMono", "FreeSerif", "Gentium Plus", "Latin Modern Mono"),
    *("Latin Modern Roman", "Latin Modern Sans", "M PLUS 1", "M PLUS 2", "Mplus Code 60", "Noto Mono", "Noto Sans"),
    *("Noto Serif", "Roboto", "Roboto Condensed", "TeX Gyre Bonum", "TeX Gyre Cursor", "TeX Gyre Schola"),
)
UNSEEN: Final = ("Arimo", "Charis SIL", "Cousine", "Inter", "Open Sans", "TeX Gyre Adventor", "TeX Gyre Pagella", "Tinos")
_EMS, _TEST_EMS = (24, 36, 56, 72), (30, 48, 64)
_MANY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterRecipe:
    """How the perceptron is trained. The defaults are the seed's rule, mended where it sticks.

    outputs: the 16 ``bits`` of the character's number with the summed squared error, pattern by pattern; or ``classes``,
        one output a character with soft-max and cross-entropy, in batches of 64 by Adam.
    geometry: four inputs more, see ``text/glyph.py``. hidden: units. slope: of the bipolar sigmoids.
    lift: added to the slope of the outputs, so that wrong saturated bits go on learning.
    learning_rate: at first; it falls to 0 along half a cosine. epsilon: a mean loss below this ends the training.
    copies: worse ones of each picture or sheet.
    """

    outputs: Outputs = "bits"
    geometry: bool = False
    hidden: int = 500
    slope: float = 2.0
    lift: float = 0.05
    learning_rate: float
    epochs: int
    epsilon: float = 0.0
    copies: int = 3

    @property
    def batch_size(self) -> int:
        """One pattern, as the seed has it, or 64."""
        return 1 if self.outputs == "bits" else 64


def recipe_for(
    outputs: Outputs, *, fonts: int | None, epochs: int | None, learning_rate: float | None, **settings: Any
) -> CharacterRecipe:
    """The recipe with these outputs, and the epochs and rate that suit them and the number of fonts where none are given."""
    if fonts is None:
        usual = {"bits": (60, 0.01), "classes": (100, 3e-3)}[outputs]
    elif fonts < _MANY:
        usual = {"bits": (9, 0.018), "classes": (100, 3e-3)}[outputs]
    else:
        usual = {"bits": (5, 0.008), "classes": (20, 3e-3)}[outputs]
    return CharacterRecipe(outputs=outputs, epochs=epochs or usual[0], learning_rate=learning_rate or usual[1], **settings)


def train_on_picture(
    image: Path, text: Path, recipe: CharacterRecipe, folder: Path, *, seed: int, on_epoch: Callable[[History], None]
) -> tuple[Path, CharacterContract]:
    """Learns the characters of a picture; returns the ONNX file in ``folder``, a card beside it, and its contract.

    Raises:
        PictureError, DatasetError: see ``from_picture``.
    """
    rng = np.random.default_rng(seed)
    examples = from_picture(image, text, with_geometry=recipe.geometry, copies=recipe.copies, rng=rng)
    own = from_picture(image, text, with_geometry=recipe.geometry, copies=0, rng=rng)
    return _trained(
        examples,
        lambda: {"the picture's own characters": own},
        recipe,
        folder,
        f"a picture of {len(own.text)} characters",
        rng,
        on_epoch,
    )


def train_on_fonts(
    alphabet: str, count: int, recipe: CharacterRecipe, folder: Path, *, seed: int, on_epoch: Callable[[History], None]
) -> tuple[Path, CharacterContract]:
    """Learns an alphabet in ``count`` fonts of this machine; measured at other sizes, and in fonts it never saw.

    Raises:
        DatasetError: fewer upright fonts are installed.
    """
    rng = np.random.default_rng(seed)
    known = upright("train", alphabet, FAMILIES, count)
    unseen = upright("heldout", alphabet, UNSEEN, len(UNSEEN))
    examples = from_fonts(known, alphabet, _EMS, with_geometry=recipe.geometry, copies=recipe.copies, rng=rng)
    own = rng.spawn(1)[0]

    def measured() -> dict[str, CharacterSet]:
        return {
            f"{len(chosen)} {name}, other sizes": from_fonts(
                chosen, alphabet, _TEST_EMS, with_geometry=recipe.geometry, copies=0, rng=own
            )
            for name, chosen in (("fonts of training", known), ("fonts never seen", unseen))
        }

    with ThreadPoolExecutor(1) as beside:  # these sheets are printed while the network learns
        later = beside.submit(measured)
        return _trained(examples, later.result, recipe, folder, f"{len(known)} free fonts of Debian", rng, on_epoch)


def upright(split: FontSplit, alphabet: str, names: Sequence[str], count: int) -> list[Font]:
    """One upright font that draws the alphabet of each of ``count`` families, those in ``names`` first.

    Raises:
        DatasetError: there are fewer.
    """
    known = fonts.families(fonts.load(split, alphabet, upright_of=names))
    if len(known) < count:
        known = fonts.families(font for font in fonts.load(split, alphabet) if font.upright)
    if len(known) < count:
        raise DatasetError(f"expected {count} upright fonts of different families, found {len(known)}; install more fonts")
    order = sorted(known, key=lambda name: (names.index(name) if name in names else len(names), name))
    return [known[name][0] for name in order[:count]]


def _trained(
    examples: CharacterSet,
    measured: Callable[[], dict[str, CharacterSet]],
    recipe: CharacterRecipe,
    folder: Path,
    source: str,
    rng: np.random.Generator,
    on_epoch: Callable[[History], None],
) -> tuple[Path, CharacterContract]:
    alphabet = "".join(sorted(set(examples.text)))
    network, targets, loss = _network(examples, alphabet, recipe, rng)
    steps = recipe.epochs * -(-len(targets) // recipe.batch_size)
    rate = cosine(recipe.learning_rate, steps=steps)
    optimizer: Optimizer = SGD(rate) if recipe.outputs == "bits" else Adam(rate, weight_decay=1e-4, decoupled=True)
    with threadpool_limits(1):  # rows this small are done before a second thread has woken
        fit(
            network,
            examples.inputs,
            targets,
            loss=loss,
            optimizer=optimizer,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            epsilon=recipe.epsilon,
            rng=rng,
            on_epoch=on_epoch,
        )
    described = f"{len(examples.text):,} pictures of {len(alphabet)} characters, from {source}"
    return _exported(network, alphabet, described, measured(), recipe, folder)


def _exported(
    network: Network,
    alphabet: str,
    described: str,
    measured: dict[str, CharacterSet],
    recipe: CharacterRecipe,
    folder: Path,
) -> tuple[Path, CharacterContract]:
    """The ONNX file and its card; what it reads right is measured on the file itself."""
    contract = CharacterContract(
        name=CHARACTER_READER,
        version=__version__,
        licence="MIT",
        training_data=described,
        parameters=len(network.weights),
        rows=ROWS,
        columns=COLUMNS,
        geometry=recipe.geometry,
        outputs=recipe.outputs,
        alphabet=alphabet,
        figures={},
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{CHARACTER_READER}.onnx"
    model = engine_to_onnx(network)
    write_model(model, contract, path)
    reader = Perceptron(path)
    figures = {name: value for where, given in measured.items() for name, value in _figures(reader, where, given).items()}
    contract = CharacterContract(**asdict(contract) | {"figures": figures})
    write_model(model, contract, path)
    with replacing(path.with_suffix(".md")) as partial:
        partial.write_text(character_card(contract, asdict(recipe)), encoding="utf-8")
    return path, contract


def _network(
    examples: CharacterSet, alphabet: str, recipe: CharacterRecipe, rng: np.random.Generator
) -> tuple[Network, np.ndarray[tuple[int, int], np.dtype[np.float32]], Loss]:
    hidden: list[Layer] = [Dense(recipe.hidden), BipolarSigmoid(recipe.slope)]
    inputs = examples.inputs.shape[1]
    if recipe.outputs == "bits":
        outputs: list[Layer] = [Dense(BITS), BipolarSigmoid(recipe.slope, recipe.lift)]
        return Network(inputs, hidden + outputs, rng=rng), encode(examples.text), SumSquaredErrors()
    targets = np.eye(len(alphabet), dtype=np.float32)[[alphabet.index(character) for character in examples.text]]
    network = Network(inputs, [*hidden, Dense(len(alphabet)), Softmax()], rng=rng)
    return network, targets, CategoricalCrossEntropy()


def _figures(reader: Perceptron, where: str, examples: CharacterSet) -> dict[str, float]:
    """Shares of the characters read right, also without those that fill the grid alike in a sans font."""
    truth = np.array(list(examples.text))
    told_apart = ~np.isin(truth, list("Il-"))
    readings = {"": np.array(list(reader.read(examples.inputs)[0]))}
    if reader.contract.outputs == "bits":
        readings = {
            ", nearest code": readings[""],
            ", rounded bits": np.array(list(reader.read(examples.inputs, rounding=True)[0])),
        }
    figures = {}
    for way, reading in readings.items():
        figures[f"right: {where}{way}"] = float(np.mean(reading == truth))
        figures[f"right but for I, l and -: {where}{way}"] = float(np.mean((reading == truth)[told_apart]))
    return figures
