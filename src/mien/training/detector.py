"""From photos to a finished face detector in one call."""

from pathlib import Path
from typing import Final

import torch

from mien.datasets import facedet, ferplus
from mien.faces.detector import NetworkDetector
from mien.files import replacing
from mien.models.catalog import FACE_DETECTOR
from mien.models.contract import DetectorContract
from mien.training.card import detector_card
from mien.training.detector_export import export_detector
from mien.training.detector_task import MANY_SCENES, DetectorTask
from mien.training.recipes import DETECTOR_RECIPE
from mien.training.running import Listener, Settings, run_to_end
from mien.training.scenes import SceneMaker, mark_crops

_PRECISION: Final = 0.975


def train_detector(
    directory: Path,
    folder: Path,
    *,
    expressive: Path | None = None,
    settings: Settings,
    listener: Listener,
) -> tuple[Path, DetectorContract] | None:
    """Trains on the photos under ``directory``, or goes on where the run in ``folder`` was stopped.

    expressive: FER+, whose training faces are put into scenes too, marked by the shipped detector. Returns the ONNX file
    in ``folder`` and its contract; the model card lies beside it. The threshold is the lowest at which 97.5 % of what is
    found in scenes of held-out photos is a face: a small face missed annoys less than a face that is none. Held-out and
    crowd photos are only measured on. Of several processes begun by torchrun only the first returns a result.

    Raises:
        ConfigError: no such device, or ``folder`` holds a run with other settings.
        DatasetError: a data set is not laid out as it should be.
    """
    recipe = settings.apply(DETECTOR_RECIPE)
    crops = ferplus.load(expressive, "train", progress=listener.on_read).crops if expressive else None
    marked = [] if crops is None else mark_crops(crops, NetworkDetector(threads=torch.get_num_threads()), listener.on_read)
    train = SceneMaker(facedet.load(directory, "train"), recipe.side, marked)
    heldout = SceneMaker(facedet.load(directory, "heldout"), recipe.side)
    task = DetectorTask(recipe, train, heldout, workers=torch.get_num_threads())
    facts = {"pictures": len(train.photos), "crops": len(marked)}
    run, log = run_to_end(task, folder, settings, listener, facts)
    if log is None:
        return None
    network = run.best_network()
    path = folder / f"{FACE_DETECTOR}.onnx"
    threshold = task.curve(network, scenes=MANY_SCENES).threshold_at(_PRECISION)
    contract, evaluations = export_detector(network, path, directory, threshold=threshold)
    log.write_test([evaluation.to_json() for evaluation in evaluations.values()])
    with replacing(path.with_suffix(".md")) as partial:
        partial.write_text(detector_card(contract, evaluations), encoding="utf-8")
    return path, contract
