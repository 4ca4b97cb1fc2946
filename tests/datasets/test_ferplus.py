"""FER+ in both of its public forms, on miniature copies of their exact layouts, and on the real one where it is at hand."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.datasets import ferplus
from mien.datasets.split import Split
from mien.errors import DatasetError
from mien.evaluation.protocols import PROTOCOLS

HEADER = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]


def as_csv_pair(folders: Path, target: Path) -> None:
    """The same pictures and votes as fer2013.csv and fer2013new.csv, plus one row that FER+ left without a name."""
    with (target / "fer2013.csv").open("w", newline="") as faces, (target / "fer2013new.csv").open("w", newline="") as votes:
        face_rows, vote_rows = csv.writer(faces), csv.writer(votes)
        face_rows.writerow(["emotion", "pixels", "Usage"])
        vote_rows.writerow(["Usage", "Image name", *HEADER])
        for split, usage in ferplus.USAGES.items():
            folder = folders / "data" / ferplus.FOLDERS[split]
            for name, _, *counts in csv.reader((folder / "label.csv").read_text().splitlines()):
                pixels = np.asarray(Image.open(folder / name)).ravel()
                face_rows.writerow([0, " ".join(map(str, pixels)), usage])
                vote_rows.writerow([usage, name, *counts])
            face_rows.writerow([0, " ".join(["0"] * 2304), usage])
            vote_rows.writerow([usage, "", *[0] * 10])


def test_folders_and_csv_pair_say_the_same(small_ferplus: Path, tmp_path: Path) -> None:
    as_csv_pair(small_ferplus, tmp_path)
    for split in ferplus.FOLDERS:
        folders, pair = ferplus.load(small_ferplus, split), ferplus.load(tmp_path, split)
        np.testing.assert_array_equal(folders.crops, pair.crops)
        np.testing.assert_array_equal(folders.votes, pair.votes)
        assert (folders.missing, pair.missing) == (0, 1)


def test_the_data_folder_itself_may_be_named(small_ferplus: Path) -> None:
    assert len(ferplus.load(small_ferplus / "data", "valid")) == 16


def test_progress_reaches_the_total(small_ferplus: Path) -> None:
    seen: list[tuple[int, int]] = []
    ferplus.load(small_ferplus, "test", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 16) for i in range(1, 17)]


def test_rows_without_a_file_are_counted(small_ferplus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "FER2013Test"
    shutil.copytree(small_ferplus / "data" / "FER2013Test", folder)
    (folder / "fer0002003.png").unlink()
    split = ferplus.load(tmp_path, "test")
    assert (len(split), split.missing) == (15, 1)
    assert 2003 not in split.rows


def broken(source: Path, target: Path, how: str) -> None:
    shutil.copytree(source / "data" / "FER2013Test", target / "FER2013Test")
    labels, picture = target / "FER2013Test" / "label.csv", target / "FER2013Test" / "fer0002000.png"
    if how == "votes":
        labels.write_text(labels.read_text().replace(",8,", ",eight,", 1))
    elif how == "columns":
        labels.write_text("fer0002000.png,box,1,2,3\n")
    elif how == "names":
        picture.rename(picture.with_name("face.png"))
        labels.write_text("face.png,box" + ",1" * 10)
    elif how == "size":
        Image.new("L", (50, 48)).save(picture)
    elif how == "no labels":
        labels.unlink()
    elif how == "no pictures":
        for path in labels.parent.glob("*.png"):
            path.unlink()
    elif how == "not text":
        labels.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("votes", r"label\.csv, line 1: expected 10 vote counts"),
        ("columns", r"label\.csv, line 1: expected 12 columns, got 5"),
        ("names", r"expected file names like fer0032220\.png, got 'face\.png'"),
        ("size", r"fer0002000\.png: expected 48x48 pixels, got 50x48"),
        ("no labels", r"label\.csv: cannot read the labels"),
        ("no pictures", r"none of the 16 pictures"),
        ("not text", r"label\.csv: cannot read the labels"),
    ],
)
def test_what_is_wrong_is_told(small_ferplus: Path, tmp_path: Path, how: str, message: str) -> None:
    broken(small_ferplus, tmp_path, how)
    with pytest.raises(DatasetError, match=message):
        ferplus.load(tmp_path, "test")


def test_a_csv_pair_of_different_lengths_is_told(small_ferplus: Path, tmp_path: Path) -> None:
    as_csv_pair(small_ferplus, tmp_path)
    with (tmp_path / "fer2013.csv").open("a") as file:
        file.write("0,1 2 3,PrivateTest\n")
    with pytest.raises(DatasetError, match="one row a picture in both"):
        ferplus.load(tmp_path, "test")


def test_pixels_out_of_range_are_told(small_ferplus: Path, tmp_path: Path) -> None:
    as_csv_pair(small_ferplus, tmp_path)
    text = (tmp_path / "fer2013.csv").read_text()
    for value, message in (("999", "2304 pixels from 0 to 255"), ("x", "2304 pixels from 0 to 255")):
        first = text.index('0,"') + 3 if '0,"' in text else text.index("\n0,") + 3
        (tmp_path / "fer2013.csv").write_text(text[:first] + value + " " + text[first:].split(" ", 1)[1])
        with pytest.raises(DatasetError, match=message):
            ferplus.load(tmp_path, "train")


def test_a_folder_with_neither_form_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="found neither"):
        ferplus.load(tmp_path, "train")


def test_a_split_of_mismatched_arrays_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"crops \(n, 48, 48\), votes \(n, 10\) and rows \(n,\)"):
        Split(np.zeros((2, 48, 48), np.uint8), np.zeros((2, 9), np.uint8), np.arange(2))


def test_the_real_test_split_has_the_known_counts(real_ferplus: Path) -> None:
    split = ferplus.load(real_ferplus, "test")
    assert (len(split), split.missing) == (3573, 0)
    kept = {name: int(protocol.judge(split.votes)[0].sum()) for name, protocol in PROTOCOLS.items()}
    assert kept == {"ferplus-8": 3545, "ferplus-majority": 3137, "ferplus-seed": 3573}
    mask, labels = PROTOCOLS["ferplus-8"].judge(split.votes)
    assert np.bincount(labels[mask]).tolist() == [1258, 928, 447, 446, 321, 20, 97, 28]
