"""The face detector's training, on a miniature of photos made from the demo picture."""

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from mien import pictures
from mien.datasets import facedet
from mien.evaluation.detection import iou as overlap
from mien.faces.detector import NetworkDetector
from mien.training import detector
from mien.training.detector_export import detector_to_onnx
from mien.training.detector_loss import Faces, assign, detector_loss, iou
from mien.training.detector_network import DetectorNetwork, averaged, cells, decode
from mien.training.detector_task import DetectorTask
from mien.training.recipes import DETECTOR_RECIPE
from mien.training.running import Listener, Settings
from mien.training.scenes import SceneMaker, mark_crops

# The astronaut's face, by eye: box, then right eye, left eye, nose, right and left corner of the mouth.
BOX = (186, 67, 80, 97)
LANDMARKS = ((205, 108), (241, 104), (224, 125), (207, 140), (246, 137))
RECIPE = replace(DETECTOR_RECIPE, epochs=1, scenes=16, batch_size=4, side=96)


@pytest.fixture(scope="module")
def photos(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos of the face and two without it in each split, at half the demo's size; the crowd is the demo itself."""
    root = tmp_path_factory.mktemp("photos")
    for folder in ("images", "crowd"):
        (root / folder).mkdir()
    picture = pictures.load(demo)
    half = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    scaled = [value / 2 for value in (*BOX, *np.ravel(LANDMARKS))]
    names = [
        "x",
        "y",
        "w",
        "h",
        *[f"{p}_{a}" for p in ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left") for a in "xy"],
    ]
    with (root / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["split", "file", "width", "height", *names, "score"])
        for split in ("train", "heldout"):
            for number in range(2):
                pictures.save(half, root / "images" / f"{split}-{number}.png")
                pictures.save(half[160:, :160], root / "images" / f"{split}-none-{number}.png")
                writer.writerow([split, f"{split}-{number}.png", 256, 256, *scaled, 0.9])
                writer.writerow([split, f"{split}-none-{number}.png", 160, 96, *[""] * 15])
    pictures.save(picture, root / "crowd" / "demo.png")
    (root / "crowd.csv").write_text("file,x,y,w,h\ndemo.png,{},{},{},{}\n".format(*BOX))
    return root


@pytest.fixture(scope="module")
def maker(photos: Path) -> SceneMaker:
    crops = mark_crops(np.full((3, 48, 48), 99, np.uint8), NetworkDetector())
    assert not any(crop.exact.any() for crop in crops)
    return SceneMaker(facedet.load(photos, "train"), 96, crops)


def test_crops_are_marked_where_their_face_is(demo: Path) -> None:
    picture = pictures.load(demo)
    x, y, width, height = BOX
    left, top, side = x + width // 2 - 60, y + height // 2 - 60, 120
    crop = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[top : top + side, left : left + side], (48, 48))
    (marked,) = mark_crops(crop[None], NetworkDetector())
    assert marked.exact.all()
    expected = np.array([[x - left, y - top, width, height]]) * 48 / side
    assert overlap(marked.box, expected)[0, 0] > 0.6
    np.testing.assert_allclose(marked.landmarks[0], (np.array(LANDMARKS) - [left, top]) * 48 / side, atol=5)


def test_the_same_seed_draws_the_same_scene(maker: SceneMaker) -> None:
    one, two, other = (maker.draw(np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.picture, two.picture)
    np.testing.assert_array_equal(one.boxes, two.boxes)
    assert not np.array_equal(one.picture, other.picture)


def test_scenes_have_faces_of_all_sizes_whose_landmarks_lie_in_them(maker: SceneMaker) -> None:
    scenes = [maker.draw(np.random.default_rng(seed)) for seed in range(120)]
    assert all(scene.picture.shape == (96, 96, 3) for scene in scenes)
    boxes = np.concatenate([scene.boxes for scene in scenes])
    sizes = np.sqrt(boxes[:, 2] * boxes[:, 3])
    assert (sizes < 16).any() and (sizes > 40).any()
    for scene in scenes:
        assert not (scene.ignored & (np.sqrt(scene.boxes[:, 2:].prod(axis=1)) >= 200)).any()
        for box, points in zip(scene.boxes[scene.exact], scene.landmarks[scene.exact], strict=True):
            inside = (points > box[:2] - 0.1 * box[2:]) & (points < box[:2] + 1.1 * box[2:])
            assert inside.all()
            # Turned by at most 30 degrees, mirrored or not: the person's right eye and corner stay on the left.
            assert points[0, 0] < points[1, 0] and points[3, 0] < points[4, 0]


def faces_of(*boxes: tuple[float, float, float, float]) -> Faces:
    corners = torch.tensor([[[x, y, x + w, y + h] for x, y, w, h in boxes]])
    middle = (corners[..., :2] + corners[..., 2:]) / 2
    landmarks = middle.unsqueeze(2).expand(-1, -1, 5, -1).clone()
    yes = torch.ones(1, len(boxes), dtype=torch.bool)
    return Faces(corners, landmarks, yes, ~yes, yes)


def perfect(faces: Faces, centres: torch.Tensor, strides: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Every cell names the nearest face; those that answer for one say so."""
    nearest = torch.cdist(centres, (faces.corners[0, :, :2] + faces.corners[0, :, 2:]) / 2).argmin(dim=1)
    corners, landmarks = faces.corners[:, nearest], faces.landmarks[:, nearest]
    owner, _ = assign(torch.zeros(1, len(centres)), corners, centres, strides, faces)
    return torch.where(owner >= 0, 12.0, -12.0), corners, landmarks


def test_right_answers_cost_little_and_wrong_ones_much() -> None:
    faces = faces_of((10, 10, 24, 30), (50, 40, 40, 50))
    centres, strides = cells(96, 96, torch.device("cpu"))
    logits, corners, landmarks = perfect(faces, centres, strides)
    right = detector_loss(logits, corners, landmarks, centres, strides, faces)
    blind = detector_loss(torch.full_like(logits, -12.0), corners, landmarks, centres, strides, faces)
    shifted = detector_loss(logits, corners + 8, landmarks + 8, centres, strides, faces)
    everywhere = detector_loss(torch.full_like(logits, 12.0), corners, landmarks, centres, strides, faces)
    assert right < 0.01
    assert min(blind, shifted, everywhere) > 1


def test_cells_answer_for_the_face_they_lie_in() -> None:
    faces = faces_of((10, 10, 24, 30), (50, 40, 40, 50))
    centres, strides = cells(96, 96, torch.device("cpu"))
    owner, quality = assign(*perfect(faces, centres, strides)[:2], centres, strides, faces)
    assert set(owner.flatten().tolist()) == {-1, 0, 1}
    for cell in (owner[0] >= 0).nonzero().flatten():
        x1, y1, x2, y2 = faces.corners[0, owner[0, cell]]
        reach = 1.5 * strides[cell, 0]  # a small face may lie between the cells of a coarse grid
        assert x1 - reach < centres[cell, 0] < x2 + reach
        assert y1 - reach < centres[cell, 1] < y2 + reach
    assert ((quality > 0) == (owner >= 0)).all()


def test_a_scene_without_faces_has_a_loss_and_a_gradient() -> None:
    network = DetectorNetwork()
    centres, strides = cells(96, 96, torch.device("cpu"))
    outputs = decode(network(torch.rand(2, 3, 96, 96)), centres, strides)
    none = Faces(
        *(torch.zeros(2, 1, *more) for more in ((4,), (5, 2))), *(torch.zeros(2, 1, dtype=torch.bool) for _ in range(3))
    )
    detector_loss(*outputs, centres, strides, none).backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


def test_overlaps_of_boxes() -> None:
    a = torch.tensor([[0.0, 0, 10, 10]])
    b = torch.tensor([[5.0, 0, 15, 10], [0, 0, 10, 10], [20, 20, 25, 25]])
    torch.testing.assert_close(iou(a, b), torch.tensor([1 / 3, 1, 0]))


def test_a_mirrored_picture_has_its_faces_mirrored() -> None:
    torch.manual_seed(0)
    network = DetectorNetwork().eval()
    height, width = 96, 160
    centres, strides = cells(height, width, torch.device("cpu"))
    mirrored = centres * torch.tensor([-1, 1]) + torch.tensor([width, 0])
    x = torch.rand(2, 3, height, width)
    with torch.inference_mode():
        here, there = (decode(averaged(network, picture), centres, strides) for picture in (x, x.flip(3)))
    for cell in (0, 7, 239, 240, 260, 300, 314):  # of all three grids
        apart = (mirrored - centres[cell]).abs().sum(dim=1) + (strides - strides[cell]).abs().squeeze(1)
        other = int(apart.argmin())
        torch.testing.assert_close(here[0][:, cell], there[0][:, other])
        x1, y1, x2, y2 = there[1][:, other].unbind(dim=1)
        torch.testing.assert_close(here[1][:, cell], torch.stack([width - x2, y1, width - x1, y2], dim=1))
        points = there[2][:, other][:, [1, 0, 2, 4, 3]] * torch.tensor([-1, 1]) + torch.tensor([width, 0])
        torch.testing.assert_close(here[2][:, cell], points)


def test_the_graph_says_what_the_network_says_at_any_size() -> None:
    torch.manual_seed(0)
    network = DetectorNetwork().eval()
    session = onnxruntime.InferenceSession(detector_to_onnx(network).SerializeToString())
    for height, width in ((64, 96), (160, 32)):
        picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        boxes, scores, landmarks = session.run(None, {"picture": picture, "threshold": np.array([0.0], np.float32)})
        centres, strides = cells(height, width, torch.device("cpu"))
        with torch.inference_mode():
            x = torch.from_numpy(picture).permute(2, 0, 1).unsqueeze(0) / 255
            logits, corners, points = (part[0] for part in decode(averaged(network, x), centres, strides))
        all_scores = torch.sigmoid(logits).numpy()
        assert scores[0] == pytest.approx(all_scores.max(), rel=1e-5)
        assert (np.diff(scores) <= 0).all()
        for box, score, mine in zip(boxes, scores, landmarks, strict=True):
            cell = int(np.abs(corners.numpy()[:, :2] - box[:2]).sum(axis=1).argmin())
            assert score == pytest.approx(all_scores[cell], rel=1e-4)
            np.testing.assert_allclose(box[:2], corners[cell, :2], atol=1e-3)
            np.testing.assert_allclose(box[:2] + box[2:], corners[cell, 2:], atol=1e-3)
            np.testing.assert_allclose(mine, points[cell], atol=1e-3)


def test_it_learns_a_few_scenes(photos: Path, maker: SceneMaker) -> None:
    torch.manual_seed(0)
    task = DetectorTask(RECIPE, maker, maker, workers=2)
    network = task.network()
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3)
    losses = []
    for rows in task.batches(0) * 16:
        optimizer.zero_grad()
        loss = task.loss(network, rows, 0, "cpu")
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:8])


def test_a_run_ends_with_a_detector_and_its_card(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "DETECTOR_RECIPE", RECIPE)
    monkeypatch.setattr(detector, "MANY_SCENES", 260)
    done = detector.train_detector(photos, tmp_path, settings=Settings(threads=1), listener=Listener())
    assert done is not None
    path, contract = done
    assert NetworkDetector(path).contract == contract
    assert path.with_suffix(".md").read_text(encoding="utf-8").startswith("# mien-detector\n")
    assert {p.name for p in tmp_path.iterdir()} >= {"checkpoint.pt", "log.json", "mien-detector.onnx"}
    NetworkDetector(path).detect(np.zeros((200, 300, 3), np.uint8))
