"""The same work on a Ray cluster: actors hold the networks, Ray Data gives out the shards, holds back and tries again."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from mien.cluster.plan import Shard
from mien.cluster.work import Done, Settings, Worker
from mien.errors import ConfigError

_PATIENCE: Final = 10.0


class _Actor:
    """A worker for Ray Data: a row with a shard in, a row with what came of it out."""

    def __init__(self, settings: dict[str, Any], folder: str) -> None:
        self._worker = Worker(Settings(**settings), Path(folder))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return asdict(self._worker.do(Shard.from_json(row["shard"])))


def run_on_ray(
    shards: Iterator[Shard], settings: Settings, folder: Path, *, address: str | None = None, workers: int | None = None
) -> Iterator[Done]:
    """Does the shards on the Ray cluster at ``address`` ("auto": the one this machine belongs to; None: one begun here).

    The folder must lie where every machine sees it. Between one and ``workers`` actors, by default one a core of the
    cluster. An actor that dies is replaced, its shard done again.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at that address.
    """
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ConfigError(f"--ray needs {error.name}, which is not installed: pip install 'mien[cluster]'") from None
    began = not ray.is_initialized()
    if began:
        try:
            if address and ":" in address:  # Ray itself would go on knocking for many minutes
                host, port = address.split("://")[-1].rsplit(":", 1)
                socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
            dashboard = None if address else False
            ray.init(address=address, include_dashboard=dashboard, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError) as error:  # ConnectionError is an OSError; ValueError: no port
            raise ConfigError(f"no Ray cluster at {address} ({error}); start one with: ray start --head") from None
    try:
        waiting = [{"shard": shard.to_json()} for shard in shards]
        if not waiting:
            return
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = 0
        most = min(len(waiting), workers or int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]
        done = ray.data.from_items(waiting, override_num_blocks=len(waiting)).map(
            _Actor,  # type: ignore[arg-type]  # Ray makes the object and calls that
            fn_constructor_args=(asdict(settings), str(folder.resolve())),
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=1,
        )
        for row in done.iter_rows():
            yield Done(**row)
    finally:
        if began:
            ray.shutdown()
