"""What a video showed, as rows that one can analyse, kept on disk as they come."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final, Self, cast

from mien.box import Box
from mien.errors import ConfigError
from mien.faces.expressions import EXPRESSIONS, Expression
from mien.faces.face import FACE_COLUMNS, Face, Landmarks, Reading, face_cells
from mien.faces.watching import Seen
from mien.files import replacing
from mien.tables import Cell, Columns, CsvTable, JsonLinesTable, Row, check_parquet, parquet_table, read_csv, read_json_lines

_POINTS: Final = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
_LANDMARKS: Final = tuple(f"{point}_{axis}" for point in _POINTS for axis in "xy")
_OF_A_FACE: Final = {name: kind for name, kind in FACE_COLUMNS.items() if name not in ("source", "face", "error")}
TIMELINE_COLUMNS: Final[Columns] = {"time": float, "frame": int, "track": int, **_OF_A_FACE, **dict.fromkeys(_LANDMARKS, float)}
UNSURE: Final = "unsure"
_SAVE_EVERY: Final = 2.0


def seen_rows(seen: Seen) -> list[Row]:
    """One row a face, with the cells of ``TIMELINE_COLUMNS``; a frame without a face has one row that says so."""
    empty: dict[str, Cell] = dict.fromkeys(TIMELINE_COLUMNS)
    empty |= {"time": round(seen.frame.time, 6), "frame": seen.frame.number}
    rows = []
    for face, track in zip(seen.faces, seen.tracks, strict=True):
        points: dict[str, Cell] = dict(zip(_LANDMARKS, chain.from_iterable(face.landmarks or ()), strict=False))
        rows.append(empty | {"track": track} | face_cells(face) | points)
    return list(rows) or [empty]


def row_face(row: Row) -> Face | None:
    """The face of a row; None if the row says that there was none."""
    if row["track"] is None:
        return None
    box = Box(*(float(cast("float", row[name])) for name in ("x", "y", "width", "height")))
    points = [row[name] for name in _LANDMARKS]
    landmarks = None if points[0] is None else cast("Landmarks", tuple(zip(points[::2], points[1::2], strict=True)))
    distribution = tuple(float(cast("float", row[name])) for name in EXPRESSIONS)
    reading = Reading(distribution, cast("Expression | None", row["expression"]), float(cast("float", row["confidence"])))
    return Face(box, float(cast("float", row["score"])), landmarks, reading)


class Timeline:
    """Rows of a video in a file: there as they come, and after a kill the file goes on where it was. A context manager.

    ``.csv`` and ``.jsonl`` grow in place. ``.parquet`` cannot: its rows stand in a hidden file beside it until ``finish``.
    Beside the file stands, until ``finish``, a hidden one with what must be known to go on (``state``).

    state: what was written with the last frame that it goes on after; None in a new timeline.
    """

    def __init__(self, path: Path, settings: dict[str, Any], *, resume: bool = True) -> None:
        """
        Args:
            path: of the result.
            settings: what must be the same for a timeline to go on (plain JSON values).
            resume: whether to look for a timeline to go on with.

        Raises:
            ConfigError: an unknown ending, pyarrow is not installed, or the file was begun with other settings.
            OSError: the place cannot be written.
        """
        if path.suffix not in (".csv", ".jsonl", ".parquet"):
            raise ConfigError(f"{path}: expected a name that ends in .csv, .jsonl or .parquet")
        if path.suffix == ".parquet":
            check_parquet()  # told now rather than after hours
        self.path = path
        self._rows_path = path.with_name(f".{path.name}.rows.jsonl") if path.suffix == ".parquet" else path
        self._state_path = path.with_name(f".{path.name}.resume")
        self._settings = json.loads(json.dumps(settings))
        self.state: dict[str, Any] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        if resume and self._state_path.exists() and self._rows_path.exists():
            saved = json.loads(self._state_path.read_text(encoding="utf-8"))
            if saved["settings"] != self._settings:
                raise ConfigError(
                    f"{path}: was begun with other settings; use those to go on, or delete {self._state_path} to begin anew"
                )
            self.state = saved["state"]
            with self._rows_path.open("r+b") as file:
                file.truncate(saved["bytes"])
        self._stream = self._rows_path.open("w" if self.state is None else "a", newline="", encoding="utf-8")
        # A CSV's header is its first row.
        if self._rows_path.suffix == ".csv":
            self._table: CsvTable | JsonLinesTable = CsvTable(self._stream, TIMELINE_COLUMNS, header=self.state is None)
        else:
            self._table = JsonLinesTable(self._stream)
        self._whole: dict[str, Any] | None = None
        self._saved = -math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, rows: Iterable[Row], state: dict[str, Any]) -> None:
        """Adds the rows of one frame, with what must be known to go on after it; saves both when it is time."""
        for row in rows:
            self._table.write(row)
        self._stream.flush()
        # In one assignment: Ctrl-C may come before any line, and rows without their state are cut off, not told twice.
        self._whole = {"settings": self._settings, "bytes": self._rows_path.stat().st_size, "state": state}
        if time.monotonic() - self._saved >= _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Notes on disk after which frame to go on: the last that was written whole."""
        if self._whole:
            with replacing(self._state_path) as partial:
                partial.write_text(json.dumps(self._whole), encoding="utf-8")
            self._saved = time.monotonic()

    def finish(self) -> None:
        """Says that all rows are there; makes the Parquet file."""
        if self._rows_path != self.path:
            with parquet_table(self.path, TIMELINE_COLUMNS) as table, self.rows() as rows:
                for row in rows:
                    table.write(row)
        self._state_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Lets go of the rows once nothing asks for them any more."""
        self._stream.close()
        if self._rows_path != self.path:
            self._rows_path.unlink(missing_ok=True)

    @contextmanager
    def rows(self) -> Iterator[Iterator[Row]]:
        """All rows so far, read back."""
        with self._rows_path.open(newline="", encoding="utf-8") as stream:
            yield read_csv(stream, TIMELINE_COLUMNS) if self._rows_path.suffix == ".csv" else read_json_lines(stream)


def by_frame(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows together that belong to one frame."""
    together: list[Row] = []
    for row in rows:
        if together and row["frame"] != together[0]["frame"]:
            yield together
            together = []
        together.append(row)
    if together:
        yield together


