"""`mien compare`: methods side by side on the same pictures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mien.cli.console import INTERRUPTED, advancing, complain, err, needs_train_extra, out, print_json_line, progress_bar
from mien.datasets.registry import DATASETS, FERPLUS
from mien.errors import ConfigError
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.detector import DEFAULT_DETECTOR
from mien.faces.expressions import EXPRESSIONS, FIVE, Expression
from mien.files import replacing

if TYPE_CHECKING:
    from mien.evaluation.comparison import Comparison
    from mien.training.material import Material


def compare(
    data: Annotated[Path, typer.Option(metavar="DIR", help="The data set's folder.")],
    dataset: Annotated[str, typer.Option(help=f"One of {', '.join(DATASETS)}.")] = FERPLUS,
    methods: Annotated[
        str, typer.Option(help="Shipped networks, model files, eigenface-perceptron, eigenface-tree; commas between.")
    ] = "seed,eigenface-perceptron,eigenface-tree",
    expressions: Annotated[str, typer.Option(help="eight, five (neutral, happiness, sadness, anger, disgust), or names.")] = (
        "eight"
    ),
    protocol: Annotated[str, typer.Option(help=f"Of FER+: one of {', '.join(PROTOCOLS)}.")] = "ferplus-8",
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="For the report and the readers trained on folds.")] = (
        Path("comparison")
    ),
    detector: Annotated[str, typer.Option(help="What finds the faces in whole pictures.")] = DEFAULT_DETECTOR,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Folds under way at once.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as one JSON object, fractions from 0 to 1.")] = False,
) -> None:
    """Compare methods on the same pictures: accuracy, tests between them, and a report with pictures.

    Classical readers are trained on the data (leaving one person out at a time where people are known); networks are
    taken as they are. What has been trained stays in --out: stop it, and the same command goes on from there.

    [bold]mien compare --data ferplus/ --expressions five[/bold]
    [bold]mien compare --data jaffe/ --dataset jaffe --methods seed,eigenface-tree[/bold]
    """
    chosen = _expressions(expressions)
    names = list(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip()))
    if not names:
        raise ConfigError("--methods: expected at least one")
    with needs_train_extra("comparing"):
        from mien.training import comparing
        from mien.training.material import read_material
    with progress_bar() as bar:
        on_read, on_done = advancing(bar, "reading"), advancing(bar, "comparing")
        material = read_material(
            data, dataset, protocol=protocol, expressions=chosen, detector=detector, seed=seed, progress=on_read
        )
        for reason, count in material.skipped.items():
            complain(f"{data}: left out {count} {reason}")
        try:
            comparison = comparing.compare(material, names, folder, seed=seed, workers=workers, on_done=on_done)
        except KeyboardInterrupt:
            complain(f"stopped; what was trained is in {folder}, and the same command goes on from there")
            raise typer.Exit(INTERRUPTED) from None
        bar.add_task("drawing", total=None)
        _write(material, names, comparison, folder, seed)
    if as_json:
        print_json_line(comparison.to_json())
    else:
        out.print(_table(comparison))
        err.print(f"{folder / 'report.html'}, {folder / 'comparison.json'}", highlight=False)


def _expressions(wanted: str) -> tuple[Expression, ...]:
    if wanted in ("five", "eight"):
        return FIVE if wanted == "five" else EXPRESSIONS
    names = [name.strip() for name in wanted.split(",")]
    if len(set(names)) < 2 or not set(names) <= set(EXPRESSIONS):
        raise ConfigError(f"--expressions: expected five, eight, or two or more of {', '.join(EXPRESSIONS)}; got {wanted!r}")
    return tuple(name for name in EXPRESSIONS if name in names)


def _write(material: "Material", methods: list[str], comparison: "Comparison", folder: Path, seed: int) -> None:
    from mien.evaluation.comparison_report import render
    from mien.training.comparing import drawings

    page = render(comparison, material.crops, drawings(material, methods, folder, seed=seed))
    with replacing(folder / "report.html") as partial_file:
        partial_file.write_text(page, encoding="utf-8")
    with replacing(folder / "comparison.json") as partial_file:
        partial_file.write_text(json.dumps(comparison.to_json(), indent=1) + "\n", encoding="utf-8")


def _table(comparison: "Comparison") -> Table:
    figures = comparison.to_json()
    table = Table(title=f"{comparison.rule}, n = {figures['n']:,}", title_justify="left", box=SIMPLE_HEAD)
    for column in ("method", "right (95 % interval)", "macro recall", "training", "how"):
        table.add_column(column)
    for name, told in figures["methods"].items():
        low, high = told["interval"]
        seconds = "" if told["training_seconds"] is None else f"{told['training_seconds']:.1f} s"
        accuracy = f"[bold]{told['accuracy']:.1%}[/bold] ({low:.1%} to {high:.1%})"
        table.add_row(name, accuracy, f"{told['macro_recall']:.1%}", seconds, told["how"])
    table.add_row("always the most frequent", f"{figures['always_most_frequent']:.1%}")
    for test in figures["mcnemar"]:
        table.add_row(" / ".join(test["methods"]), f"McNemar p = {test['p']:.2g}")
    return table
