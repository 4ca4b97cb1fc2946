import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from mien.errors import ConfigError
from mien.tables import ArffTable, Columns, CsvTable, parquet_table

COLUMNS: Columns = {"name": str, "n": int, "share": float}
ROWS = [{"name": 'a, "b"\n', "n": 1, "share": 0.1}, {"name": "ộ", "n": None, "share": None}]


def test_csv_quotes_and_leaves_missing_cells_empty() -> None:
    stream = io.StringIO()
    table = CsvTable(stream, COLUMNS)
    for row in ROWS:
        table.write(row)
    assert stream.getvalue() == 'name,n,share\n"a, ""b""\n",1,0.1\nộ,,\n'


def test_parquet_gives_the_rows_back_over_many_row_groups(tmp_path: Path) -> None:
    rows = [{"name": f"row {i}", "n": i, "share": i / 7 if i % 2 else None} for i in range(9000)]
    with parquet_table(tmp_path / "t.parquet", COLUMNS) as table:
        for row in rows:
            table.write(row)
    read = parquet.ParquetFile(tmp_path / "t.parquet")
    assert read.num_row_groups == 3
    assert read.read().to_pylist() == rows


def test_columns_of_nothing_keep_their_type(tmp_path: Path) -> None:
    with parquet_table(tmp_path / "t.parquet", COLUMNS) as table:
        table.write(dict.fromkeys(COLUMNS))
    assert [str(field.type) for field in parquet.read_schema(tmp_path / "t.parquet")] == ["string", "int64", "double"]


@given(
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1, unique=True),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
)
def test_arff_gives_numbers_back_and_quotes_any_name(names: list[str], numbers: list[float]) -> None:
    stream = io.StringIO()
    columns: Columns = {"x": float, "label": str}
    table = ArffTable(stream, "a relation", columns, {"label": names})
    for number in numbers:
        table.write({"x": number, "label": names[0]})
    lines = stream.getvalue().split("@data\n")[1].splitlines()
    assert [float(line.split(",", 1)[0]) for line in lines] == numbers
    assert len({line.split(",", 1)[1] for line in lines}) == 1


def test_arff_marks_missing_cells() -> None:
    stream = io.StringIO()
    table = ArffTable(stream, "r", {"x": float, "label": str}, {"label": ["it's", "b"]})
    table.write({"x": None, "label": "it's"})
    assert stream.getvalue() == ("@relation r\n\n@attribute x numeric\n@attribute label {'it\\'s',b}\n\n@data\n?,'it\\'s'\n")


def test_an_interrupted_table_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), parquet_table(tmp_path / "t.parquet", COLUMNS) as table:
        table.write(ROWS[0])
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install 'mien\[parquet\]'"), parquet_table(tmp_path / "t.parquet", COLUMNS):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OSError, match=r"File exists|Not a directory"),
        parquet_table(tmp_path / "file" / "t.parquet", COLUMNS),
    ):
        pass
