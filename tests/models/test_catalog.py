import hashlib
from pathlib import Path

import pytest

from mien.errors import ModelError
from mien.models import catalog
from mien.models.catalog import CATALOG, DEFAULT_MODEL, read_model


@pytest.mark.parametrize("name", CATALOG)
def test_each_shipped_file_has_its_hash_and_its_card(name: str) -> None:
    entry = CATALOG[name]
    assert hashlib.sha256(read_model(name)).hexdigest() == entry.sha256
    for heading in ("## Data", "## Limits", "## Intended use", "## Not for"):
        assert heading in entry.card
    assert "## Accuracy" in entry.card or "## Measured" in entry.card


def test_the_default_is_shipped() -> None:
    assert DEFAULT_MODEL in CATALOG


def test_a_damaged_shipped_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray(read_model(DEFAULT_MODEL))
    damaged[1000] ^= 1
    (tmp_path / CATALOG[DEFAULT_MODEL].file).write_bytes(damaged)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match="not the one that was shipped"):
        read_model(DEFAULT_MODEL)
