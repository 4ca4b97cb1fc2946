from pathlib import Path

import pytest

from mien.files import replacing


def test_the_new_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    target = tmp_path / "made" / "for" / "it.txt"
    for text in ("old", "new"):
        with replacing(target) as partial:
            partial.write_text(text)
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "it.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(target) as partial:
        partial.write_text("ne")
        1 / 0  # noqa: B018
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
