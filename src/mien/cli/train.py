"""`mien train`: networks from data."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from mien.cli.console import INTERRUPTED, advancing, complain, err, needs_train_extra, out, progress_bar
from mien.cli.options import Model
from mien.errors import ConfigError
from mien.models.catalog import DEFAULT_MODEL
from mien.models.contract import ModelContract, Preparation

if TYPE_CHECKING:
    from rich.progress import TaskID

    from mien.datasets.split import Progress
    from mien.nn import History
    from mien.training.checkpoint import EpochLog
    from mien.training.loop import Step
    from mien.training.running import Listener

app = typer.Typer(help="Train networks; those of hours resume where they were stopped.", no_args_is_help=True)

_Seed = Annotated[int, typer.Option(min=0, help="Of everything random; the same seed gives the same network.")]
_Epochs = Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's own.")]
_SaveEvery = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Between checkpoints within an epoch.")]
_Threads = Annotated[int | None, typer.Option(min=1, help="Of torch; by default one a core.")]
_Device = Annotated[str, typer.Option(help="cpu or cuda.")]
_BeginWith = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Begin with the weights in this checkpoint.pt of another run, of a narrower network too, or with this model's.",
    ),
]
_SAVE_EVERY: Final = 60.0
Output = Literal["softmax", "sigmoid"]
Outputs = Literal["bits", "classes"]


@app.callback()
def _train() -> None:
    pass


@app.command("expression")
def expression(
    data: Annotated[Path, typer.Option(metavar="DIR", help="FER+, as folders or as the pair of CSV files.")],
    architecture: Annotated[
        str | None, typer.Option(help="Train this architecture by the recipe of its own name, e.g. seed.")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="Train by this recipe, e.g. seed or seed-votes.")] = None,
    run: Annotated[Path | None, typer.Option(metavar="DIR", help="The run's folder; by default runs/RECIPE.")] = None,
    seed: _Seed = 0,
    epochs: _Epochs = None,
    save_every: _SaveEvery = _SAVE_EVERY,
    threads: _Threads = None,
    device: _Device = "cpu",
    begin_with: _BeginWith = None,
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Compute in 16 bits: faster on processors made for it (avx512_bf16, amx_bf16).")
    ] = False,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="Learn from what this network says too, in a recipe that is taught; may be repeated."
        ),
    ] = None,
) -> None:
    """Train an expression network on the votes of FER+.

    The folder of the run gets checkpoint.pt, log.json, curves.png, tensorboard/ and, in the end, the ONNX file with
    its contract and its model card. Kill it at any moment, within an epoch too, and the same command goes on where
    it was: on the same processor, with the same threads, towards the very same weights.

    [bold]mien train expression --architecture seed --data ferplus/[/bold]
    Several processes, on several machines too, share each batch; all must see the run's folder:
    [bold]torchrun --standalone --nproc-per-node 2 -m -- mien.cli.main train expression --recipe mien --data ferplus/[/bold]
    """
    with needs_train_extra("training"):
        from mien.training.expression import train_expression
        from mien.training.recipes import RECIPES
        from mien.training.running import Settings
    name = recipe or architecture
    if name not in RECIPES or architecture not in (None, RECIPES[name].architecture):
        known = ", ".join(f"{key} (architecture {value.architecture})" for key, value in RECIPES.items())
        raise ConfigError(f"expected a --recipe, or an --architecture that has a recipe of its name; there are: {known}")
    settings = Settings(seed, epochs, threads, device, save_every, begin_with, bfloat16)
    folder = run or Path("runs") / name
    with _followed(folder, epochs or RECIPES[name].epochs, "accuracy") as listener:
        done = train_expression(data, name, folder, settings=settings, listener=listener, teachers=teacher or ())
    if done:
        _tell(*done)


@app.command("int8")
def int8(
    data: Annotated[Path, typer.Option(metavar="DIR", help="FER+, as folders or as the pair of CSV files.")],
    model: Model = DEFAULT_MODEL,
    run: Annotated[Path, typer.Option(metavar="DIR", help="Where it goes.")] = Path("runs/int8"),
) -> None:
    """Turn a trained expression network into one of 8 bits, measured anew: less than half its size.

    [bold]mien train int8 --model seed --data ferplus/[/bold]
    """
    with needs_train_extra("quantization"):
        from mien.training.quantization import quantize_expression
    with progress_bar() as bar:
        done = quantize_expression(model, data, run, progress=advancing(bar, "reading"))
    _tell(*done)


@app.command("detector")
def detector(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Photos with marked faces: images/ and labels.csv.")],
    expressive: Annotated[Path | None, typer.Option(metavar="DIR", help="FER+, whose faces go into the scenes too.")] = None,
    run: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder.")] = Path("runs/detector"),
    seed: _Seed = 0,
    epochs: _Epochs = None,
    save_every: _SaveEvery = _SAVE_EVERY,
    threads: _Threads = None,
    device: _Device = "cpu",
    begin_with: _BeginWith = None,
) -> None:
    """Train the face detector on scenes composed from photos; it resumes as `mien train expression` does.

    [bold]mien train detector --data facedet/ --expressive ferplus/[/bold]
    """
    with needs_train_extra("training"):
        from mien.training.detector import train_detector
        from mien.training.recipes import DETECTOR_RECIPE
        from mien.training.running import Settings
    settings = Settings(seed, epochs, threads, device, save_every, begin_with)
    with _followed(run, epochs or DETECTOR_RECIPE.epochs, "average precision") as listener:
        done = train_detector(data, run, expressive=expressive, settings=settings, listener=listener)
    if done:
        _tell(*done)


@app.command("characters")
def characters(
    image: Annotated[Path | None, typer.Option(metavar="FILE", help="A picture of the characters to learn.")] = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="The same characters in UTF-8, line by line.")] = None,
    fonts: Annotated[int | None, typer.Option(min=1, help="Learn from so many installed fonts instead.")] = None,
    alphabet: Annotated[str | None, typer.Option(help="What to learn from fonts; by default the seed's 71.")] = None,
    outputs: Annotated[Outputs, typer.Option(help="16 bits as in the seed, or one output a character.")] = "bits",
    geometry: Annotated[bool, typer.Option("--geometry", help="Four inputs more: aspect, height, top, bottom.")] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=1e-6, help="At first; it falls to 0.")] = None,
    slope: Annotated[float, typer.Option(min=0.01, help="Of the bipolar sigmoids.")] = 2.0,
    epsilon: Annotated[float, typer.Option(min=0, help="Stop when the mean loss is below this.")] = 0.0,
    copies: Annotated[int, typer.Option(min=0, help="Worse copies of each picture, to learn from too.")] = 3,
    run: Annotated[Path, typer.Option(metavar="DIR", help="Where it goes.")] = Path("runs/characters"),
    seed: _Seed = 0,
) -> None:
    """Train the seed's perceptron to read characters: from a picture and its text, or from fonts. Seconds, no torch.

    [bold]mien train characters --image chars.bmp --text chars.txt[/bold]   as the seed does it
    [bold]mien train characters --fonts 20 --geometry --outputs classes[/bold]   as the shipped one
    """
    with needs_train_extra("training"):
        from mien.datasets.characters import SEED_CHARACTERS
        from mien.training.characters import recipe_for, train_on_fonts, train_on_picture
    if (image is None) != (text is None) or (image is None) == (fonts is None):
        raise ConfigError("expected either --image with --text, or --fonts")
    recipe = recipe_for(
        outputs,
        fonts=fonts,
        epochs=epochs,
        learning_rate=learning_rate,
        geometry=geometry,
        slope=slope,
        epsilon=epsilon,
        copies=copies,
    )
    with progress_bar() as bar:
        training = bar.add_task("training", total=recipe.epochs)

        def follow(history: "History") -> None:
            bar.update(training, completed=history.epochs, description=f"training, loss {history.train[-1]:.4f}")

        if image and text:
            done = train_on_picture(image, text, recipe, run, seed=seed, on_epoch=follow)
        else:
            done = train_on_fonts(alphabet or SEED_CHARACTERS, fonts or 1, recipe, run, seed=seed, on_epoch=follow)
    _tell(*done)


@app.command("lines")
def lines(
    run: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder.")] = Path("runs/lines"),
    seed: _Seed = 0,
    epochs: _Epochs = None,
    save_every: _SaveEvery = _SAVE_EVERY,
    threads: _Threads = None,
    device: _Device = "cpu",
    begin_with: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Begin with the weights in this checkpoint.pt of another run.")
    ] = None,
) -> None:
    """Train the line reader of `mien read` on lines printed in the fonts of this machine; resumes as the others do.

    The fonts and texts on Debian: apt-get install fonts-lmodern fonts-cmu fonts-texgyre fonts-mplus fonts-noto-core
    fonts-liberation2 fonts-croscore fonts-freefont-ttf fonts-freefont-otf fonts-dejavu-extra fonts-roboto
    fonts-open-sans fonts-ebgaramond fonts-inter fonts-sil-gentiumplus fonts-sil-charis hunspell-vi hunspell-en-us
    installation-guide-amd64 libreoffice-help-vi libreoffice-help-en-us
    """
    with needs_train_extra("training"):
        from mien.training.lines import train_lines
        from mien.training.recipes import LINE_RECIPE
        from mien.training.running import Settings
    settings = Settings(seed, epochs, threads, device, save_every, begin_with)
    with _followed(run, epochs or LINE_RECIPE.epochs, "characters right") as listener:
        done = train_lines(run, settings=settings, listener=listener)
    if done:
        _tell(*done)


@app.command("eigenfaces")
def eigenfaces(
    data: Annotated[Path, typer.Option(metavar="DIR", help="FER+, as folders or as the pair of CSV files.")],
    method: Annotated[str, typer.Option(help="eigenface-perceptron or eigenface-tree.")] = "eigenface-perceptron",
    components: Annotated[
        float | None, typer.Option(min=0.01, help="How many, or below 1 the share of the variance that they explain.")
    ] = None,
    preparation: Annotated[
        Preparation | None, typer.Option(help="Of each crop: equalize its histogram, or standardize to mean 0, deviation 1.")
    ] = None,
    output: Annotated[
        Output | None, typer.Option(help="The perceptron's: softmax with cross-entropy, or sigmoid with squared error.")
    ] = None,
    run: Annotated[Path | None, typer.Option(metavar="DIR", help="Where it goes; by default runs/METHOD.")] = None,
    seed: _Seed = 0,
    epochs: _Epochs = None,
) -> None:
    """Train a classical reader on FER+: eigenfaces with a perceptron or with a decision tree. Minutes, no torch.

    [bold]mien train eigenfaces --data ferplus/ --method eigenface-tree[/bold]
    """
    with needs_train_extra("training"):
        from mien.training.classical import recipe_for, train_eigenfaces
    recipe = recipe_for(method, components=components, preparation=preparation, output=output, epochs=epochs)
    with progress_bar() as bar:
        on_read = advancing(bar, "reading")
        training = bar.add_task("components, then training", total=getattr(recipe, "epochs", None))
        path, contract = train_eigenfaces(
            data,
            recipe,
            method,
            run or Path("runs") / method,
            seed=seed,
            on_read=on_read,
            on_epoch=lambda history: bar.update(training, completed=history.epochs),
        )
    _tell(path, contract)


def _tell(path: Path, contract: ModelContract) -> None:
    out.print(f"[bold]{path}[/bold], {contract.parameters:,} parameters")
    for line in contract.measured():
        out.print(line, highlight=False)


@contextmanager
def _followed(folder: Path, epochs: int, score: str) -> Iterator["Listener"]:
    """Shows bars and a line an epoch; on Ctrl-C says that nothing is lost."""
    from mien.training.running import Listener

    with progress_bar() as bar:
        reading, showing, training, stepping = (
            bar.add_task(text, total=None, visible=False) for text in ("reading", "copies for teachers", "epochs", "epoch")
        )

        def beforehand(task: "TaskID") -> "Progress":
            return lambda done, total: bar.update(task, completed=done, total=total, visible=done < total)

        def on_step(step: "Step") -> None:
            bar.update(training, completed=step.epoch - 1, total=epochs, visible=True)
            description = f"epoch {step.epoch}, loss {step.loss:.3f}"
            bar.update(stepping, completed=step.number, total=step.total, visible=True, description=description)

        def on_epoch(log: "EpochLog") -> None:
            err.print(
                f"epoch {log.epoch:3}  loss {log.train_loss:.4f}  validation: loss {log.valid_loss:.4f}, "
                f"{score} {log.valid_score:.2%}  ({log.seconds:.0f} s)",
                highlight=False,
            )

        try:
            yield Listener(beforehand(reading), on_step, on_epoch, beforehand(showing))
        except KeyboardInterrupt:
            complain(f"stopped; all of it is in {folder}, and the same command goes on from there")
            raise typer.Exit(INTERRUPTED) from None
