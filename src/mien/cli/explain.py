"""`mien explain`: one step of back-propagation with every number."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mien.cli.console import out
from mien.errors import ConfigError
from mien.explain import html, latex, terminal
from mien.explain.example import make_example, seed_example
from mien.files import replacing

Number = TypeVar("Number", int, float)


def explain(
    context: typer.Context,
    layers: Annotated[str | None, typer.Option(metavar="N,N,...", help="Units of a network of your own, inputs first.")] = None,
    activation: Annotated[str, typer.Option(help="sigmoid, bipolar, tanh or relu.")] = "sigmoid",
    loss: Annotated[str, typer.Option(help="squared-error, binary-cross-entropy or cross-entropy.")] = "squared-error",
    optimizer: Annotated[str, typer.Option(help="sgd, momentum, nesterov, rmsprop or adam.")] = "sgd",
    rate: Annotated[float, typer.Option(min=0, help="The learning rate.")] = 0.5,
    x: Annotated[str | None, typer.Option("--x", metavar="X,X,...", help="The pattern; by default drawn.")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="Y,Y,...", help="Its target; by default 1,0,...")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the weights and whatever else is drawn.")] = 0,
    html_to: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to step through.")] = None,
    latex_to: Annotated[Path | None, typer.Option("--latex", metavar="FILE", help="Write a LaTeX document.")] = None,
    optimizers: Annotated[
        bool, typer.Option("--optimizers", help="Draw five optimizers in one valley: optimizers.png.")
    ] = False,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Draw XOR and two spirals being learnt: decisions.png.")
    ] = False,
    out_dir: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the pictures go.")] = Path(),
) -> None:
    """Walk one training step of a small network and show every number: sums, activations, error, deltas, updates.

    Without --layers it is the example of the source document, completed and computed correctly, with its mistakes named.

    [bold]mien explain[/bold]
    [bold]mien explain --html step.html[/bold]   a page with a slider for the learning rate
    [bold]mien explain --layers 3,4,2 --activation tanh --loss cross-entropy --optimizer adam --x 1,0,-1 --y 0,1[/bold]
    """
    sources = {name: context.get_parameter_source(name) for name in context.params}
    asked = [name for name, source in sources.items() if source is not None and source.name != "DEFAULT"]
    given = {name.removesuffix("_to").removesuffix("_dir") for name in asked}
    if optimizers or decisions:
        _refuse(given - {"optimizers", "decisions", "out"}, "does not go with --optimizers and --decisions")
        _draw(out_dir / "optimizers.png" if optimizers else None, out_dir / "decisions.png" if decisions else None)
        return
    _refuse(given & {"out"}, "goes with --optimizers and --decisions only")
    if layers is None:
        _refuse(given & {"activation", "loss", "x", "y", "seed"}, "goes with --layers only, e.g. --layers 2,3,1")
        example = seed_example(rate, optimizer)
    else:
        example = make_example(
            _numbers("--layers", layers, int),
            activation=activation,
            loss=loss,
            optimizer=optimizer,
            rate=rate,
            x=_numbers("--x", x, float) if x else None,
            y=_numbers("--y", y, float) if y else None,
            seed=seed,
        )
    for path, text in ((html_to, html.render), (latex_to, latex.render)):
        if path:
            with replacing(path) as partial:
                partial.write_text(text(example), encoding="utf-8")
            out.print(f"[bold]{path}[/bold]")
    if not (html_to or latex_to):
        for part in terminal.render(example):
            out.print(part)


def _draw(optimizers_to: Path | None, decisions_to: Path | None) -> None:
    from mien.explain import plots

    for path, plot in ((optimizers_to, plots.plot_optimizers), (decisions_to, plots.plot_decisions)):
        if path:
            plot(path)
            out.print(f"[bold]{path}[/bold]")


def _refuse(options: set[str], why: str) -> None:
    if options:
        raise ConfigError(f"{', '.join('--' + name for name in sorted(options))} {why}")


def _numbers(option: str, text: str, kind: type[Number]) -> list[Number]:
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"{option}: expected numbers with commas between them, e.g. 3,4,2; got {text!r}") from None
