"""What the loop needs to know to train the face detector."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from mien.evaluation.detection import PrecisionRecall, match, precision_recall
from mien.faces.detector import SAME_FACE
from mien.training.checkpoint import EpochLog
from mien.training.detector_loss import Faces, detector_loss
from mien.training.detector_network import DetectorNetwork, averaged, cells, decode
from mien.training.recipes import DetectorRecipe
from mien.training.scenes import Scene, SceneMaker

# For a glance after every epoch, and for the threshold, which hangs on the few false alarms among them.
_FEW_SCENES: Final = 240
MANY_SCENES: Final = 1200
_VALIDATION_SEED: Final = 1
_LEAST_IOU: Final = 0.5
_LEAST_SCORE: Final = 0.05


@dataclass(frozen=True)
class DetectorTask:
    """The detector on composed scenes, validated on scenes of held-out photos (see ``Task``)."""

    recipe: DetectorRecipe
    train: SceneMaker
    heldout: SceneMaker
    workers: int
    name: str = "face detector"
    score: str = field(default="average precision at IoU 0.5, composed scenes")

    def network(self) -> nn.Module:
        """A new detector."""
        return DetectorNetwork()

    def setup(self) -> dict[str, Any]:
        """The recipe and a digest of the faces' pixels, boxes and landmarks, and of the photos' names and boxes."""
        digest = hashlib.sha256()
        for maker in (self.train, self.heldout):
            for crop in maker.crops:
                digest.update(crop.pixels.tobytes() + crop.box.tobytes() + crop.landmarks.tobytes())
            for photo in maker.photos:
                digest.update(photo.path.name.encode() + photo.boxes.tobytes())
        return {"recipe": asdict(self.recipe), "data": digest.hexdigest()}

    def batches(self, seed: int) -> list[Tensor]:
        """Numbers, from which the scenes are drawn."""
        count = self.recipe.scenes // self.recipe.batch_size
        return list(torch.arange(count * self.recipe.batch_size).view(count, -1) + seed % 2**40)

    def loss(self, network: nn.Module, rows: Tensor, seed: int, device: str) -> Tensor:
        """The detector's loss on freshly composed scenes."""
        scenes = self._draw(self.train, [(int(row), seed) for row in rows])
        x = torch.from_numpy(np.stack([s.picture for s in scenes])).to(device)
        centres, strides = cells(self.recipe.side, self.recipe.side, x.device)
        # (n, h, w, 3) seen as (n, 3, h, w) already is what torch calls channels_last.
        outputs = decode(network(x.permute(0, 3, 1, 2).float() / 255), centres, strides)
        return detector_loss(*outputs, centres, strides, _faces(scenes, device))

    def validate(self, network: nn.Module, device: str) -> tuple[float, float]:
        """(1 - average precision, average precision) on the same scenes each time."""
        precision = self.curve(network, device).average_precision
        return 1 - precision, precision

    def merit(self, log: EpochLog) -> float:
        """The epoch: the last weights, averaged at the lowest rate, are the best; the precision wavers by more."""
        return log.epoch

    @torch.inference_mode()
    def curve(self, network: nn.Module, device: str = "cpu", scenes: int = _FEW_SCENES) -> PrecisionRecall:
        """Precision and recall on so many scenes of held-out photos, read as what ships does.

        The same scenes every time, the fewer among the more; leaves the network in evaluation mode.
        """
        network.eval()
        matches = []
        centres, strides = cells(self.recipe.side, self.recipe.side, torch.device(device))
        for scene in [*self._few[:scenes], *self._validation(_FEW_SCENES, scenes)]:
            x = torch.from_numpy(scene.picture).to(device).permute(2, 0, 1).unsqueeze(0).float() / 255
            logits, corners, _ = decode(averaged(network, x), centres, strides)
            boxes, scores = _suppressed(torch.sigmoid(logits)[0], corners[0])
            matches.append(match(boxes, scores, scene.boxes, scene.ignored, _LEAST_IOU))
        return precision_recall(matches)

    @cached_property
    def _few(self) -> list[Scene]:
        return self._validation(0, _FEW_SCENES)

    def _validation(self, begin: int, end: int) -> list[Scene]:
        return self._draw(self.heldout, [(i, _VALIDATION_SEED) for i in range(begin, end)])

    def _draw(self, maker: SceneMaker, seeds: list[tuple[int, int]]) -> list[Scene]:
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(lambda seed: maker.draw(np.random.default_rng(seed)), seeds))


def _faces(scenes: list[Scene], device: str) -> Faces:
    most = max(1, *(len(s.boxes) for s in scenes))
    shape = (len(scenes), most)
    corners, landmarks = np.zeros((*shape, 4), np.float32), np.zeros((*shape, 5, 2), np.float32)
    present, ignored, exact = np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool)
    for i, scene in enumerate(scenes):
        n = len(scene.boxes)
        corners[i, :n, :2], corners[i, :n, 2:] = scene.boxes[:, :2], scene.boxes[:, :2] + scene.boxes[:, 2:]
        landmarks[i, :n], exact[i, :n] = scene.landmarks, scene.exact
        present[i, :n], ignored[i, :n] = ~scene.ignored, scene.ignored
    return Faces(*(torch.from_numpy(a).to(device) for a in (corners, landmarks, present, ignored, exact)))


def _suppressed(scores: Tensor, corners: Tensor) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Boxes (n, 4) x, y, width, height and scores after non-maximum suppression."""
    kept = scores >= _LEAST_SCORE
    boxes = torch.cat([corners[kept][:, :2], corners[kept][:, 2:] - corners[kept][:, :2]], dim=1).cpu().double().numpy()
    chances = scores[kept].cpu().double().numpy()
    best = np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), chances.tolist(), _LEAST_SCORE, SAME_FACE), int).reshape(-1)
    return boxes[best], chances[best]
