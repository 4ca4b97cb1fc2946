"""Photos with marked faces, on a miniature in the exact layout."""

from pathlib import Path

import numpy as np
import pytest

from mien.datasets import facedet
from mien.errors import DatasetError

HEADER = (
    "split,file,width,height,x,y,w,h,right_eye_x,right_eye_y,left_eye_x,left_eye_y,nose_x,nose_y,"
    "mouth_right_x,mouth_right_y,mouth_left_x,mouth_left_y,score\n"
)
FACE = "10,20,30,40,1,2,3,4,5,6,7,8,9,10,0.9\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "crowd").mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / "images" / name).touch()
    (tmp_path / "crowd" / "d.jpg").touch()
    rows = [f"train,a.jpg,100,90,{FACE}", f"train,a.jpg,100,90,{FACE}", f"train,b.jpg,50,50,{',' * 14}\n"]
    (tmp_path / "labels.csv").write_text(HEADER + "".join(rows) + f"heldout,c.jpg,50,50,{FACE}")
    (tmp_path / "crowd.csv").write_text("file,x,y,w,h\nd.jpg,1,2,3,4\nd.jpg,5,6,7,8\n")
    return tmp_path


def test_each_split_has_its_photos(root: Path) -> None:
    train = facedet.load(root, "train")
    assert [photo.path.name for photo in train] == ["a.jpg", "b.jpg"]
    assert train[0].boxes.tolist() == [[10, 20, 30, 40]] * 2
    assert train[0].landmarks is not None
    assert train[0].landmarks[0].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
    assert train[0].scores.tolist() == [0.9, 0.9]
    assert train[1].boxes.shape == (0, 4)
    assert len(facedet.load(root, "heldout")) == 1
    (crowd,) = facedet.load(root, "crowd")
    assert crowd.landmarks is None
    np.testing.assert_array_equal(crowd.boxes, [[1, 2, 3, 4], [5, 6, 7, 8]])


def test_what_is_wrong_is_told_with_its_place(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read the labels"):
        facedet.load(tmp_path / "nowhere", "train")
    (root / "images" / "b.jpg").unlink()
    with pytest.raises(DatasetError, match=r"1 of 2 photos are missing, first 'b.jpg'"):
        facedet.load(root, "train")
    (root / "crowd.csv").write_text("file,x,y,w,h\nd.jpg,1,2,3,wide\n")
    with pytest.raises(DatasetError, match=r"crowd.csv, line 2: expected numbers in x, y, w, h"):
        facedet.load(root, "crowd")
    (root / "labels.csv").write_text(HEADER)
    with pytest.raises(DatasetError, match="no row of the split 'heldout'"):
        facedet.load(root, "heldout")
