"""What the tests share: the demo picture, and a miniature FER+ in the layout of its authors."""

import csv
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from PIL import Image

REPOSITORY = Path(__file__).parent.parent
DEMO = REPOSITORY / "examples" / "astronaut.png"
SHARED = REPOSITORY.parent / "shared"

# A test that takes long on a busy machine has not failed.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def demo() -> Path:
    return DEMO


def pattern(expression: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A 48x48 picture that says its class by where it is bright, with noise."""
    crop = rng.integers(0, 90, (48, 48))
    row, column = divmod(expression, 3)
    crop[16 * row : 16 * row + 16, 16 * column : 16 * column + 16] += 150
    return crop.astype(np.uint8)


def write_split(folder: Path, first_row: int, count: int, rng: np.random.Generator) -> None:
    """``count`` pictures, classes in turn, eight votes for the class and two for the next."""
    folder.mkdir(parents=True)
    with (folder / "label.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        for i in range(count):
            votes = [0] * 10
            votes[i % 8], votes[(i + 1) % 8] = 8, 2
            name = f"fer{first_row + i:07d}.png"
            Image.fromarray(pattern(i % 8, rng)).save(folder / name)
            writer.writerow([name, "(0, 0, 48, 48)", *votes])


@pytest.fixture(scope="session")
def real_ferplus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test split of the real FER+; skips where it is not at hand."""
    archive = SHARED / "data" / "ferplus.tar.gz"
    if not archive.exists():
        pytest.skip("the real FER+ is not at hand")
    root = tmp_path_factory.mktemp("real-ferplus")
    with tarfile.open(archive) as file:
        file.extractall(root, (member for member in file if "FER2013Test/" in member.name), filter="data")
    return root


@pytest.fixture(scope="session")
def small_ferplus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 training, 16 validation and 16 test pictures; the first training picture is also the first test picture."""
    root = tmp_path_factory.mktemp("ferplus")
    rng = np.random.default_rng(0)
    write_split(root / "data" / "FER2013Train", 0, 64, rng)
    write_split(root / "data" / "FER2013Valid", 1000, 16, rng)
    write_split(root / "data" / "FER2013Test", 2000, 16, rng)
    copied = (root / "data" / "FER2013Test" / "fer0002000.png").read_bytes()
    (root / "data" / "FER2013Train" / "fer0000000.png").write_bytes(copied)
    return root
