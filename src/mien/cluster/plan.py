"""What is to be read, in shards: the unit of work, of retry and of output."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Literal

from mien import pictures
from mien.errors import ConfigError
from mien.faces.video import ENDINGS as VIDEO_ENDINGS

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

SHARD_SIZE: Final = 256
_NAMES: Final = ("image", "picture", "img", "bytes", "content", "data", "jpg", "png")


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the work: pictures by name, a stretch of a Parquet file's rows, or one video.

    number: from 0, also of its output file. sources: paths or URLs. first, count: rows, of a Parquet file.
    column: that holds the pictures there.
    """

    number: int
    kind: Literal["pictures", "rows", "video"]
    sources: tuple[str, ...]
    first: int = 0
    count: int = 0
    column: str = ""

    @property
    def pictures(self) -> int:
        """How many there are to read; a video counts as one."""
        return self.count if self.kind == "rows" else len(self.sources)

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Shard":
        """What ``to_json`` wrote."""
        told = json.loads(line)
        return cls(**told | {"sources": tuple(told["sources"])})


def is_url(source: str) -> bool:
    """Whether it needs fsspec: s3://, gs://, hf:// and the like."""
    return "://" in source


def plan(
    sources: Sequence[str], *, size: int = SHARD_SIZE, column: str | None = None, outside: Path | None = None
) -> Iterator[Shard]:
    """The shards of folders, globs, pictures, videos and Parquet files, local or by URL; the same sources, the same shards.

    Args:
        sources: folders count with all below them.
        size: pictures a shard.
        column: of Parquet files, that holds encoded pictures; by default the first that can.
        outside: a folder whose contents are left out (the results').

    Raises:
        ConfigError: a URL whose file system is not installed, a Parquet file without pictures, an empty name.
    """
    number = 0
    waiting: list[str] = []
    for name in _names(sources, outside):
        ending = PurePosixPath(name).suffix.lower()
        if ending == ".parquet":
            for shard in _rows_of(name, size, column, number):
                number = shard.number + 1
                yield shard
        elif ending in VIDEO_ENDINGS:
            yield Shard(number, "video", (name,))
            number += 1
        else:
            waiting.append(name)
            if len(waiting) == size:
                yield Shard(number, "pictures", tuple(waiting))
                number, waiting = number + 1, []
    if waiting:
        yield Shard(number, "pictures", tuple(waiting))


def _names(sources: Iterable[str], outside: Path | None) -> Iterator[str]:
    endings = pictures.ENDINGS | VIDEO_ENDINGS | {".parquet"}
    for source in sources:
        if is_url(source):
            yield from _remote(source, endings)
        else:
            found = pictures.find([source], outside=[outside] if outside else [], endings=endings)
            yield from (str(path) for path in found)


def _remote(url: str, endings: frozenset[str]) -> Iterator[str]:
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        raise ConfigError(f"{url}: needs fsspec, which is not installed: pip install 'mien[cluster]'") from None
    try:
        system, path = url_to_fs(url)
        if "*" in path or "?" in path:
            found = sorted(system.glob(path))
        elif system.isdir(path):
            found = sorted(system.find(path))
        else:
            found = [path]
        kept = found if found == [path] else [name for name in found if PurePosixPath(name).suffix.lower() in endings]
        yield from (system.unstrip_protocol(name) for name in kept)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(f"{url}: cannot be listed ({error})") from error


def _rows_of(name: str, size: int, column: str | None, number: int) -> Iterator[Shard]:
    with open_parquet(name) as file:
        held = column or picture_column(file, name)
        rows = file.metadata.num_rows
        for i, first in enumerate(range(0, rows, size)):
            yield Shard(number + i, "rows", (name,), first, min(size, rows - first), held)


def open_parquet(name: str) -> "ParquetFile":
    """
    Raises:
        ConfigError: pyarrow or fsspec is not installed, or it is no Parquet file.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise ConfigError(f"{name}: needs pyarrow, which is not installed: pip install 'mien[parquet]'") from None
    try:
        if is_url(name):
            import fsspec

            return ParquetFile(fsspec.open(name).open())
        return ParquetFile(name)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(f"{name}: cannot be read as Parquet ({error})") from error


def picture_column(file: "ParquetFile", name: str) -> str:
    """The first column of encoded pictures: binary, or a structure with a binary field "bytes" (as Hugging Face writes).

    Raises:
        ConfigError: there is none.
    """
    import pyarrow as pa

    def holds(kind: pa.DataType) -> bool:
        if pa.types.is_struct(kind):
            return any(field.name == "bytes" and holds(field.type) for field in kind)
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    able = [field.name for field in file.schema_arrow if holds(field.type)]
    if not able:
        raise ConfigError(f"{name}: no column holds encoded pictures; its columns are {', '.join(file.schema_arrow.names)}")
    return str(min(able, key=lambda held: _NAMES.index(held) if held in _NAMES else len(_NAMES)))


def read_plan(path: Path, *, numbers: frozenset[int] = frozenset()) -> Iterator[Shard]:
    """The shards of a written plan, without those of ``numbers``."""
    with path.open(encoding="utf-8") as lines:
        for line in islice(lines, 1, None):
            shard = Shard.from_json(line)
            if shard.number not in numbers:
                yield shard
