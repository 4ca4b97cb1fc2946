"""`mien evaluate`: figures of a classifier under a named protocol."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mien import pictures
from mien.cli.console import advancing, out, print_json_line, progress_bar
from mien.datasets import facedet, ferplus
from mien.datasets.ferplus import FOLDERS, SplitName
from mien.errors import ConfigError
from mien.evaluation.detector import CURVE_FROM, LEAST_IOU, DetectorEvaluation, evaluate_detector, worst
from mien.evaluation.expression import ExpressionEvaluation, evaluate_expression
from mien.evaluation.protocols import PROTOCOLS, Votes
from mien.evaluation.text import evaluate_text
from mien.faces.classifier import Classifier
from mien.faces.detector import HAAR, MIN_FACE, NetworkDetector, load_detector
from mien.models.catalog import DEFAULT_MODEL, FACE_DETECTOR, LINE_READER
from mien.text.reader import TextReader

app = typer.Typer(help="Measure a network under a named protocol.", no_args_is_help=True)


@app.callback()
def _evaluate() -> None:
    pass


@app.command("expression")
def expression(
    data: Annotated[Path, typer.Option(metavar="DIR", help="FER+, as folders or as the pair of CSV files.")],
    model: Annotated[str, typer.Option(help="A shipped network or a model file.")] = DEFAULT_MODEL,
    protocol: Annotated[str, typer.Option(help=f"One of {', '.join(PROTOCOLS)}.")] = "ferplus-8",
    split: Annotated[str, typer.Option(help=f"One of {', '.join(FOLDERS)}.")] = "test",
    as_json: Annotated[bool, typer.Option("--json", help="All figures as one JSON object, fractions from 0 to 1.")] = False,
    pictures_to: Annotated[
        Path | None,
        typer.Option(
            "--pictures", metavar="DIR", help="Write confusion matrix, reliability, risk-coverage curve and label counts there."
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network.")] = 1,
) -> None:
    """Accuracy with its interval, recalls, F1, cross-entropy to the votes, calibration; as a table or JSON.

    [bold]mien evaluate expression --data ferplus/ --protocol ferplus-majority[/bold]
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"no protocol is called {protocol!r}; there are: {', '.join(PROTOCOLS)}")
    if split not in FOLDERS:
        raise ConfigError(f"no split is called {split!r}; there are: {', '.join(FOLDERS)}")
    classifier = Classifier(model, threads=threads)
    wanted = [name for name in FOLDERS if pictures_to or name == split]
    with progress_bar() as bar:
        bars = {name: advancing(bar, f"reading {name}") for name in wanted}
        splits = {name: ferplus.load(data, name, progress=bars[name]) for name in wanted}
        chosen = splits[split]
        bar.add_task("classifying", total=None)
        evaluation = evaluate_expression(classifier.read(chosen.crops), chosen, PROTOCOLS[protocol])
    if pictures_to:
        _save_pictures(evaluation, {name: s.votes for name, s in splits.items()}, f"{model}, {split}", pictures_to)
    if as_json:
        print_json_line({"model": model, "split": split, **evaluation.to_json()})
    else:
        out.print(_table(evaluation, model, split))


@app.command("detector")
def detector(
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Photos with marked faces: images/ and labels.csv, crowd/ and crowd.csv.")
    ],
    split: Annotated[Literal["heldout", "crowd"], typer.Option(help="heldout photos, or the crowd test.")] = "heldout",
    name: Annotated[str, typer.Option("--detector", help="A shipped detector, a detector's file, or haar.")] = FACE_DETECTOR,
    min_face: Annotated[float, typer.Option(min=8, metavar="PIXELS", help="The smallest face to be found.")] = MIN_FACE,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as one JSON object, fractions from 0 to 1.")] = False,
    pictures_to: Annotated[
        Path | None,
        typer.Option(
            "--pictures", metavar="DIR", help="Write the precision-recall curve, worst misses and false alarms there."
        ),
    ] = None,
) -> None:
    """Recall, precision, false alarms, landmark error at the shipped threshold; faces under 40 px do not count.

    [bold]mien evaluate detector --data facedet/ --split crowd[/bold]
    """
    finder, threshold = (load_detector(name), 0.0) if name == HAAR else _unthresholded(name, min_face)
    photos = facedet.load(data, split)
    with progress_bar() as bar:
        finding = advancing(bar, "finding faces")
        evaluation = evaluate_detector(finder, photos, threshold=threshold, least_iou=LEAST_IOU[split], progress=finding)
    if pictures_to:
        from mien.evaluation import detector_plots

        detector_plots.plot_precision_recall(evaluation, f"{name}, {split}", pictures_to / f"precision-recall-{split}.png")
        for kind in ("misses", "alarms"):
            detector_plots.plot_photos(worst(evaluation, kind), threshold, pictures_to / f"{kind}-{split}.png")
    if as_json:
        print_json_line({"detector": name, "split": split, **evaluation.to_json()})
    else:
        out.print(_detector_table(evaluation, name, split))


