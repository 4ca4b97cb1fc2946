"""`mien batch`: as many pictures as there are -> a folder of Parquet."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.console import INTERRUPTED, SOME_FAILED, complain, err, out, print_json_line, progress_bar
from mien.cli.options import Detector, MinConfidence, MinFace, MinScore, Model
from mien.cluster.batch import MANIFEST, Batch, Run, run_here
from mien.cluster.on_ray import run_on_ray
from mien.cluster.plan import SHARD_SIZE
from mien.cluster.work import Settings
from mien.faces.detector import DEFAULT_DETECTOR, MIN_FACE
from mien.models.catalog import DEFAULT_MODEL


def batch(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Folders, globs, pictures, videos, Parquet files with pictures; local, or s3://, gs://, hf://.",
            metavar="SOURCE...",
        ),
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Parquet shards, their plan and manifest go there.")],
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Do it on this Ray cluster: its address, auto, or local for one begun here."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes, or actors; by default one a core.")] = None,
    shard: Annotated[int, typer.Option(min=1, help="Pictures a shard: the unit of work, retry and output.")] = SHARD_SIZE,
    column: Annotated[
        str | None, typer.Option(help="Of Parquet files, that holds the pictures; by default the first that can.")
    ] = None,
    fps: Annotated[float, typer.Option(min=0.001, help="Frames a second to read of videos.")] = 1.0,
    model: Model = DEFAULT_MODEL,
    detector: Detector = DEFAULT_DETECTOR,
    min_face: MinFace = MIN_FACE,
    min_score: MinScore = 0.0,
    min_confidence: MinConfidence = None,
    as_json: Annotated[bool, typer.Option("--json", help="The manifest's totals as one JSON object.")] = False,
) -> None:
    """Read many pictures on all cores, or on a Ray cluster, into a folder of Parquet files.

    One row a face; a picture without a face has a row too, and one that cannot be read a row with its error. Stopped or
    killed, the same command does what is missing. The plan is made once: pictures that come later need another --out.
    Exit code: 0 all read, 1 some failed, 2 wrong use.

    [bold]mien batch holiday/ 's3://bucket/faces/*.parquet' --out faces/[/bold]
    """
    settings = Settings(model, detector, min_face, min_score, min_confidence, fps)
    run: Run = partial(run_here, workers=workers)
    if ray:
        run = partial(run_on_ray, address=None if ray == "local" else ray, workers=workers)
    with err.status("planning"):
        work = Batch(sources, folder, settings, size=shard, column=column)
    if work.done:
        err.print(f"{work.done:,} of {work.total:,} are done already")
    try:
        with progress_bar() as bar:
            task = bar.add_task("reading", total=work.total, completed=work.done)
            for done in run(work.remaining(), settings, folder):
                bar.advance(task, done.pictures)
    except KeyboardInterrupt:
        complain("stopped; the same command goes on from here")
        raise typer.Exit(INTERRUPTED) from None
    manifest = work.finish()
    totals = {name: manifest[name] for name in ("pictures", "rows", "faces", "errors")}
    if as_json:
        print_json_line(totals)
    else:
        out.print("  ".join(f"{count:,} {name}" for name, count in totals.items()), highlight=False)
        out.print(f"[dim]{folder / MANIFEST}[/dim]", highlight=False)
    if manifest["errors"]:
        complain(f"{manifest['errors']:,} could not be read; see the column error")
        raise typer.Exit(SOME_FAILED)
