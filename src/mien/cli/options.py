"""Options that several commands have, told once."""

from typing import Annotated

import typer

Model = Annotated[str, typer.Option(help="A shipped network (see `mien models`) or a model file.")]
Detector = Annotated[str, typer.Option(help="What finds the faces: a shipped detector, a detector's file, or haar.")]
MinFace = Annotated[
    float, typer.Option(min=8, metavar="PIXELS", help="The smallest face to be found; 20 takes four times as long as 40.")
]
MinScore = Annotated[float, typer.Option(min=0, max=1, help="Drop faces whose detection score is lower.")]
MinConfidence = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Call a reading unsure whose confidence is lower; by default the model's own measure."),
]