@app.command("text")
def text(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Pictures of pages, each with its text beside it in a .txt file.")],
    model: Annotated[str, typer.Option(help="A shipped reader of text or a model file.")] = LINE_READER,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as one JSON object, fractions from 0 to 1.")] = False,
) -> None:
    """Character and word error of `mien read` on pages whose text is known; white space counts as one space.

    [bold]mien evaluate text --data pages/[/bold]
    """
    pages = [path for path in pictures.find([data]) if path.with_suffix(".txt").is_file()]
    if not pages:
        raise ConfigError(f"{data}: expected pictures of pages, each with its text beside it (page.png, page.txt); found none")
    truths = [_text(page.with_suffix(".txt")) for page in pages]
    reader = TextReader(model)
    with progress_bar() as bar:
        readings = [reader.read(page).text for page in bar.track(pages, description="reading")]
    evaluation = evaluate_text(readings, truths)
    if as_json:
        print_json_line({"model": model, **evaluation.to_json()})
    else:
        out.print(f"{model}: {evaluation.pages} pages, {evaluation.characters:,} characters")
        out.print(f"character error {evaluation.character_error:.2%}, word error {evaluation.word_error:.2%}")


def _unthresholded(name: str, min_face: float) -> tuple[NetworkDetector, float]:
    """The detector telling what it is less sure of too, for the curve; and its own threshold."""
    found = NetworkDetector(name, min_face=min_face, threshold=CURVE_FROM)
    return found, found.contract.threshold


def _detector_table(evaluation: DetectorEvaluation, name: str, split: str) -> Table:
    counts = f"{evaluation.photos:,} photos, {evaluation.faces:,} faces of {evaluation.smallest:.0f} px and more"
    title = f"{name} on {split}: {counts}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("figure")
    table.add_column("value", justify="right")
    figures = evaluation.to_json()
    sizes = figures.pop("recall_by_size")
    for key in ("threshold", "least_iou"):
        table.add_row(key.replace("_", " "), f"{figures[key]:.2f}")
    for key in ("average_precision", "precision", "recall", "recall_at_90_precision", "found_once", "landmark_error"):
        if figures[key] is not None:
            table.add_row(key.replace("_", " "), f"{figures[key]:.1%}")
    if figures["false_alarms"] is not None:
        table.add_row("false alarms a photo without faces", f"{figures['false_alarms']:.3f}")
    for size, value in sizes.items():
        table.add_row(f"recall of faces of {size} px", "none there" if value is None else f"{value:.1%}")
    return table


def _save_pictures(evaluation: ExpressionEvaluation, votes: dict[SplitName, Votes], title: str, folder: Path) -> None:
    from mien.evaluation import plots

    plots.plot_confusion(evaluation, title, folder / f"confusion-{evaluation.protocol}.png")
    plots.plot_risk_coverage(evaluation, title, folder / f"risk-coverage-{evaluation.protocol}.png")
    plots.plot_reliability(evaluation, title, folder / f"reliability-{evaluation.protocol}.png")
    judged = {name: PROTOCOLS[evaluation.protocol].judge(v) for name, v in votes.items()}
    labels = {str(name): values[kept] for name, (kept, values) in judged.items()}
    plots.plot_labels(labels, f"FER+ labels, {evaluation.protocol}", folder / f"labels-{evaluation.protocol}.png")


def _table(evaluation: ExpressionEvaluation, model: str, split: str) -> Table:
    low, high = evaluation.interval
    table = Table(
        title=f"{model} on {split}, {evaluation.protocol}, n = {evaluation.n:,}", title_justify="left", box=SIMPLE_HEAD
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_row("[bold]accuracy[/bold]", f"[bold]{evaluation.accuracy:.2%}[/bold] ({low:.2%} to {high:.2%})")
    for name, value in evaluation.to_json()["recall"].items():
        table.add_row(f"recall of {name}", "no pictures" if value is None else f"{value:.1%}")
    table.add_row("macro recall", f"{evaluation.macro_recall:.1%}")
    table.add_row("macro F1", f"{evaluation.macro_f1:.1%}")
    table.add_row("cross-entropy to the votes", f"{evaluation.cross_entropy:.3f} nats")
    table.add_row("calibration error, probability to vote share", f"{evaluation.distribution_calibration:.3f}")
    table.add_row("calibration error, confidence to being right", f"{evaluation.confidence_calibration:.3f}")
    table.add_row("answered, not unsure", f"{evaluation.coverage:.1%}, of these {evaluation.answered_accuracy:.1%} right")
    return table


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected text in UTF-8 ({error.reason} at byte {error.start})") from None
