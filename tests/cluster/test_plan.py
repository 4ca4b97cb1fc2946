"""What is to be done, in shards."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from mien.cluster.plan import Shard, plan
from mien.errors import ConfigError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_pictures_fill_shards_and_a_video_is_one_of_its_own(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "a/2.png", "a/clip.mp4", "b/3.webp", "b/notes.txt", "out/drawn.png")
    shards = list(plan([str(tmp_path)], size=2, outside=tmp_path / "out"))
    assert [(s.number, s.kind, [Path(name).name for name in s.sources]) for s in shards] == [
        (0, "pictures", ["1.jpg", "2.png"]),
        (1, "video", ["clip.mp4"]),
        (2, "pictures", ["3.webp"]),
    ]


@pytest.mark.parametrize("structure", [False, True])
def test_rows_of_parquet_are_cut_into_stretches(tmp_path: Path, structure: bool) -> None:
    cells = [{"bytes": b"x", "path": None}] * 5 if structure else [b"x"] * 5
    parquet.write_table(pa.table({"id": range(5), "thumb": [b"t"] * 5, "image": cells}), tmp_path / "p.parquet")
    shards = list(plan([str(tmp_path / "p.parquet"), str(tmp_path / "p.parquet")], size=2))
    assert [(s.number, s.first, s.count, s.column) for s in shards] == [
        (number, first, count, "image") for number, (first, count) in enumerate([(0, 2), (2, 2), (4, 1)] * 2)
    ]
    assert {s.column for s in plan([str(tmp_path / "p.parquet")], column="thumb")} == {"thumb"}


def test_urls_are_listed_by_their_file_system() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in ("/pics/b.jpg", "/pics/a.png", "/pics/deep/c.jpg", "/pics/readme.md"):
        memory.pipe_file(name, b"x")
    names = [name for shard in plan(["memory://pics"]) for name in shard.sources]
    assert names == ["memory:///pics/a.png", "memory:///pics/b.jpg", "memory:///pics/deep/c.jpg"]
    assert [shard.sources for shard in plan(["memory://pics/*.jpg"])] == [("memory:///pics/b.jpg",)]


@pytest.mark.parametrize(
    ("content", "message"), [(b"no parquet", "cannot be read as Parquet"), (None, "no column holds encoded pictures")]
)
def test_parquet_without_pictures_is_told(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "p.parquet"
    if content is None:
        parquet.write_table(pa.table({"id": [1]}), path)
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"p\.parquet: {message}"):
        list(plan([str(path)]))


def test_an_unknown_file_system_is_told() -> None:
    with pytest.raises(ConfigError, match=r"nowhere://x: cannot be listed"):
        list(plan(["nowhere://x"]))


@given(st.lists(st.text(min_size=1), min_size=1), st.integers(0), st.sampled_from(["pictures", "rows", "video"]))
def test_a_shard_comes_back_from_its_line(names: list[str], number: int, kind: str) -> None:
    shard = Shard(number, kind, tuple(names), 3, 4, "image")  # type: ignore[arg-type]
    assert "\n" not in shard.to_json()
    assert Shard.from_json(shard.to_json()) == shard
