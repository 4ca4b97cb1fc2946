"""Results as tables: CSV, JSON lines and ARFF to any stream, Parquet to a file; and rows back from the first two."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TextIO

from mien.errors import ConfigError
from mien.files import replacing

Cell = str | float | int | None
Row = Mapping[str, Cell]
Columns = Mapping[str, type]
"""Name -> str, int or float, in order; every cell may be None."""

_ROW_GROUP: Final = 4096


class Table(Protocol):
    """An open table."""

    def write(self, row: Row) -> None:
        """Adds one row; its keys are the columns."""
        ...


class CsvTable:
    """Rows as comma-separated values with a header, unless it stands there already; None is an empty cell."""

    def __init__(self, stream: TextIO, columns: Columns, *, header: bool = True) -> None:
        self._writer = csv.DictWriter(stream, list(columns), lineterminator="\n")
        if header:
            self._writer.writeheader()

    def write(self, row: Row) -> None:
        """Adds one row; its keys are the columns."""
        self._writer.writerow(row)


class JsonLinesTable:
    """Rows as one JSON object a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, row: Row) -> None:
        """Adds one row."""
        self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_csv(stream: TextIO, columns: Columns) -> Iterator[Row]:
    """The rows that ``CsvTable`` wrote to a stream."""
    for row in csv.DictReader(stream):
        yield {name: columns[name](cell) if cell else None for name, cell in row.items()}


def read_json_lines(stream: TextIO) -> Iterator[Row]:
    """The rows that ``JsonLinesTable`` wrote to a stream."""
    return map(json.loads, stream)


class ArffTable:
    """Rows as Weka's ARFF; text columns are nominal, their values given; None is a question mark."""

    def __init__(self, stream: TextIO, relation: str, columns: Columns, nominal: Mapping[str, Sequence[str]]) -> None:
        self._stream, self._columns = stream, list(columns)
        stream.write(f"@relation {_quoted(relation)}\n\n")
        for name, kind in columns.items():
            told = "{" + ",".join(map(_quoted, nominal[name])) + "}" if kind is str else "numeric"
            stream.write(f"@attribute {_quoted(name)} {told}\n")
        stream.write("\n@data\n")

    def write(self, row: Row) -> None:
        """Adds one row; its keys are the columns."""
        self._stream.write(",".join(_arff(row[name]) for name in self._columns) + "\n")


def _arff(cell: Cell) -> str:
    if cell is None:
        return "?"
    return _quoted(cell) if isinstance(cell, str) else repr(cell)


def _quoted(text: str) -> str:
    """ARFF takes plain words bare; all else stands in single quotes."""
    if re.fullmatch(r"[A-Za-z][\w.-]*", text, re.ASCII):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class ParquetTable:
    """Rows as Parquet, a row group every 4,096 rows, so that memory stays bounded. Opened by ``parquet_table``."""

    def __init__(self, path: Path, columns: Columns) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        self._schema: pa.Schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
        self._writer = parquet.ParquetWriter(path, self._schema)
        self._rows: list[Row] = []

    def write(self, row: Row) -> None:
        """Adds one row; its keys are the columns."""
        self._rows.append(row)
        if len(self._rows) == _ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Writes what is left and the file's footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()


def check_parquet() -> None:
    """
    Raises:
        ConfigError: pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigError("Parquet needs pyarrow, which is not installed: pip install 'mien[parquet]'") from None


@contextmanager
def parquet_table(path: Path, columns: Columns) -> Iterator[ParquetTable]:
    """A Parquet file that appears under its name only when it is whole.

    Raises:
        ConfigError: pyarrow is not installed.
        OSError: the file cannot be written.
    """
    check_parquet()
    with replacing(path) as partial:
        table = ParquetTable(partial, columns)
        yield table
        table.close()
