"""A trained detector -> an ONNX file that decodes and suppresses by itself."""

import tempfile
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from mien import __version__
from mien.datasets import facedet
from mien.datasets.facedet import PhotoSplit
from mien.evaluation.detector import CURVE_FROM, LEAST_IOU, DetectorEvaluation, evaluate_detector
from mien.faces.detector import SAME_FACE, NetworkDetector
from mien.models.contract import DetectorContract
from mien.training.architectures import parameter_counts
from mien.training.detector_network import STRIDES, averaged, cells, decode
from mien.training.model_file import write_model
from mien.training.torch_export import to_onnx

MULTIPLE: Final = max(STRIDES)
# The smallest face, in pixels of the input, for which pictures are scaled; trained on are faces down to 10.
_SMALLEST: Final = 32.0
# ONNX's operator takes at most so many.
_MOST_FACES: Final = 1000
_TRAINING_DATA: Final = (
    "scenes composed from All-Age-Faces, Face-Mask-Detection (MIT), the negatives of sonots' tutorial-haartraining, BSDS500, "
    "ImageNet samples (research data, boxes and landmarks of another detector) and FER+ train (research data)"
)


class _Decoded(nn.Module):
    """A picture, uint8 (h, w, 3), to all cells' scores (1, 1, cells), boxes (cells, 4), corners (1, cells, 4), landmarks.

    They are averaged with those of its mirror image.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = picture.permute(2, 0, 1).unsqueeze(0).float() / 255
        centres, strides = cells(picture.shape[0], picture.shape[1], picture.device)
        logits, corners, landmarks = decode(averaged(self.network, x), centres, strides)
        boxes = torch.cat([corners[0, :, :2], corners[0, :, 2:] - corners[0, :, :2]], dim=1)
        return torch.sigmoid(logits).unsqueeze(1), boxes, corners, landmarks[0]


def export_detector(
    network: nn.Module, path: Path, photos: Path, *, threshold: float
) -> tuple[DetectorContract, dict[PhotoSplit, DetectorEvaluation]]:
    """Writes the detector with its contract to ``path``, measured as it ships on the held-out and the crowd photos."""
    contract = DetectorContract(
        name=path.stem,
        version=__version__,
        licence="MIT",
        training_data=_TRAINING_DATA,
        parameters=parameter_counts(network)[1],
        multiple=MULTIPLE,
        smallest=_SMALLEST,
        threshold=threshold,
        figures={},
    )
    model = detector_to_onnx(network)
    evaluations: dict[PhotoSplit, DetectorEvaluation] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_model(model, contract, Path(folder) / path.name)
        detector = NetworkDetector(Path(folder) / path.name, threshold=CURVE_FROM)
        for split in LEAST_IOU:
            evaluations[split] = evaluate_detector(
                detector, facedet.load(photos, split), threshold=threshold, least_iou=LEAST_IOU[split]
            )
    finished = replace(contract, figures=_figures(evaluations["heldout"], evaluations["crowd"]))
    write_model(model, finished, path)
    return finished, evaluations


def _figures(heldout: DetectorEvaluation, crowd: DetectorEvaluation) -> dict[str, float]:
    figures = {
        "of held-out photos of one face: it and nothing else was found": heldout.found_once,
        "of the faces of 40 px and more found in crowds": crowd.recall,
        "of what was found in crowds is a face": crowd.precision,
        "false alarms a photo without faces": heldout.false_alarms,
        "mean landmark error / face width": heldout.landmark_error,
    }
    return {name: value for name, value in figures.items() if isfinite(value)}


def detector_to_onnx(network: nn.Module) -> onnx.ModelProto:
    """The graph that ``DetectorContract`` describes, for pictures of any sides that are multiples of 32."""
    sides = {0: MULTIPLE * torch.export.Dim("rows", max=512), 1: MULTIPLE * torch.export.Dim("columns", max=512)}
    example = torch.zeros(2 * MULTIPLE, 3 * MULTIPLE, 3, dtype=torch.uint8)
    model = to_onnx(_Decoded(network), example, sides, ["picture"], ["all_scores", "all_boxes", "all_corners", "all_landmarks"])
    graph = model.graph
    integers = {"most": _MOST_FACES, "one": 1, "two": 2, "three": 3, "flat": -1}
    graph.initializer.extend(numpy_helper.from_array(np.array([value], np.int64), name) for name, value in integers.items())
    graph.initializer.append(numpy_helper.from_array(np.array([SAME_FACE], np.float32), "same"))
    graph.node.extend(
        [
            # Rows of picture, class, cell; the surest first. Corners do for the operator's y1 x1 y2 x2: IoU is symmetric.
            helper.make_node("NonMaxSuppression", ["all_corners", "all_scores", "most", "same", "threshold"], ["picks"]),
            helper.make_node("Slice", ["picks", "two", "three", "one"], ["cell_column"]),
            helper.make_node("Reshape", ["cell_column", "flat"], ["cell"]),
            helper.make_node("Reshape", ["all_scores", "flat"], ["flat_scores"]),
            helper.make_node("Gather", ["all_boxes", "cell"], ["boxes"]),
            helper.make_node("Gather", ["flat_scores", "cell"], ["scores"]),
            helper.make_node("Gather", ["all_landmarks", "cell"], ["landmarks"]),
        ]
    )
    graph.input.append(helper.make_tensor_value_info("threshold", TensorProto.FLOAT, [1]))
    del graph.output[:]
    shapes: dict[str, list[str | int]] = {"boxes": ["faces", 4], "scores": ["faces"], "landmarks": ["faces", 5, 2]}
    graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items())
    return model
