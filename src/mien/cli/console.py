"""What the commands share: where they print, their exit codes, their progress bar."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from mien.errors import ConfigError

SOME_FAILED: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130

out = Console()
err = Console(stderr=True)


def complain(message: str) -> None:
    """One line on standard error, in the program's name."""
    err.print("[bold red]mien:[/bold red]", Text(message), highlight=False, soft_wrap=True)


def print_json_line(value: Any) -> None:
    """One JSON object on one line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


@contextmanager
def needs_train_extra(what: str) -> Iterator[None]:
    """Around imports of what only the `train` extra brings.

    Ctrl-C meanwhile ends the process silently: torch's C++ start-up calls abort() when a KeyboardInterrupt falls into it.

    Raises:
        ConfigError: it is not installed.
    """
    previous = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, previous if previous == signal.SIG_IGN else signal.SIG_DFL)
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigError(f"{what} needs {error.name}, which is not installed: pip install 'mien[train]'") from None
    finally:
        signal.signal(signal.SIGINT, previous)


def progress_bar() -> Progress:
    """A bar on standard error that goes away when done, and that only a terminal sees."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
