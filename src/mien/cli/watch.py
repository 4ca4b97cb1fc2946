"""`mien watch`: a video, a camera or a stream -> faces over time."""

import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

from mien.cli.console import INTERRUPTED, SOME_FAILED, complain, err, out, print_json_line, progress_bar
from mien.cli.options import Detector, MinConfidence, MinFace, MinScore, Model
from mien.errors import ConfigError
from mien.faces.detector import MIN_FACE
from mien.faces.face import faces_object
from mien.faces.reader import FaceReader
from mien.faces.recording import annotate_video, draw_seen, record
from mien.faces.timeline import UNSURE, Timeline, TrackSummary, summarize
from mien.faces.timeline_plot import plot_timeline
from mien.faces.video import Sampling, Video
from mien.faces.video_writer import check_name, video_writer
from mien.faces.watching import Seen, Watcher
from mien.figures import new_figure, save_figure
from mien.models.catalog import DEFAULT_MODEL, FACE_DETECTOR


def watch(
    source: Annotated[str, typer.Argument(help="A video file, a camera's number, or a stream's address (rtsp://, http://).")],
    to_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="One row a face and frame: .csv, .jsonl or .parquet; grows as it goes."),
    ] = None,
    annotate_to: Annotated[
        Path | None, typer.Option("--annotate", metavar="FILE", help="Write a copy with the faces drawn, sound kept (.mp4).")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw each person's expressions over time (.png).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a frame and line, as it is read.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Read each so-many-th frame.")] = 1,
    fps: Annotated[float | None, typer.Option(min=0.001, help="Read at most so many frames a second.")] = None,
    start: Annotated[float, typer.Option("--from", min=0, metavar="SECONDS", help="Begin there.")] = 0.0,
    end: Annotated[float | None, typer.Option("--to", min=0, metavar="SECONDS", help="End there.")] = None,
    smoothing: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Time constant of the mean over each face's past.")
    ] = 0.5,
    raw: Annotated[bool, typer.Option("--raw", help="Each frame by itself, the same as --smoothing 0.")] = False,
    model: Model = DEFAULT_MODEL,
    detector: Detector = FACE_DETECTOR,
    min_face: MinFace = MIN_FACE,
    min_score: MinScore = 0.0,
    min_confidence: MinConfidence = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads that find faces in a file's frames to come.")] = 2,
) -> None:
    """Follow every face through a video and say what it expresses, frame by frame.

    A face keeps its number while it is in the picture and through short absences. Stopped or killed, the same command
    with --out goes on where it was. A camera or a stream is read live: the newest frame wins; Ctrl-C ends it.
    Exit code: 0 done, 1 some frames were damaged, 2 wrong use.

    [bold]mien watch clip.mp4 --fps 10 --out faces.csv --plot faces.png[/bold]
    [bold]mien watch 0[/bold]   the camera
    """
    sampling = Sampling(every, fps, start, end)
    if plot:
        new_figure(1, 1)  # without matplotlib, told now rather than after hours
    time_constant = 0.0 if raw else smoothing
    reader = FaceReader(model=model, detector=detector, min_face=min_face, min_score=min_score, min_confidence=min_confidence)
    watcher = Watcher(reader, smoothing=time_constant)
    with ExitStack() as stack:
        video = stack.enter_context(Video(source))
        for path in (annotate_to, plot, to_file):
            if path and not video.live and path.resolve() == Path(source).resolve():
                raise ConfigError(f"{path}: would replace the video; choose another name")
        if annotate_to:
            check_name(annotate_to)
        named = [model, detector, min_face, min_score, min_confidence, time_constant]
        settings = {"source": _identity(source, video), "sampling": asdict(sampling), "reader": named}
        rows = to_file or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "rows.jsonl"
        timeline = stack.enter_context(Timeline(rows, settings, resume=not video.live))
        if timeline.state:
            err.print(f"going on after frame {timeline.state['frame']}")
        drawn = stack.enter_context(video_writer(annotate_to)) if annotate_to and video.live else None
        bar = stack.enter_context(progress_bar())
        length = (end or video.duration or 0) - start
        task = bar.add_task("watching", total=round(length) if length > 0 else None)
        last = timeline.state["time"] if timeline.state else 0.0
        try:
            for seen in record(video, watcher, timeline, sampling, workers=workers):
                last = seen.frame.time
                bar.update(task, completed=int(last - start), description=_line(seen))
                if as_json:
                    print_json_line(_object(source, seen))
                if drawn:
                    drawn.write(draw_seen(seen.frame, list(seen.faces), [str(track) for track in seen.tracks]), last)
        except KeyboardInterrupt:
            if not video.live:
                complain("stopped; the same command goes on from here" if to_file else "stopped; with --out it could go on")
                raise typer.Exit(INTERRUPTED) from None
        bar.update(task, visible=False)
        with timeline.rows() as read:
            summaries = summarize(read)
        if plot:
            with timeline.rows() as read:
                save_figure(plot_timeline(read, start, last, Path(source).name), plot)
        if annotate_to and not video.live:
            drawing = bar.add_task("drawing", total=max(1, round(last - start)))
            annotate_video(
                Path(source), timeline, annotate_to, sampling, lambda time: bar.update(drawing, completed=int(time - start))
            )
        timeline.finish()
        timeline.close()
    if not as_json:
        out.print(_table(summaries))
    if video.damaged:
        complain(f"{source}: {video.damaged} damaged pieces could not be decoded; the rest is done")
        raise typer.Exit(SOME_FAILED)


def _identity(source: str, video: Video) -> list[str | int]:
    """What tells a file from another of its name."""
    if video.live:
        return [source]
    status = Path(source).stat()
    return [str(Path(source).resolve()), status.st_size, status.st_mtime_ns]


def _object(source: str, seen: Seen) -> dict[str, object]:
    told = faces_object(source, seen.faces)
    for entry, track in zip(told["faces"], seen.tracks, strict=True):
        entry["track"] = track
    return {"time": round(seen.frame.time, 6), "frame": seen.frame.number} | told


def _line(seen: Seen) -> str:
    faces = [
        f"#{track} {face.reading.expression or UNSURE}"
        for face, track in zip(seen.faces, seen.tracks, strict=True)
        if face.reading
    ]
    return f"{seen.frame.time:.1f} s  {', '.join(faces[:4]) or 'no face'}"


def _table(summaries: list[TrackSummary]) -> RichTable:
    table = RichTable(box=SIMPLE_HEAD)
    for column in ("face", "from", "to", "seen", "gaps", "changes", "share of its time"):
        table.add_column(column)
    for summary in summaries:
        shares = summary.as_object()["shares"]
        told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share >= 0.005) or "one frame"
        times = (f"{seconds:.1f} s" for seconds in (summary.first, summary.last, summary.seen))
        table.add_row(f"#{summary.track}", *times, str(summary.gaps), str(summary.changes), told)
    if not summaries:
        table.add_row("none found")
    return table
