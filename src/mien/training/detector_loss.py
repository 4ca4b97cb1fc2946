"""Which cell answers for which face, and what a wrong answer costs."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

_CANDIDATES: Final = 10
_BOX_WEIGHT: Final = 2.0
_ROUGH_BOX_WEIGHT: Final = 0.5
_LANDMARK_WEIGHT: Final = 2.0
_NOWHERE: Final = 1e5


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of a batch of scenes, padded to the same number m.

    corners: (n, m, 4) x1 y1 x2 y2. landmarks: (n, m, 5, 2). present: (n, m), a face to be found. ignored: (n, m), a
    face too small or too hidden: found or not, it costs nothing. exact: (n, m), box and landmarks are to be learned;
    otherwise the landmarks are unknown and the box is a rough one.
    """

    corners: Tensor
    landmarks: Tensor
    present: Tensor
    ignored: Tensor
    exact: Tensor


def detector_loss(logits: Tensor, corners: Tensor, landmarks: Tensor, centres: Tensor, strides: Tensor, faces: Faces) -> Tensor:
    """Quality focal loss of the scores (Li et al. 2020, eq. 2), GIoU of the boxes, L1 of the landmarks in face sizes.

    A cell's target score is the IoU of its box with its face, so that scores rank boxes by how well they fit. Which
    cells answer for a face is decided anew in every step by what it would cost them (SimOTA, Ge et al. 2021).
    """
    with torch.no_grad():
        owner, quality = assign(logits, corners, centres, strides, faces)
    answers = owner >= 0
    scores = torch.sigmoid(logits)
    weight = (quality - scores).abs().square()
    spared = ~answers & (_inside(centres, faces.corners) & faces.ignored.unsqueeze(2)).any(dim=1)
    score_loss = functional.binary_cross_entropy_with_logits(logits, quality, reduction="none") * weight * ~spared
    total = quality.sum().clamp(min=1)
    loss = score_loss.sum() / total
    scene, cell = answers.nonzero(as_tuple=True)
    face = owner[scene, cell]
    share, exact = quality[scene, cell], faces.exact[scene, face]
    goal = faces.corners[scene, face]
    trust = torch.where(exact, _BOX_WEIGHT, _ROUGH_BOX_WEIGHT) * share
    loss = loss + ((1 - _giou(corners[scene, cell], goal)) * trust).sum() / total
    size = (goal[:, 2:] - goal[:, :2]).prod(dim=1).sqrt().view(-1, 1, 1)
    error = functional.smooth_l1_loss(
        landmarks[scene, cell] / size, faces.landmarks[scene, face] / size, reduction="none", beta=0.02
    )
    return loss + _LANDMARK_WEIGHT * (error.sum(dim=(1, 2)) * exact * share).sum() / total


def assign(logits: Tensor, corners: Tensor, centres: Tensor, strides: Tensor, faces: Faces) -> tuple[Tensor, Tensor]:
    """For every cell (n, cells) the face it answers for, -1 for none, and the IoU that its score should be.

    Cells may answer for a face if they lie near its middle; the cheapest do, as many as the ten best IoUs sum to.
    """
    overlap = iou(corners.unsqueeze(1), faces.corners.unsqueeze(2))  # (n, m, cells)
    middle = (faces.corners[..., :2] + faces.corners[..., 2:]) / 2
    half = (faces.corners[..., 2:] - faces.corners[..., :2]) / 2
    distance = (centres - middle.unsqueeze(2)).abs()
    # Within half of the face from its middle, or for small faces within one and a half strides.
    near = (distance <= torch.maximum(half.unsqueeze(2) / 2, 1.5 * strides)).all(dim=-1)
    allowed = near & faces.present.unsqueeze(2)
    chance = functional.softplus(-logits).unsqueeze(1)
    cost = chance - 3 * torch.log(overlap.clamp(min=1e-4)) + _NOWHERE * ~allowed
    wanted = (overlap * allowed).topk(_CANDIDATES, dim=2).values.sum(dim=2).floor().clamp(1, _CANDIDATES)
    cheapest = cost.topk(_CANDIDATES, dim=2, largest=False)
    rank = torch.arange(_CANDIDATES, device=cost.device)
    chosen = torch.zeros_like(allowed).scatter(2, cheapest.indices, rank < wanted.unsqueeze(2)) & allowed
    cost = torch.where(chosen, cost, _NOWHERE)
    best, owner = cost.min(dim=1)
    taken = best < _NOWHERE
    # A face whose place only is known is answered for with full marks: its box is no measure.
    marks = torch.where(faces.exact.unsqueeze(2), overlap, overlap.clamp(min=0.8))
    quality = marks.gather(1, owner.unsqueeze(1)).squeeze(1) * taken
    return torch.where(taken, owner, -1), quality


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4) given as corners x1 y1 x2 y2."""
    return _overlap(a, b)[0]


def _overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """(IoU, union)."""
    sides = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    shared = sides.prod(dim=-1)
    union = _area(a) + _area(b) - shared
    return shared / union.clamp(min=1e-6), union


def _giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU (Rezatofighi et al. 2019): falls further as boxes that do not touch part."""
    ratio, union = _overlap(a, b)
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(dim=-1)
    return ratio - (hull - union) / hull.clamp(min=1e-6)


def _area(box: Tensor) -> Tensor:
    return (box[..., 2:] - box[..., :2]).clamp(min=0).prod(dim=-1)


def _inside(centres: Tensor, corners: Tensor) -> Tensor:
    """Whether each cell's centre lies in each box: (n, m, cells)."""
    low, high = corners[..., :2].unsqueeze(2), corners[..., 2:].unsqueeze(2)
    return ((centres > low) & (centres < high)).all(dim=-1)
