"""`mien read`: pages -> text."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
import typer

from mien import __version__, pictures
from mien.cli.console import SOME_FAILED, NewFiles, complain, print_json_line, progress_bar, sources_of
from mien.errors import ConfigError, PictureError
from mien.files import replacing
from mien.models.catalog import LINE_READER
from mien.pictures import Picture, PictureSource
from mien.text.drawing import annotate, segmentation
from mien.text.hocr import hocr
from mien.text.pdf import compressed, is_pdf, pages, write_searchable
from mien.text.perceptron import Perceptron
from mien.text.reader import TextReader, layout
from mien.text.result import PageText

Encoding = Literal["utf-8", "utf-16"]
Page = tuple[str, bytes, PageText]
"""A page's name, its picture as a PDF will hold it (nothing where none is written), its text."""

_FORM_FEED: Final = "\f"


def read(
    paths: Annotated[
        list[str], typer.Argument(help="Pictures, PDF files, folders, globs, or - for standard input.", metavar="PATH...")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write there: .txt, .json, .hocr, .html (hOCR too), .pdf."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page and line: lines, words, boxes.")] = False,
    annotate_to: Annotated[
        Path | None, typer.Option("--annotate", metavar="DIR", help="Write copies with lines and words marked there.")
    ] = None,
    show: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With a character reader: pictures of its boxes, grids and guesses.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="A shipped reader (mien-lines, or perceptron as the seed has it), or a model file.")
    ] = LINE_READER,
    language: Annotated[
        bool,
        typer.Option(help="Let spelling decide where letters leave a doubt; not for keys and other languages."),
    ] = True,
    rounding: Annotated[
        bool, typer.Option("--rounding", help="With a character reader of 16 bits: their signs, as the seed reads them.")
    ] = False,
    encoding: Annotated[Encoding, typer.Option(help="Of a .txt file.")] = "utf-8",
) -> None:
    """Read printed text, English and Vietnamese, from pictures and PDF pages.

    What cannot be read is reported and the rest is done.
    Exit code: 0 all read, 1 some failed, 2 wrong use.

    [bold]mien read page.png[/bold]   to the terminal
    [bold]mien read scans/ -o book.pdf[/bold]   a PDF that can be searched
    [bold]mien read --model perceptron page.bmp -o out.txt[/bold]   character by character, as the seed does it
    """
    write = _writer(output, encoding) if output else None
    reader = TextReader(model, language=language, rounding=rounding)
    if show and not isinstance(reader.reader, Perceptron):
        raise ConfigError(f"--show draws how a character reader sees a page, and {model} is none; try --model perceptron")
    if not language and isinstance(reader.reader, Perceptron):
        raise ConfigError(f"--no-language is for line readers: {model} reads each character by itself")
    outside = [folder for folder in (annotate_to, show) if folder]
    sources = sources_of(paths, outside, pictures.ENDINGS | {".pdf"})
    if output and output.resolve() in {source.resolve() for source in sources if isinstance(source, Path)}:
        raise ConfigError(f"{output}: would replace what is read; choose another name")
    drawn = _Drawn(annotate_to, show, sources, reader)
    read, failed = list[Page](), 0
    with progress_bar() as bar:
        for source in bar.track(sources, description="reading"):
            try:
                for name, picture in _pictures(source):
                    page = reader.read_picture(picture)
                    drawn.save(name, picture, page)
                    if as_json:
                        print_json_line({"source": name} | page.to_json())
                    elif not output:
                        sys.stdout.write((_FORM_FEED if read else "") + page.text + "\n")
                    read.append((name, compressed(picture) if output and output.suffix == ".pdf" else b"", page))
            except PictureError as error:
                failed += 1
                complain(str(error))
    if write and read:
        write(read)
    if failed:
        complain(f"{failed} of {len(sources)} could not be done")
        raise typer.Exit(SOME_FAILED)


def _pictures(source: PictureSource) -> Iterator[tuple[str, Picture]]:
    """The picture of a source, or the pages of a PDF, each with its name."""
    name = pictures.describe(source)
    if isinstance(source, Path) and is_pdf(source):
        for number, page in enumerate(pages(source), start=1):
            yield f"{name}, page {number}", page
    else:
        yield name, pictures.load(source)


def _writer(output: Path, encoding: Encoding) -> Callable[[Sequence[Page]], None]:
    """What writes the format of the path's ending.

    Raises:
        ConfigError: an ending that is none of them.
    """
    writers: dict[str, Callable[[Sequence[Page]], None]] = {
        ".txt": partial(_write_text, output, encoding),
        ".json": partial(_write_json, output),
        ".hocr": partial(_write_hocr, output),
        ".html": partial(_write_hocr, output),
        ".pdf": lambda read: write_searchable([(jpeg, page) for _, jpeg, page in read], output),
    }
    if output.suffix not in writers:
        raise ConfigError(f"{output}: cannot write {output.suffix or 'a name without ending'}; use one of {', '.join(writers)}")
    return writers[output.suffix]


def _write_text(output: Path, encoding: Encoding, read: Sequence[Page]) -> None:
    with replacing(output) as partial_file:
        partial_file.write_text(_FORM_FEED.join(page.text + "\n" for _, _, page in read), encoding=encoding)


def _write_json(output: Path, read: Sequence[Page]) -> None:
    import json

    with replacing(output) as partial_file:
        pages = [{"source": name} | page.to_json() for name, _, page in read]
        partial_file.write_text(json.dumps(pages, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_hocr(output: Path, read: Sequence[Page]) -> None:
    with replacing(output) as partial_file:
        partial_file.write_text(hocr([(name, page) for name, _, page in read], f"mien {__version__}"), encoding="utf-8")


class _Drawn:
    """Writes the drawings of each page into their folders, under the page's name."""

    def __init__(
        self, annotate_to: Path | None, show: Path | None, sources: Sequence[PictureSource], reader: TextReader
    ) -> None:
        self._annotated, self._shown = (NewFiles(folder, sources) if folder else None for folder in (annotate_to, show))
        self._reader = reader

    def save(self, name: str, picture: Picture, page: PageText) -> None:
        """
        Raises:
            PictureError: a drawing cannot be written.
        """
        stem = Path(name).stem if name != pictures.STDIN else "page"
        if self._annotated:
            pictures.save(annotate(picture, page), self._annotated.path(stem, ".png"))
        if self._shown and isinstance(self._reader.reader, Perceptron):
            grey = np.asarray(picture.mean(axis=2), np.uint8)
            drawing = segmentation(layout(grey), self._reader.reader, rounding=self._reader.rounding)
            pictures.save(drawing, self._shown.path(stem, ".png"))
