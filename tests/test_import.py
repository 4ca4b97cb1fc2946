"""What `import mien` costs and promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mien

HEAVY = ("torch", "matplotlib", "pandas", "ray", "onnxruntime", "cv2", "PIL", "scipy", "sklearn", "typer", "pyarrow")


def test_importing_mien_imports_nothing_heavy() -> None:
    code = f"import sys, mien; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_look_needs_neither_torch_nor_matplotlib() -> None:
    code = "import sys; from mien import look; print([m for m in ('torch', 'matplotlib', 'pandas') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("name", mien.__all__)
def test_every_promised_name_is_there(name: str) -> None:
    assert getattr(mien, name) is not None
    assert name in dir(mien)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lok'"):
        mien.lok  # noqa: B018


def test_reading_a_picture_leaves_nothing_behind_and_reports_to_nobody(demo: Path, tmp_path: Path) -> None:
    places = {name: str(tmp_path) for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    # Some libraries hold back their reports where they see CI; a user's machine is none.
    told = {name: value for name, value in os.environ.items() if "CI" not in name and "TELEMETRY" not in name}
    code = f"from mien import look; assert look({str(demo)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, env=told | places, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
