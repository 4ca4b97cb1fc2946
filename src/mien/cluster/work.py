"""One shard's work: read, find faces, say what they express, write Parquet. Runs in a process of its own or a Ray actor."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from mien.cluster.plan import Shard, is_url, open_parquet
from mien.errors import PictureError
from mien.faces.face import FACE_COLUMNS, face_rows
from mien.faces.reader import FaceReader
from mien.faces.timeline import TIMELINE_COLUMNS, seen_rows
from mien.faces.video import Sampling, Video
from mien.faces.watching import Watcher
from mien.pictures import Limits
from mien.tables import Cell, Columns, Row, parquet_table

_OF_VIDEOS: Final = {name: TIMELINE_COLUMNS[name] for name in ("time", "frame", "track")}
BATCH_COLUMNS: Final[Columns] = {
    "source": str,
    "row": int,
    **_OF_VIDEOS,
    **{k: v for k, v in FACE_COLUMNS.items() if k != "source"},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How every picture is read; see ``FaceReader``. fps: frames a second of videos."""

    model: str
    detector: str
    min_face: float
    min_score: float
    min_confidence: float | None
    fps: float


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a shard: its file's name, its rows, pictures (frames, of a video), faces and errors."""

    number: int
    file: str
    rows: int
    pictures: int
    faces: int
    errors: int


def shard_file(number: int) -> str:
    """The name of a shard's file."""
    return f"part-{number:06d}.parquet"


@dataclass
class Worker:
    """Does shards; holds the networks, which it opens when the first shard comes."""

    settings: Settings
    folder: Path

    @cached_property
    def _reader(self) -> FaceReader:
        s = self.settings
        return FaceReader(
            model=s.model,
            detector=s.detector,
            min_face=s.min_face,
            min_score=s.min_score,
            min_confidence=s.min_confidence,
        )

    def do(self, shard: Shard) -> Done:
        """Reads a shard and writes its file, whole or not at all; what cannot be read becomes a row with its error."""
        name, counts = shard_file(shard.number), {"rows": 0, "pictures": 0, "faces": 0, "errors": 0}
        seen: object = None
        with parquet_table(self.folder / name, BATCH_COLUMNS) as table:
            for row in self._video(shard) if shard.kind == "video" else self._pictures(shard):
                table.write(row)
                place = (row["source"], row["row"], row["frame"])
                counts["rows"] += 1
                counts["pictures"] += place != seen
                counts["faces"] += row["x"] is not None
                counts["errors"] += row["error"] is not None
                seen = place
        return Done(shard.number, name, **counts)

    def _pictures(self, shard: Shard) -> Iterator[Row]:
        streams = _rows(shard) if shard.kind == "rows" else map(_stream, shard.sources)
        told = {"time": None, "frame": None, "track": None}
        for number, look in enumerate(self._reader.look_many(streams, workers=1)):
            error = str(look.error) if look.error else None
            place: dict[str, Cell] = {"source": shard.sources[0], "row": shard.first + number}
            if shard.kind == "pictures":
                place = {"source": shard.sources[number], "row": None}
            for row in face_rows("", look.faces, error):
                yield {**row, **told, **place}

    def _video(self, shard: Shard) -> Iterator[Row]:
        source = shard.sources[0]
        empty: dict[str, Cell] = dict.fromkeys(BATCH_COLUMNS) | {"source": source}
        try:
            with Video(_local(source)) as video:
                for seen in Watcher(self._reader).watch(video.frames(Sampling(fps=self.settings.fps))):
                    for number, row in enumerate(seen_rows(seen)):
                        told = {name: cell for name, cell in row.items() if name in BATCH_COLUMNS}
                        yield empty | told | {"face": None if row["track"] is None else number}
        except PictureError as error:
            yield empty | {"error": str(error)}


class _Unreadable(io.RawIOBase):
    """A source that could not be fetched: reading it tells why."""

    def __init__(self, name: str, error: Exception) -> None:
        self.name, self._error = name, error

    def read(self, _size: int = -1, /) -> bytes:
        raise PictureError(f"{self.name}: cannot be fetched ({self._error})")


def _stream(source: str) -> Any:
    """What ``FaceReader`` takes: a path as it is, what a URL names as a stream that knows its name."""
    if not is_url(source):
        return source
    import fsspec

    try:
        with fsspec.open(source) as file:
            return _named(file.read(Limits().bytes + 1), source)
    except Exception as error:  # noqa: BLE001  each file system has its own
        return _Unreadable(source, error)


def _named(data: bytes | None, name: str) -> BinaryIO:
    stream = io.BytesIO(data or b"")
    stream.name = name
    return stream


def _rows(shard: Shard) -> Iterator[BinaryIO]:
    with open_parquet(shard.sources[0]) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        ends = list(accumulate(sizes))
        last = shard.first + shard.count
        groups = [i for i, end in enumerate(ends) if end > shard.first and end - sizes[i] < last]
        passed = shard.first - (ends[groups[0]] - sizes[groups[0]])
        batches = file.iter_batches(batch_size=64, row_groups=groups, columns=[shard.column])
        cells = (cell for batch in batches for cell in batch.column(0).to_pylist())
        for number, cell in enumerate(islice(cells, passed, passed + shard.count), start=shard.first):
            data = cell.get("bytes") if isinstance(cell, dict) else cell
            yield _named(cast("bytes | None", data), f"{shard.sources[0]}, row {number}")


def _local(source: str) -> str:
    """A video's path; one behind a URL is fetched into a temporary file first.

    Raises:
        PictureError: it cannot be fetched.
    """
    if not is_url(source):
        return source
    import fsspec

    try:
        return str(fsspec.open_local(f"simplecache::{source}"))
    except Exception as error:  # each file system has its own
        raise PictureError(f"{source}: cannot be fetched ({error})") from error
