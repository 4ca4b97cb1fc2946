"""From photos to a finished face detector in one call."""

from pathlib import Path

import numpy as np
import torch

from mien.datasets import facedet, ferplus
from mien.training.detector_task import DetectorTask
from mien.training.recipes import DETECTOR_RECIPE
from mien.training.running import Listener, Settings, run_to_end
from mien.training.scenes import SceneMaker


def train_detector(
    directory: Path,
    folder: Path,
    *,
    expressive: Path | None = None,
    settings: Settings,
    listener: Listener,
) -> None:
    """Trains on the photos under ``directory``, or goes on where the run in ``folder`` was stopped.

    expressive: FER+, whose training faces are put into scenes too.

    Raises:
        ConfigError: no such device, or ``folder`` holds a run with other settings.
        DatasetError: a data set is not laid out as it should be.
    """
    recipe = settings.apply(DETECTOR_RECIPE)
    none = np.empty((0, 48, 48), np.uint8)
    crops = ferplus.load(expressive, "train", progress=listener.on_read).crops if expressive else none
    train = SceneMaker(facedet.load(directory, "train"), recipe.side, crops)
    heldout = SceneMaker(facedet.load(directory, "heldout"), recipe.side)
    task = DetectorTask(recipe, train, heldout, workers=torch.get_num_threads())
    run_to_end(task, folder, settings, listener, {"pictures": len(train.photos), "crops": len(crops)})
