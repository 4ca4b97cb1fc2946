"""Matplotlib figures, without pyplot's global state. Needs the extra [plot]."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import ConfigError
from mien.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of that many inches.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ConfigError("plots need matplotlib, which is not installed: pip install 'mien[plot]'") from None
    return Figure(figsize=(width, height), layout="constrained")


def png_bytes(figure: "Figure") -> bytes:
    """The figure as PNG."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return stream.getvalue()


def save_figure(figure: "Figure", path: Path) -> None:
    """Writes the figure as PNG, whole or not at all."""
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=130)
