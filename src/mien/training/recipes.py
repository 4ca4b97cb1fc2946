"""Recipes: everything that decides a training run besides the data and the seed, as data."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from mien.training.augmentation import Augmentation


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """How the weights of any network go down the loss.

    optimizer: ``adam`` (L2 decay), ``adamw`` (decoupled decay) or ``muon`` (``muon.py``); norms and biases are never decayed.
    schedule: ``constant``, or ``cosine`` from ``learning_rate`` to 0 after a linear warm-up over 5 % of the steps.
    patience: epochs without a better one on validation (see ``Task.merit``) before the run ends; None trains all ``epochs``.
    average: decay of the exponential moving average of the weights that is validated and kept; None for none.
    sharpness: radius of sharpness-aware steps (``sharpness.py``), a quarter of the batch finding where to; 0 for plain steps.
    """

    optimizer: Literal["adam", "adamw", "muon"]
    learning_rate: float
    batch_size: int
    epochs: int
    schedule: Literal["constant", "cosine"] = "constant"
    weight_decay: float = 0.0
    patience: int | None = None
    average: float | None = None
    sharpness: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Descent):
    """How one expression network is trained on the votes of FER+.

    targets: ``largest`` is a one-hot of the largest expression column, every picture kept (the seed's rule);
        ``votes`` is the shares of the expression votes, pictures without one left out.
    chosen_by: which epoch's weights are kept. By validation: the highest accuracy, or the lowest cross-entropy to the
        votes, which moves by less than its trend from one epoch to the next where the accuracy moves by more. Or the last's:
        a run on blended pictures reads plain ones worse at first, and makes up for it when another goes on from it.
    mirrored: the file that ships reads a crop and its mirror image, and averages.
    rare: the favour that the file gives to rare labels: it is added to the logarithm of their chance when the expression to be
        told is chosen.
    taught: what the teachers say makes up so much of each target (``distillation.py``), the votes the rest.
    copies: of each picture, changed beforehand and shown to the teachers; 0: they see the pictures unchanged. Coarse and noisy
        they are made afterwards: of such pictures a teacher that was never trained on any would say nonsense.
    """

    architecture: str
    targets: Literal["largest", "votes"]
    chosen_by: Literal["accuracy", "cross-entropy", "last"] = "accuracy"
    augmentation: Augmentation = field(default_factory=Augmentation)
    mirrored: bool = False
    rare: float = 0.0
    taught: float = 0.0
    copies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRecipe(Descent):
    """How the face detector is trained, on scenes composed anew for every step (``scenes.py``).

    side: of a scene, in pixels, a multiple of 32. scenes: of one epoch.
    """

    side: int
    scenes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecipe(Descent):
    """How the line reader is trained, on lines printed anew for every step (``datasets/printing.py``). lines: of one epoch."""

    lines: int


# spec/cnn.md lists the changes (rotation, shifts, zoom, flip) without amounts: these are Keras' usual ones.
_SEED_AUGMENTATION: Final = Augmentation(rotation=10, shift=0.1, zoom=0.1, flip=True)
# From nothing. Without blending or erasing, and changed little: a run begins to learn its pictures by heart near its end only.
# Small, soft and noisy faces they must have seen; unseen, they cost half of the accuracy.
_MIEN: Final = Recipe(
    architecture="mien",
    targets="votes",
    chosen_by="cross-entropy",
    optimizer="muon",
    learning_rate=4e-3,
    batch_size=128,
    epochs=88,
    schedule="cosine",
    weight_decay=0.02,
    average=0.998,
    augmentation=Augmentation(
        rotation=12, shift=0.06, zoom=0.1, shear=5, flip=True, coarse=0.12, contrast=0.25, brightness=0.08, noise=0.05
    ),
    mirrored=True,
    # On validation it costs a tenth of a point of accuracy and is worth more than two of macro recall.
    rare=0.5,
)
_MIEN_TINY: Final = replace(_MIEN, architecture="mien-tiny", epochs=100)
# Better networks show it what they see.
_MIEN_TINY_SHOWN: Final = replace(
    _MIEN_TINY, epochs=70, augmentation=replace(_MIEN.augmentation, coarse=0.06, noise=0.03), taught=0.8, copies=6
)

RECIPES: Final[dict[str, Recipe]] = {
    "seed": Recipe(
        architecture="seed",
        targets="largest",
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=16,
        epochs=100,
        patience=10,
        augmentation=_SEED_AUGMENTATION,
    ),
    "seed-votes": Recipe(
        architecture="seed",
        targets="votes",
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=32,
        epochs=30,
        schedule="cosine",
        average=0.999,
        augmentation=_SEED_AUGMENTATION,
    ),
    "mien": _MIEN,
    # A teacher, which may be an earlier network of the same size, is surer than ten votes are.
    "mien-taught": replace(_MIEN, taught=0.5),
    # To be begun with trained weights, which know their pictures by heart: these are changed much, blended too.
    "mien-shown": replace(
        _MIEN,
        chosen_by="last",
        learning_rate=2e-3,
        epochs=44,
        augmentation=Augmentation(
            rotation=15,
            shift=0.08,
            zoom=0.12,
            shear=6,
            flip=True,
            coarse=0.15,
            contrast=0.3,
            brightness=0.1,
            noise=0.05,
            erasing=0.15,
            mixup=0.3,
        ),
        taught=0.8,
        copies=12,
    ),
    # To be begun with those: at last, pictures as they come. Of bad ones few, or it learns to read these at the others' cost.
    "mien-finish": replace(
        _MIEN,
        learning_rate=8e-4,
        epochs=9,
        augmentation=replace(_MIEN.augmentation, coarse=0.03, noise=0.02),
        taught=0.8,
        copies=6,
    ),
    "mien-tiny": _MIEN_TINY,
    "mien-tiny-shown": _MIEN_TINY_SHOWN,
    # On from there.
    "mien-tiny-finish": replace(_MIEN_TINY_SHOWN, learning_rate=2e-3, epochs=42),
    # To be begun with mien-tiny's weights. Level with mien on validation.
    "mien-wide": replace(_MIEN_TINY_SHOWN, architecture="mien-wide", learning_rate=3e-3, epochs=52),
}
DETECTOR_RECIPE: Final = DetectorRecipe(
    optimizer="adamw",
    learning_rate=2e-3,
    batch_size=24,
    epochs=28,
    schedule="cosine",
    weight_decay=0.02,
    average=0.998,
    side=256,
    scenes=4800,
)
LINE_RECIPE: Final = LineRecipe(
    optimizer="adamw",
    learning_rate=2e-3,
    batch_size=24,
    epochs=24,
    schedule="cosine",
    weight_decay=0.01,
    average=0.998,
    lines=7200,
)
