"""`mien look`: pictures -> faces and what they express."""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table as RichTable

from mien import pictures
from mien.cli.console import SOME_FAILED, NewFiles, complain, out, print_json_line, progress_bar, sources_of
from mien.cli.options import Detector, MinConfidence, MinFace, MinScore, Model
from mien.errors import ConfigError, PictureError
from mien.faces.classifier import Classifier
from mien.faces.crop import crop_faces
from mien.faces.detector import DEFAULT_DETECTOR, MIN_FACE
from mien.faces.drawing import annotate
from mien.faces.face import FACE_COLUMNS, face_rows, faces_object
from mien.faces.reader import FaceReader, Look
from mien.faces.saliency import explanation, occlusion_map
from mien.models.catalog import DEFAULT_MODEL
from mien.pictures import Picture, PictureSource
from mien.tables import CsvTable, Table, parquet_table


def look(
    paths: Annotated[
        list[str],
        typer.Argument(help="Pictures, folders (all pictures below), globs, or - for standard input.", metavar="PATH..."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a picture and line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One CSV row a face.")] = False,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write one row a face to this Parquet file.")
    ] = None,
    annotate_to: Annotated[
        Path | None, typer.Option("--annotate", metavar="DIR", help="Write copies with boxes, expressions and bars there.")
    ] = None,
    explain_to: Annotated[
        Path | None,
        typer.Option("--explain", metavar="DIR", help="Write for each face a map of what the network looked at there."),
    ] = None,
    model: Model = DEFAULT_MODEL,
    detector: Detector = DEFAULT_DETECTOR,
    min_face: MinFace = MIN_FACE,
    min_score: MinScore = 0.0,
    min_confidence: MinConfidence = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads that decode and detect; by default one a core.")] = None,
) -> None:
    """Find every face and say what it expresses, as probabilities over eight expressions.

    A picture that cannot be read is reported and the rest is done.
    Exit code: 0 all read, 1 some failed, 2 wrong use.

    [bold]mien look photo.jpg[/bold]   a table
    [bold]mien look holiday/ --annotate marked/ --parquet faces.parquet[/bold]   a folder
    [bold]curl -s $URL | mien look - --json[/bold]   a pipe
    """
    if as_json and as_csv:
        raise ConfigError("--json and --csv both want standard output; choose one (--parquet FILE goes with either)")
    reader = FaceReader(model=model, detector=detector, min_face=min_face, min_score=min_score, min_confidence=min_confidence)
    sources = sources_of(paths, [folder for folder in (annotate_to, explain_to) if folder])
    drawings = [Drawings(annotate_to, sources, _annotated)] if annotate_to else []
    drawings += [Drawings(explain_to, sources, partial(_explained, reader.classifier))] if explain_to else []
    failed = 0
    with ExitStack() as stack:
        tables: list[Table] = [stack.enter_context(parquet_table(parquet, FACE_COLUMNS))] if parquet else []
        tables += [CsvTable(sys.stdout, FACE_COLUMNS)] if as_csv else []
        bar = stack.enter_context(progress_bar())
        results = reader.look_many(sources, workers=workers, keep_pictures=bool(drawings))
        for found in bar.track(results, total=len(sources), description="reading"):
            result = reduce(lambda so_far, drawing: drawing.save(so_far), drawings, found)
            error = str(result.error) if result.error else None
            for table in tables:
                for row in face_rows(result.source, result.faces, error):
                    table.write(row)
            if as_json:
                print_json_line(faces_object(result.source, result.faces, error))
            elif not as_csv and (result.faces or not error):
                out.print(_table(result))
            if error:
                failed += 1
                complain(error)
    if failed:
        complain(f"{failed} of {len(sources)} could not be done")
        raise typer.Exit(SOME_FAILED)


_Draw = Callable[[Look], Iterable[tuple[str, Picture]]]


class Drawings:
    """Writes what is drawn of a picture into a folder, under the picture's own name; equal names get a number."""

    def __init__(
        self, folder: Path, sources: Sequence[PictureSource], draw: Callable[[Look], Iterable[tuple[str, Picture]]]
    ) -> None:
        """``draw`` gives pictures, each with what its name adds to the picture's.

        Raises:
            OSError: the folder cannot be made.
        """
        self._files, self._draw = NewFiles(folder, sources), draw

    def save(self, result: Look) -> Look:
        """The result; with an error where a drawing could not be written."""
        if result.picture is None:
            return result
        path = Path(result.source.replace(" ", "-") if result.source == pictures.STDIN else result.source)
        ending = path.suffix if path.suffix.lower() in pictures.FORMATS["JPEG"] else ".png"
        for addition, drawing in self._draw(result):
            try:
                pictures.save(drawing, self._files.path(f"{path.stem}{addition}", ending))
            except PictureError as error:
                return replace(result, error=error)
        return result


def _annotated(result: Look) -> Iterable[tuple[str, Picture]]:
    if result.picture is not None:
        yield "", annotate(result.picture, result.faces)


def _explained(classifier: Classifier, result: Look) -> Iterable[tuple[str, Picture]]:
    if result.picture is not None:
        crops = crop_faces(result.picture, result.faces, classifier.contract.crop)
        for number, (face, crop) in enumerate(zip(result.faces, crops, strict=True), start=1):
            if face.reading:
                yield f"-face{number}", explanation(crop, occlusion_map(classifier, crop), face.reading)


def _table(result: Look) -> RichTable:
    table = RichTable(title=escape(result.source), title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in ("face", "place", "expression", "confidence"):
        table.add_column(column)
    table.add_column("distribution", no_wrap=True, min_width=25)
    for number, face in enumerate(result.faces, start=1):
        place = f"{face.box.width:.0f}x{face.box.height:.0f} at {face.box.x:.0f}, {face.box.y:.0f}"
        if reading := face.reading:
            shares = "\n".join(f"{_bar(share)} {name} {share:.0%}" for name, share in reading.ranked()[:3])
            table.add_row(
                str(number), place, f"[bold]{reading.expression or 'unsure'}[/bold]", f"{reading.confidence:.0%}", shares
            )
    if not result.faces:
        table.add_row("none found")
    return table


def _bar(share: float, width: int = 10) -> str:
    filled = round(share * width)
    return f"[cyan]{'━' * filled}[/cyan][dim]{'┄' * (width - filled)}[/dim]"
