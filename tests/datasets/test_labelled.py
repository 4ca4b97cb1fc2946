"""One contract over every data set of labelled pictures, on miniature trees in their exact layouts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.datasets.ckplus import CKPLUS, CKPLUS48
from mien.datasets.fer2013 import FER2013
from mien.datasets.folders import FOLDERS
from mien.datasets.jaffe import JAFFE
from mien.datasets.labelled import Dataset, LabelledFaces, load
from mien.errors import DatasetError
from mien.faces.detector import HaarDetector
from mien.faces.expressions import EXPRESSIONS


def put(path: Path, demo: Path, kind: str = "face") -> None:
    """A picture of the demo face in grey, one without a face, a 48x48 crop, or a broken file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    face = Image.open(demo).convert("L").crop((96, 0, 352, 256))
    if kind == "broken":
        path.write_bytes(b"not a picture")
    else:
        {"face": face, "blank": Image.new("L", (256, 256), 128), "crop": face.resize((48, 48))}[kind].save(path)


def jaffe(root: Path, demo: Path) -> None:
    put(root / "KA.AN1.39.tiff", demo)
    put(root / "KA.HA2.30.tiff", demo)
    put(root / "sub" / "YM.NE3.51.tiff", demo)
    put(root / "YM.SU1.58.tiff", demo, "blank")
    put(root / "YM.FE1.60.tiff", demo, "broken")
    put(root / "readme.png", demo)


def ckplus(root: Path, demo: Path) -> None:
    for subject, code in (("S005", 3), ("S010", 7)):
        for frame in (1, 2, 3):
            put(root / "cohn-kanade-images" / subject / "001" / f"{subject}_001_{frame:08}.png", demo)
        label = root / "Emotion" / subject / "001" / f"{subject}_001_00000003_emotion.txt"
        label.parent.mkdir(parents=True)
        label.write_text(f"   {code}.0000000e+00\n")
    put(root / "cohn-kanade-images" / "S011" / "002" / "S011_002_00000001.png", demo)
    (root / "Emotion" / "S011" / "002").mkdir(parents=True)


def ckplus48(root: Path, demo: Path) -> None:
    put(root / "anger" / "S010_004_00000017.png", demo, "crop")
    put(root / "happy" / "S011_006_00000011.png", demo, "crop")
    put(root / "contempt" / "S138_008_00000007.png", demo, "crop")
    put(root / "other" / "S138_008_00000008.png", demo, "crop")


def folders(root: Path, demo: Path) -> None:
    put(root / "happiness" / "a.jpg", demo)
    put(root / "Sad" / "b.png", demo)
    put(root / "fear" / "c.png", demo, "blank")
    put(root / "holiday" / "d.png", demo)


def fer2013(root: Path, demo: Path) -> None:
    face = np.asarray(Image.open(demo).convert("L").crop((96, 0, 352, 256)).resize((48, 48)))
    pixels = " ".join(map(str, face.flatten()))
    rows = [f"{code},{pixels},{usage}" for code, usage in ((3, "Training"), (6, "PublicTest"), (0, "PrivateTest"))]
    (root / "fer2013.csv").write_text("emotion,pixels,Usage\n" + "\n".join(rows) + "\n")


Case = tuple[Dataset, Callable[[Path, Path], None], list[tuple[str, str | None]], dict[str, int]]
CASES: dict[str, Case] = {
    "jaffe": (
        JAFFE,
        jaffe,
        [("anger", "KA"), ("happiness", "KA"), ("neutral", "YM")],
        {"files with other names": 1, "pictures without a face": 1, "unreadable pictures": 1},
    ),
    "ckplus": (
        CKPLUS,
        ckplus,
        [("disgust", "S005"), ("neutral", "S005"), ("surprise", "S010"), ("neutral", "S010")],
        {"sequences without a label": 1},
    ),
    "ckplus48": (
        CKPLUS48,
        ckplus48,
        [("anger", "S010"), ("contempt", "S138"), ("happiness", "S011")],
        {"files in other folders or with other names": 1},
    ),
    "fer2013": (FER2013, fer2013, [("happiness", None), ("neutral", None), ("anger", None)], {}),
    "folders": (
        FOLDERS,
        folders,
        [("sadness", None), ("happiness", None)],
        {"pictures in the folder 'holiday', which names no expression": 1, "pictures without a face": 1},
    ),
}


def read(name: str, root: Path, demo: Path) -> LabelledFaces:
    CASES[name][1](root, demo)
    return load(CASES[name][0], root, HaarDetector())


@pytest.mark.parametrize("name", CASES)
def test_labels_subjects_and_what_was_left_out(name: str, tmp_path: Path, demo: Path) -> None:
    faces = read(name, tmp_path, demo)
    _, _, expected, skipped = CASES[name]
    told = [(EXPRESSIONS[label], subject) for label, subject in zip(faces.labels, faces.subjects, strict=True)]
    assert told == expected
    assert faces.skipped == skipped
    assert faces.crops.shape == (len(expected), 48, 48)
    assert faces.crops.dtype == np.uint8
    assert len(faces) == len(faces.names) == len(set(faces.names))


@pytest.mark.parametrize("name", CASES)
def test_another_layout_is_told_with_the_source(name: str, tmp_path: Path, demo: Path) -> None:
    dataset = CASES[name][0]
    (tmp_path / "empty").mkdir()
    put(tmp_path / "wrong" / "x.jpg", demo)
    for folder in ("empty", "wrong", "missing"):
        with pytest.raises(DatasetError) as caught:
            load(dataset, tmp_path / folder, HaarDetector())
        assert dataset.source in str(caught.value)
        assert folder in str(caught.value)


def test_a_data_set_of_which_nothing_can_be_used_is_told(tmp_path: Path, demo: Path) -> None:
    put(tmp_path / "fear" / "c.png", demo, "blank")
    with pytest.raises(DatasetError, match="none of the 1 pictures of folders could be used"):
        load(FOLDERS, tmp_path, HaarDetector())


def test_a_label_that_is_none_is_told(tmp_path: Path, demo: Path) -> None:
    ckplus(tmp_path, demo)
    label = next((tmp_path / "Emotion" / "S005" / "001").iterdir())
    for text in ("9.0", "anger", "nan", ""):
        label.write_text(text)
        with pytest.raises(DatasetError, match=r"_emotion\.txt: expected a number from 0 to 7"):
            load(CKPLUS, tmp_path, HaarDetector())


def test_progress_reaches_the_total(tmp_path: Path, demo: Path) -> None:
    folders(tmp_path, demo)
    seen: list[tuple[int, int]] = []
    load(FOLDERS, tmp_path, HaarDetector(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
