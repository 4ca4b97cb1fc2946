"""Videos for tests, made of the demo picture."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.pictures import Picture

DEMO = Path(__file__).parent.parent.parent / "examples" / "astronaut.png"
RATE = 10


def astronaut() -> Picture:
    """The demo's face and shoulders, 130x120 pixels: (130, 120, 3)."""
    return np.array(Image.open(DEMO).convert("RGB").crop((120, 0, 360, 260)).resize((120, 130)))


def face_at(x: int, y: int = 40, size: tuple[int, int] = (320, 240)) -> Picture:
    """A plain picture with the astronaut's left upper corner at x, y."""
    canvas = np.full((size[1], size[0], 3), (60, 90, 120), np.uint8)
    part = astronaut()
    left, right = max(0, x), min(size[0], x + part.shape[1])
    if left < right:
        canvas[y : y + part.shape[0], left:right] = part[:, left - x : right - x]
    return canvas


def write_video(
    path: Path,
    picture: Callable[[int], Picture],
    count: int,
    *,
    rate: int = RATE,
    times: list[float] | None = None,
    rotation: int = 0,
    sound: str | None = None,
) -> Path:
    """``count`` pictures as H.264, at ``times`` (seconds) if given; lossless enough to find faces. sound: its codec."""
    height, width = picture(0).shape[:2]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90_000)
        if rotation:
            stream.set_display_rotation(rotation)
        audio = output.add_stream(sound, rate=8000, layout="mono") if sound else None
        for k in range(count):
            frame = av.VideoFrame.from_ndarray(picture(k), format="rgb24")
            frame.time_base = Fraction(1, 90_000)
            frame.pts = round((times[k] if times else k / rate) * 90_000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        if audio:
            _write_sound(output, audio, count / rate)
    return path


def _write_sound(output: "av.container.OutputContainer", audio: "av.audio.AudioStream", seconds: float) -> None:
    wave: NDArray[np.int16] = (np.sin(np.arange(int(seconds * 8000)) / 3) * 9000).astype(np.int16)[None]
    for start in range(0, wave.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, start : start + 1024]), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, start, Fraction(1, 8000)
        output.mux(audio.encode(frame))
    output.mux(audio.encode())
