"""What the commands share: where they print, their exit codes, their progress bar."""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from mien import pictures
from mien.errors import ConfigError, PictureError
from mien.pictures import PictureSource

SOME_FAILED: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130

out = Console()
err = Console(stderr=True)


def complain(message: str) -> None:
    """One line on standard error, in the program's name."""
    err.print("[bold red]mien:[/bold red]", Text(message), highlight=False, soft_wrap=True)


class NewFiles:
    """Paths in a folder for what is drawn of sources: equal names get a number, and no source is ever replaced."""

    def __init__(self, folder: Path, sources: Sequence[PictureSource]) -> None:
        """
        Raises:
            OSError: the folder cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._used = folder, set[str]()
        self._sources = {source.resolve() for source in sources if isinstance(source, Path)}

    def path(self, stem: str, ending: str) -> Path:
        """A path of that name that was not given before.

        Raises:
            PictureError: a source lies there.
        """
        names = (f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for number in count(1))
        name = next(name for name in names if name not in self._used)
        self._used.add(name)
        path = self._folder / name
        if path.resolve() in self._sources:
            raise PictureError(f"{path}: the drawing would replace a picture; choose another folder")
        return path


def sources_of(
    paths: Sequence[str], outside: Sequence[Path], endings: frozenset[str] = pictures.ENDINGS
) -> list[PictureSource]:
    """What the arguments name: files, folders, globs, ``-`` for standard input; nothing in the folders ``outside``.

    Raises:
        ConfigError: standard input is closed.
    """
    sources: list[PictureSource] = []
    for path in paths:
        if path != "-":
            sources += pictures.find([path], outside=outside, endings=endings)
        elif sys.stdin is None:
            raise ConfigError("-: standard input is closed; pipe a picture in")
        else:
            sources.append(sys.stdin.buffer)
    return sources


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


def advancing(bar: Progress, description: str) -> Callable[[int, int], None]:
    """One more line of the bar, and what moves it: called with how much is done and of how much."""
    task = bar.add_task(description, total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)
