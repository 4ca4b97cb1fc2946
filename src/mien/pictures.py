"""The one door for picture input and output: decode, orient, guard against hostile files, save."""

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO, Final, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

# Importing a plugin is what registers its format: Pillow knows five by itself, and all only after a slow search.
from PIL import (
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from mien.errors import ConfigError, PictureError
from mien.files import replacing

Picture = NDArray[np.uint8]
"""Decoded image: (height, width, 3), RGB, 0..255, upright."""

PictureSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | NDArray[np.uint8] | Image.Image

# Pillow's name of each format that may be decoded -> the file endings by which a folder's pictures are known.
# Everything else that Pillow could decode stays shut out: each decoder is a way in.
FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),  # several cameras write MPO, a JPEG with more behind it
    "PNG": (".png",),
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
}
ENDINGS: Final = frozenset(ending for endings in FORMATS.values() for ending in endings)

STDIN: Final = "standard input"

# The EXIF tag and, for each of its values, how the stored picture is turned upright (EXIF 2.32, 4.6.4 A).
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture file may cost: bytes as stored, pixels once decoded. Both are checked before decoding."""

    bytes: int = 100_000_000
    pixels: int = 80_000_000


def load(source: PictureSource, *, limits: Limits = Limits(), name: str | None = None) -> Picture:
    """The picture in a file, in encoded bytes, in a binary stream, in an RGB or grey uint8 array, or in a Pillow image.

    EXIF orientation is applied, transparency is laid on white, 16 bits are rounded to 8, an animation gives its first
    frame. ``name`` is what errors call the picture; by default the file's own name.

    Raises:
        PictureError: it is not there, no picture, damaged, or over the limits.
    """
    name = name or describe(source)
    if isinstance(source, np.ndarray):
        return _from_array(source, name)
    if isinstance(source, Image.Image):
        return _from_image(source, name, limits)
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | os.PathLike):
        data = _read_file(Path(source), name, limits)
    else:
        data = source.read(limits.bytes + 1)
    if not data:
        raise PictureError(f"{name}: it is empty; expected a picture")
    if len(data) > limits.bytes:
        raise PictureError(f"{name}: more than the limit of {limits.bytes:,} bytes; store it smaller")
    try:
        image = Image.open(io.BytesIO(data), formats=list(FORMATS))
    except UnidentifiedImageError:
        raise PictureError(f"{name}: not a picture that mien reads ({', '.join(FORMATS)}), whatever its name says") from None
    except Image.DecompressionBombError as error:
        raise PictureError(f"{name}: more pixels than the limit of {limits.pixels:,} ({error}); scale it down") from None
    except Exception as error:
        raise _damaged(name, error) from error
    with image:
        return _from_image(image, name, limits)


def is_source(value: object) -> TypeGuard[PictureSource]:
    """Whether this is one source, rather than an iterable of many."""
    return isinstance(value, str | os.PathLike | bytes | bytearray | memoryview | np.ndarray | Image.Image) or hasattr(
        value, "read"
    )


def save(picture: Picture, path: Path) -> None:
    """Writes a picture in the format of the path's ending, under a temporary name first: it is there whole or not at all.

    Raises:
        PictureError: an unknown ending, or the place cannot be written.
    """
    formats = {ending: format_ for format_, endings in FORMATS.items() for ending in endings}
    if path.suffix.lower() not in formats:
        raise PictureError(
            f"{describe(path)}: cannot write {path.suffix or 'a name without ending'}; use one of {sorted(ENDINGS)}"
        )
    try:
        with replacing(path) as partial:
            Image.fromarray(picture).save(partial, formats[path.suffix.lower()], quality=92)
    except OSError as error:
        raise PictureError(f"{describe(path)}: cannot be written ({error.strerror or error})") from error


def png_bytes(picture: Picture) -> bytes:
    """A picture as PNG; quickly rather than small."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def find(
    patterns: Iterable[str | os.PathLike[str]], *, outside: Iterable[Path] = (), endings: frozenset[str] = ENDINGS
) -> Iterator[Path]:
    """The files meant by files, folders (all below them with one of ``endings``, sorted) and globs (``**`` crosses folders).

    What folders and globs hold below folders of ``outside`` is left out: results that lie there are not read again. What names
    nothing is passed on as it is: reading it tells the user.

    Raises:
        ConfigError: an empty name, as an unset variable of the shell gives; it would mean the current folder.
    """
    closed = [folder.resolve() for folder in outside]
    for pattern in patterns:
        if not os.fspath(pattern):
            raise ConfigError("an empty path; expected a file, a folder or a glob (. means the current folder)")
        path = Path(pattern)
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.suffix.lower() in endings and file.is_file())
        elif has_magic(os.fspath(pattern)) and not path.exists():
            found = (Path(name) for name in glob(os.fspath(pattern), recursive=True) if Path(name).is_file())  # noqa: PTH207
        else:
            yield path
            continue
        files = sorted(f for f in found if not any(f.resolve().is_relative_to(folder) for folder in closed))
        yield from files or [path]


def describe(source: object) -> str:
    """A printable name for a source; bytes of a file name that are not text appear as escapes."""
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source).encode("utf-8", "backslashreplace").decode("utf-8")
    if not hasattr(source, "read"):
        return f"<{type(source).__name__}>"
    if source is getattr(sys.stdin, "buffer", source):
        return STDIN
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else f"<{type(source).__name__}>"


def _read_file(path: Path, name: str, limits: Limits) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError(f"{name}: a folder without pictures; expected a picture, or a folder that holds some")
        if not stat.S_ISREG(status.st_mode):
            raise PictureError(f"{name}: not a regular file; to read a stream, use - and pipe it in")
        if status.st_size > limits.bytes:
            raise PictureError(f"{name}: {status.st_size:,} bytes, more than the limit of {limits.bytes:,}; store it smaller")
        return path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"{name}: no such file; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        raise PictureError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _from_array(array: NDArray[np.uint8], name: str) -> Picture:
    grey = array.ndim == 2
    if array.dtype != np.uint8 or not (grey or (array.ndim == 3 and array.shape[2] == 3)) or array.size == 0:
        raise PictureError(
            f"{name}: expected uint8 (height, width, 3), RGB, or (height, width), grey; got {array.dtype} {array.shape}"
        )
    return np.ascontiguousarray(np.repeat(array[..., None], 3, axis=2) if grey else array)


def _from_image(image: Image.Image, name: str, limits: Limits) -> Picture:
    width, height = image.size
    if width * height > limits.pixels:
        raise PictureError(f"{name}: {width}x{height} pixels, more than the limit of {limits.pixels:,}; scale it down")
    if image.mode in ("I", "F"):
        raise PictureError(f"{name}: 32 bits a pixel, whose black and white nobody knows; store it with 8 or 16 bits")
    try:
        image.load()  # TIFF is turned by Pillow as it loads, and only then says that nothing is left to turn
        turn = _UPRIGHT.get(_orientation(image))
        upright = image.transpose(turn) if turn is not None else image
        if upright.mode == "L" and not upright.has_transparency_data:  # a third of the time and memory of Pillow's way
            return np.asarray(cv2.cvtColor(np.asarray(upright), cv2.COLOR_GRAY2RGB), np.uint8)
        return np.array(_to_rgb(upright))
    except Exception as error:
        raise _damaged(name, error) from error


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001  damaged metadata does not spoil the pixels
        return 1
    return value if isinstance(value, int) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return Image.fromarray(((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _damaged(name: str, error: Exception) -> PictureError:
    reason = str(error) or type(error).__name__
    return PictureError(f"{name}: the picture is damaged or cut short ({reason}); get a whole copy of it")