@dataclass(slots=True)
class TrackSummary:
    """What one person showed.

    first, last: seconds. seen: seconds in which the face was there. shares: seconds of each expression (or "unsure").
    changes: how often the expression became another. gaps: how often the face was missed in between.
    """

    track: int
    first: float
    last: float
    seen: float = 0.0
    shares: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    changes: int = 0
    gaps: int = 0
    _told: str | None = None
    _frame: int = 0

    def add(self, told: str, frame: int, time: float, step: float) -> None:
        """The face showed ``told`` in the ``frame``-th frame read, ``step`` seconds after the one before."""
        if frame - self._frame > 1:
            self.gaps += 1
        elif frame > self._frame:
            self.seen += step
            self.shares[told] += step
        self.changes += self._told is not None and told != self._told
        self.last, self._told, self._frame = time, told, frame

    def as_object(self) -> dict[str, Any]:
        """For JSON; shares as fractions of the time seen."""
        total = sum(self.shares.values()) or 1.0
        shares = {name: seconds / total for name, seconds in sorted(self.shares.items(), key=lambda share: -share[1])}
        told = {name: getattr(self, name) for name in ("track", "first", "last", "seen", "changes", "gaps")}
        return told | {"shares": shares}


def summarize(rows: Iterable[Row]) -> list[TrackSummary]:
    """Each track's summary, in the order of their numbers; memory grows with the tracks, not with the rows."""
    tracks: dict[int, TrackSummary] = {}
    before = None
    for number, frame in enumerate(by_frame(rows)):
        now = float(cast("float", frame[0]["time"]))
        step = now - before if before is not None else 0.0
        before = now
        for row in frame:
            if row["track"] is not None:
                track = int(cast("int", row["track"]))
                summary = tracks.setdefault(track, TrackSummary(track, now, now, _frame=number))
                summary.add(str(row["expression"] or UNSURE), number, now, step)
    return [tracks[track] for track in sorted(tracks)]
