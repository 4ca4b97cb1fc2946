"""Many pictures into a folder of Parquet shards: planned once, each shard done once, whoever dies in between."""

import json
import multiprocessing
import os
import shutil
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from mien import __version__
from mien.cluster.plan import SHARD_SIZE, Shard, plan, read_plan
from mien.cluster.work import BATCH_COLUMNS, Done, Settings, Worker, shard_file
from mien.errors import ConfigError
from mien.files import replacing
from mien.tables import Row, check_parquet, parquet_table

PLAN: Final = "plan.jsonl"
MANIFEST: Final = "manifest.json"
# A shard that has cost this many workers their lives is done one picture at a time.
_LIVES: Final = 2

Run = Callable[[Iterator[Shard], Settings, Path], Iterator[Done]]
"""Does shards into a folder, in any order."""


class Batch:
    """The work of one folder: ``plan`` says what is to be done, ``remaining`` what of it is not, ``finish`` that all is.

    total: pictures of the whole plan (a video counts as one). done: of them, how many the folder held when it was opened.
    """

    def __init__(
        self, sources: Sequence[str], folder: Path, settings: Settings, *, size: int = SHARD_SIZE, column: str | None = None
    ) -> None:
        """Plans the work, or takes up what the folder's plan says is left.

        Raises:
            ConfigError: the folder holds other work, or ``plan`` refuses the sources.
            OSError: the folder cannot be written.
        """
        check_parquet()
        self.folder, self.settings = folder, settings
        told = {
            "sources": [os.fspath(source) for source in sources],
            "settings": asdict(settings),
            "size": size,
            "column": column,
        }
        path = folder / PLAN
        if path.exists():
            with path.open(encoding="utf-8") as lines:
                if json.loads(next(lines)) != told:
                    raise ConfigError(f"{folder}: holds other work; use its sources and options to go on, or another --out")
        else:
            with replacing(path) as partial, partial.open("w", encoding="utf-8") as stream:
                stream.write(json.dumps(told) + "\n")
                for shard in plan(sources, size=size, column=column, outside=folder):
                    stream.write(shard.to_json() + "\n")
        there = {file.name for file in folder.glob("part-*.parquet")}
        sizes = {shard.number: shard.pictures for shard in read_plan(path)}
        self._finished = frozenset(number for number in sizes if shard_file(number) in there)
        self.total, self.done = sum(sizes.values()), sum(sizes[number] for number in self._finished)
        if not self.total:
            raise ConfigError(f"nothing to read in {', '.join(map(str, sources))}")

    def remaining(self) -> Iterator[Shard]:
        """The shards that are not done, in order."""
        return read_plan(self.folder / PLAN, numbers=self._finished)

    def finish(self) -> dict[str, Any]:
        """Writes the manifest and returns it: what lies in the folder, with which columns, made by which networks."""
        from pyarrow import parquet

        columns = {name: kind.__name__ for name, kind in BATCH_COLUMNS.items()}
        shards, totals = [], Counter[str]()
        for shard in read_plan(self.folder / PLAN):
            table = parquet.read_table(self.folder / shard_file(shard.number), columns=["x", "error"])
            told = {
                "rows": len(table),
                "faces": len(table) - table["x"].null_count,
                "errors": len(table) - table["error"].null_count,
            }
            totals.update(told)
            shards.append({"file": shard_file(shard.number), **told})
        manifest = {
            "made_by": f"mien {__version__}",
            "settings": asdict(self.settings),
            "columns": columns,
            "pictures": self.total,
            **totals,
            "shards": shards,
        }
        for left in self.folder.glob(".*.partial"):  # by workers that were killed
            left.unlink(missing_ok=True)
        with replacing(self.folder / MANIFEST) as partial:
            partial.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        return manifest


def run_here(shards: Iterator[Shard], settings: Settings, folder: Path, *, workers: int | None = None) -> Iterator[Done]:
    """Does the shards in processes of this machine, by default one a core; as they are done, about in order.

    A worker that dies is replaced and its shard done again; a picture that kills workers becomes a row with an error.
    """
    workers = workers or os.cpu_count() or 1
    lives: Counter[int] = Counter()
    again: deque[Shard] = deque()
    while True:
        pool, flying = _pool(workers, settings, folder), deque[tuple[Shard, Future[Done]]]()
        try:
            while True:
                while len(flying) < 2 * workers and (shard := again.popleft() if again else next(shards, None)):
                    if lives[shard.number] >= _LIVES:
                        yield _one_by_one(shard, settings, folder)
                    else:
                        flying.append((shard, pool.submit(_do, shard)))
                if not flying:
                    return
                done = flying[0][1].result()
                flying.popleft()
                yield done
        except BrokenProcessPool:
            # Only what was running may be to blame: those at the front, as many as there were workers.
            lives.update(shard.number for shard, _ in list(flying)[:workers])
            again.extendleft(shard for shard, _ in reversed(flying))
        finally:
            _end(pool)


def _one_by_one(shard: Shard, settings: Settings, folder: Path) -> Done:
    """Does each picture of a shard by itself; one whose worker dies becomes a row that says so."""
    from pyarrow import parquet

    counts = Counter[str]()
    parts = folder / f".{shard_file(shard.number)}.parts"
    name = shard_file(shard.number)
    parts.mkdir(exist_ok=True)
    pool = _pool(1, settings, parts)
    with parquet_table(folder / name, BATCH_COLUMNS) as table:
        for i, one in enumerate(_single(shard)):
            rows: list[Row]
            try:
                pool.submit(_do, replace(one, number=i)).result()
                rows = parquet.read_table(parts / shard_file(i)).to_pylist()
                (parts / shard_file(i)).unlink()
            except BrokenProcessPool:
                _end(pool)
                pool = _pool(1, settings, parts)
                error = f"{one.sources[0]}: the process that read it died"
                row = one.first if one.kind == "rows" else None
                rows = [dict.fromkeys(BATCH_COLUMNS) | {"source": one.sources[0], "row": row, "error": error}]
            for told in rows:
                table.write(told)
                counts["faces"] += told["x"] is not None
                counts["errors"] += told["error"] is not None
            counts["rows"] += len(rows)
    _end(pool)
    shutil.rmtree(parts)
    return Done(shard.number, name, counts["rows"], shard.pictures, counts["faces"], counts["errors"])


def _single(shard: Shard) -> Iterator[Shard]:
    if shard.kind == "rows":
        return (replace(shard, first=shard.first + i, count=1) for i in range(shard.count))
    return (replace(shard, sources=(source,)) for source in shard.sources)


def _pool(workers: int, settings: Settings, folder: Path) -> ProcessPoolExecutor:
    # Spawned, not forked: ONNX Runtime's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(settings, folder))


def _end(pool: ProcessPoolExecutor) -> None:
    pool.shutdown(wait=True, cancel_futures=True)


_worker: Worker


def _begin(settings: Settings, folder: Path) -> None:
    """In the worker: leaves Ctrl-C to the parent, and ends when the parent is gone."""
    global _worker  # noqa: PLW0603  a process of the pool holds its networks between shards
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    _worker = Worker(settings, folder)


def _outlive_nobody() -> None:
    """A parent that is killed cannot say so; its workers would wait for shards for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _do(shard: Shard) -> Done:
    return _worker.do(shard)
