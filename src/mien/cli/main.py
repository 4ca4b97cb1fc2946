"""The `mien` command: its subcommands by name, and how errors reach the user."""

import os
import sys
import warnings
from typing import Annotated

import typer

from mien import __version__
from mien.cli import evaluate, explain, look, models, train
from mien.cli.console import INTERRUPTED, WRONG_USE, complain
from mien.errors import ConfigError, MienError

app = typer.Typer(
    name="mien",
    help="Reads facial expressions: finds every face in a picture and says what it expresses.\n\n"
    "Start with [bold]mien look photo.jpg[/bold]. Nothing is downloaded, and no picture leaves this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("look")(look.look)
app.command("explain")(explain.explain)
app.command("models")(models.models)
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="evaluate")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"mien {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


def run() -> None:
    """The console script: a MienError becomes a line and an exit code, never a traceback."""
    # Pillow warns about damaged metadata of pictures that it reads all the same.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        app()
    except MienError as error:
        complain(str(error))
        sys.exit(WRONG_USE if isinstance(error, ConfigError) else 1)
    except KeyboardInterrupt:
        complain("stopped")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (`| head`) has had enough; keep Python from complaining while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    run()
