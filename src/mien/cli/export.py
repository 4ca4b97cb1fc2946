"""`mien export`: features and labels, for those who compare in other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mien.cli.console import advancing, err, needs_train_extra, progress_bar
from mien.datasets.registry import DATASETS, FERPLUS
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.detector import DEFAULT_DETECTOR
from mien.faces.expressions import EXPRESSIONS
from mien.files import replacing
from mien.models.contract import Preparation
from mien.tables import ArffTable, Columns

Features = Literal["eigenfaces", "pixels"]


def export(
    data: Annotated[Path, typer.Option(metavar="DIR", help="The data set's folder.")],
    arff: Annotated[Path, typer.Option(metavar="FILE", help="For Weka: features and the label, one row a picture.")],
    dataset: Annotated[str, typer.Option(help=f"One of {', '.join(DATASETS)}.")] = FERPLUS,
    features: Annotated[Features, typer.Option(help="Coefficients of principal components, or the greys themselves.")] = (
        "eigenfaces"
    ),
    components: Annotated[
        float, typer.Option(min=0.01, help="How many, or below 1 the share of the variance that they explain.")
    ] = 50,
    preparation: Annotated[Preparation, typer.Option(help="Of each crop.")] = "equalize",
    protocol: Annotated[str, typer.Option(help=f"Of FER+: one of {', '.join(PROTOCOLS)}.")] = "ferplus-8",
    detector: Annotated[str, typer.Option(help="What finds the faces in whole pictures.")] = DEFAULT_DETECTOR,
) -> None:
    """Write features and labels as ARFF, to compare in Weka.

    Of FER+ it writes the test pictures, with eigenfaces of the training pictures; of any other data set every picture,
    with eigenfaces of all.

    [bold]mien export --data jaffe/ --dataset jaffe --arff jaffe.arff[/bold]
    """
    with needs_train_extra("exporting"):
        from mien.training.eigenfaces import WHOLE, Eigenfaces, prepared
        from mien.training.material import read_material
    with progress_bar() as bar:
        material = read_material(
            data,
            dataset,
            protocol=protocol,
            expressions=EXPRESSIONS,
            detector=detector,
            seed=0,
            progress=advancing(bar, "reading"),
        )
        bar.add_task("features", total=None)
        if features == "eigenfaces":
            eigenfaces = Eigenfaces.fit(material.to_learn, [(WHOLE, components)], preparation)
            rows, name = eigenfaces.project(material.crops), "component"
        else:
            rows, name = prepared(material.crops, preparation), "pixel"
        columns: Columns = {f"{name}_{i}": float for i in range(1, rows.shape[1] + 1)} | {"expression": str}
        with replacing(arff) as partial, partial.open("w", encoding="utf-8") as stream:
            table = ArffTable(stream, f"mien {dataset}", columns, {"expression": EXPRESSIONS})
            for row, label in zip(rows.tolist(), material.labels, strict=True):
                table.write(dict(zip(columns, [*row, EXPRESSIONS[label]], strict=True)))
    err.print(f"{arff}: {len(rows):,} rows of {rows.shape[1]} features", highlight=False)
