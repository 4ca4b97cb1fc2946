"""The `mien` command: its subcommands by name, and how errors reach the user."""

import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, Final

import typer

from mien import __version__
from mien.cli.console import WRONG_USE, complain
from mien.errors import MienError

app = typer.Typer(
    name="mien",
    help="Reads facial expressions: finds every face in a picture and says what it expresses.\n\n"
    "Start with [bold]mien look photo.jpg[/bold]. Nothing is downloaded, and no picture leaves this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
# In the order of --help. Each is a file of this room, with a function of its name or, of several, an app of its own.
_COMMANDS: Final = ("look", "read", "watch", "batch", "serve", "explain", "models", "compare", "export", "train", "evaluate")


def _add_commands(arguments: Sequence[str]) -> None:
    """Adds the command that is meant, or all: importing all takes longer than many a command does."""
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in (named,) if named in _COMMANDS else _COMMANDS:
        module = import_module(f"mien.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))


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
    """The console script: errors become a line and an exit code, never a traceback."""
    if sys.stdout is None or sys.stderr is None:  # closed by whoever called: there is nobody to tell
        sys.exit(WRONG_USE)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode is no reason to stop
    # Pillow warns about damaged metadata of pictures that it reads all the same.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        _add_commands(sys.argv[1:])
        app()
    except MienError as error:
        complain(str(error))
        sys.exit(WRONG_USE)
    except BrokenPipeError:
        # The reader of our output (`| head`) has had enough; keep Python from complaining while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror or error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(WRONG_USE)


if __name__ == "__main__":
    run()
