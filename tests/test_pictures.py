"""The door for pictures: every format, every orientation, every way in which a file can be wrong."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from mien import pictures
from mien.errors import PictureError
from mien.pictures import Limits

RED_GREEN = np.zeros((32, 48, 3), np.uint8)
RED_GREEN[:16, :, 0] = 255
RED_GREEN[16:, :, 1] = 255


def encode(image: Image.Image, format_: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def mpo() -> bytes:
    image = Image.fromarray(RED_GREEN)
    return encode(image, "MPO", save_all=True, append_images=[image], quality=95)


def transparent(mode: str) -> bytes:
    image = Image.fromarray(RED_GREEN).convert("RGBA")
    image.putalpha(Image.fromarray(np.repeat(np.array([[255], [0]], np.uint8), 16, axis=0).repeat(48, axis=1)))
    return encode(image.convert(mode), "PNG")


ENCODINGS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: encode(Image.fromarray(RED_GREEN), "JPEG", quality=95),
    "jpeg, cmyk": lambda: encode(Image.fromarray(RED_GREEN).convert("CMYK"), "JPEG", quality=95),
    "jpeg, progressive": lambda: encode(Image.fromarray(RED_GREEN), "JPEG", quality=95, progressive=True),
    "mpo": mpo,
    "png": lambda: encode(Image.fromarray(RED_GREEN), "PNG"),
    "png, palette": lambda: encode(Image.fromarray(RED_GREEN).quantize(4), "PNG"),
    "bmp": lambda: encode(Image.fromarray(RED_GREEN), "BMP"),
    "dib": lambda: encode(Image.fromarray(RED_GREEN), "DIB"),
    "tiff": lambda: encode(Image.fromarray(RED_GREEN), "TIFF"),
    "tiff, lzw": lambda: encode(Image.fromarray(RED_GREEN), "TIFF", compression="tiff_lzw"),
    "tiff, cmyk": lambda: encode(Image.fromarray(RED_GREEN).convert("CMYK"), "TIFF"),
    "webp": lambda: encode(Image.fromarray(RED_GREEN), "WEBP", lossless=True),
    "gif": lambda: encode(Image.fromarray(RED_GREEN), "GIF"),
    "gif, animated": lambda: encode(
        Image.fromarray(RED_GREEN), "GIF", save_all=True, append_images=[Image.new("RGB", (48, 32), "blue")]
    ),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_format_gives_the_same_picture(name: str) -> None:
    picture = pictures.load(ENCODINGS[name]())
    assert picture.dtype == np.uint8
    lossy = "jpeg" in name or name == "mpo"
    assert np.abs(picture.astype(int) - RED_GREEN).mean() <= (6 if lossy else 0)


def test_every_format_of_the_door_is_tested() -> None:
    assert {name.split(",")[0].upper() for name in ENCODINGS} >= set(pictures.FORMATS)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    if mode == "PA":
        palette = Image.fromarray(np.repeat(np.array([[0], [1]], np.uint8), 16, axis=0).repeat(48, axis=1), "L").convert("P")
        palette.putpalette([255, 0, 0, 0, 255, 0])
        picture = pictures.load(encode(palette, "PNG", transparency=1))
    else:
        picture = pictures.load(transparent(mode))
    assert (picture[16:] == 255).all()
    assert (picture[:16] != 255).any()


def test_sixteen_bits_are_rounded_to_eight() -> None:
    grey = np.array([[0, 127, 128, 129, 257, 385, 386, 65535]], np.uint16)
    for format_ in ("PNG", "TIFF"):
        picture = pictures.load(encode(Image.fromarray(grey), format_))
        np.testing.assert_array_equal(picture[0, :, 0], [0, 0, 0, 1, 1, 1, 2, 255])


def test_one_bit_and_grey_become_rgb() -> None:
    for mode in ("1", "L"):
        picture = pictures.load(encode(Image.new(mode, (3, 2), 1 if mode == "1" else 255), "PNG"))
        assert picture.shape == (2, 3, 3)
        assert (picture == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_applied(orientation: int, format_: str) -> None:
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :32] = (255, 0, 0)
    upright[16:, 32:] = (0, 0, 255)
    # How a camera held that way stores the upright scene (EXIF 2.32: where row 0 and column 0 of the file belong).
    stored = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p.transpose(1, 0, 2)[::-1],
        7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda p: p.transpose(1, 0, 2)[:, ::-1],
    }[orientation](upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format_ == "WEBP" else {"quality": 95} if format_ == "JPEG" else {}
    data = encode(Image.fromarray(np.ascontiguousarray(stored)), format_, exif=exif, **options)
    picture = pictures.load(data)
    assert picture.shape == upright.shape
    assert np.abs(picture.astype(int) - upright).mean() < 6


def test_arrays_and_pillow_images_are_pictures_too(demo: Path) -> None:
    picture = pictures.load(demo)
    np.testing.assert_array_equal(pictures.load(picture), picture)
    np.testing.assert_array_equal(pictures.load(Image.fromarray(picture)), picture)
    np.testing.assert_array_equal(pictures.load(demo.read_bytes()), picture)
    with demo.open("rb") as file:
        np.testing.assert_array_equal(pictures.load(file), picture)
    assert pictures.load(picture[..., 0]).shape == picture.shape


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros(4, np.uint8)]
)
def test_arrays_of_another_form_are_refused(array: NDArray[np.uint8]) -> None:
    with pytest.raises(PictureError, match=r"expected uint8 \(height, width, 3\)"):
        pictures.load(array)


def wrong_files(folder: Path, demo: Path) -> dict[str, tuple[Path, str]]:
    """Each way of being wrong: the path and what the error says."""
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("not a picture at all")
    (folder / "cut.png").write_bytes(demo.read_bytes()[:5000])
    (folder / "cut.jpg").write_bytes(ENCODINGS["jpeg"]()[:400])
    (folder / "float.tif").write_bytes(encode(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"))
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    return {
        "missing": (folder / "none.png", "no such file"),
        "empty": (folder / "empty.png", "empty"),
        "no picture": (folder / "text.jpg", "not a picture that mien reads"),
        "cut png": (folder / "cut.png", "damaged or cut short"),
        "cut jpeg": (folder / "cut.jpg", "damaged or cut short"),
        "32 bits": (folder / "float.tif", "32 bits a pixel"),
        "folder": (folder / "folder.png", "a folder without pictures"),
        "pipe": (folder / "pipe.png", "not a regular file"),
        "NUL": (Path("a\0b.png"), "cannot be read"),
        "long": (Path("x" * 5000), "cannot be read"),
    }


def test_every_wrong_file_is_named_with_a_remedy(tmp_path: Path, demo: Path) -> None:
    for name, (path, message) in wrong_files(tmp_path, demo).items():
        with pytest.raises(PictureError, match=message) as caught:
            pictures.load(path)
        assert str(path) in str(caught.value), name


def test_a_renamed_picture_is_read_by_its_content(tmp_path: Path, demo: Path) -> None:
    renamed = tmp_path / "photo.jpg"
    renamed.write_bytes(demo.read_bytes())
    assert pictures.load(renamed).shape == (512, 512, 3)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.png"
    path.write_bytes(ENCODINGS["png"]())
    path.chmod(0)
    with pytest.raises(PictureError, match=r"locked\.png: cannot be read"):
        pictures.load(path)


def test_limits_are_checked_before_decoding(demo: Path) -> None:
    with pytest.raises(PictureError, match="512x512 pixels, more than the limit of 1,000"):
        pictures.load(demo, limits=Limits(pixels=1000))
    for source in (demo, demo.read_bytes(), io.BytesIO(demo.read_bytes())):
        with pytest.raises(PictureError, match="more than the limit of 1,000"):
            pictures.load(source, limits=Limits(bytes=1000))


def test_a_pixel_bomb_is_refused_without_its_pixels() -> None:
    bomb = encode(Image.new("1", (30000, 30000)), "PNG")
    assert len(bomb) < 200_000
    with pytest.raises(PictureError, match="more pixels than the limit"):
        pictures.load(bomb)


def test_a_stream_is_never_read_beyond_the_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            assert size > 0
            self.given += size
            return b"\0" * size

    stream = Endless()
    with pytest.raises(PictureError, match="more than the limit"):
        pictures.load(stream, limits=Limits(bytes=1000))  # type: ignore[arg-type]
    assert stream.given == 1001


MUTABLE = {name: make() for name, make in ENCODINGS.items()}


@settings(max_examples=400)
@given(st.sampled_from(sorted(MUTABLE)), st.data())
def test_mutated_files_give_a_picture_or_a_picture_error(name: str, data: st.DataObject) -> None:
    mutated = bytearray(MUTABLE[name])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, max(0, len(mutated) - 1)))
        change = data.draw(st.sampled_from(["set", "insert", "delete", "cut"]))
        if change == "set" and mutated:
            mutated[at] = data.draw(st.integers(0, 255))
        elif change == "insert":
            mutated[at:at] = data.draw(st.binary(max_size=16))
        elif change == "delete":
            del mutated[at : at + data.draw(st.integers(1, 16))]
        else:
            del mutated[max(at, 1) :]
    try:
        picture = pictures.load(bytes(mutated), name="the mutated file")
    except PictureError as error:
        assert str(error).startswith("the mutated file: ")
    else:
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3


@given(st.binary(max_size=200))
def test_noise_is_a_picture_error_or_a_picture(noise: bytes) -> None:
    try:
        pictures.load(noise)
    except PictureError:
        return


@pytest.mark.parametrize("ending", sorted(pictures.ENDINGS))
def test_saving_and_loading_give_the_picture_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "new" / f"p{ending}"
    pictures.save(RED_GREEN, path)
    assert np.abs(pictures.load(path).astype(int) - RED_GREEN).mean() < 6
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_saving_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"cannot write \.xyz; use one of"):
        pictures.save(RED_GREEN, tmp_path / "p.xyz")
    (tmp_path / "file").touch()
    with pytest.raises(PictureError, match="cannot be written"):
        pictures.save(RED_GREEN, tmp_path / "file" / "p.png")


def test_find_expands_folders_and_globs_in_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "sub/c.webp", "notes.txt", "[x].png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in pictures.find([tmp_path])]
    assert found == ["[x].png", "a.JPG", "b.png", "sub/c.webp"]
    assert list(pictures.find([f"{tmp_path}/*.png"])) == [tmp_path / "[x].png", tmp_path / "b.png"]
    assert list(pictures.find([f"{tmp_path}/**/*.webp"])) == [tmp_path / "sub" / "c.webp"]
    assert list(pictures.find([tmp_path / "[x].png"])) == [tmp_path / "[x].png"]
    assert list(pictures.find(["none-*.png"])) == [Path("none-*.png")]


def test_names_that_are_no_text_are_described() -> None:
    assert pictures.describe(os.fsdecode(b"caf\xe9.png")) == "caf\\udce9.png"
