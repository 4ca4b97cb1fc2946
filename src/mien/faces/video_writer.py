"""Videos of our own: H.264 in MP4, each frame at its own time, with the sound of the video it was made from."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mien.errors import PictureError
from mien.files import replacing
from mien.pictures import Picture

if TYPE_CHECKING:
    import av.container
    from av import AudioStream, Packet

_CLOCK: Final = 90_000
_NOMINAL_RATE: Final = 30
# Sound of these codecs goes into an MP4 as it is; any other is encoded anew.
_KEPT: Final = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
_SOUND_RATE: Final = 48_000


class VideoWriter:
    """Frames and sound into an open MP4. Made by ``video_writer``."""

    def __init__(
        self, output: "av.container.OutputContainer", sound: "av.container.InputContainer | None", start: float
    ) -> None:
        self._output, self._start = output, start
        self._pictures = output.add_stream("libx264", rate=_NOMINAL_RATE, options={"crf": "20", "preset": "veryfast"})
        self._pictures.pix_fmt = "yuv420p"
        self._pictures.codec_context.time_base = Fraction(1, _CLOCK)
        self._sound: Iterator[Packet[AudioStream]] = iter(())
        if sound and sound.streams.audio:
            heard = sound.streams.audio[0]
            if heard.codec_context.codec.canonical_name in _KEPT:
                self._track = output.add_stream_from_template(heard)
                self._sound = sound.demux(heard)
            else:
                self._track = output.add_stream("aac", rate=_SOUND_RATE, layout="mono" if heard.channels == 1 else "stereo")
                self._sound = _encoded(sound, heard, self._track)
        self._last = -1

    def write(self, picture: Picture, time: float) -> None:
        """Adds a frame (height, width, 3), RGB, at ``time`` in seconds; an odd last row or column is left out."""
        import av

        height, width = (side - side % 2 for side in picture.shape[:2])
        if self._last < 0:
            self._pictures.width, self._pictures.height = width, height
        frame = av.VideoFrame.from_ndarray(picture[: self._pictures.height, : self._pictures.width], format="rgb24")
        frame.time_base = Fraction(1, _CLOCK)
        frame.pts = self._last = max(round((time - self._start) * _CLOCK), self._last + 1)
        self._output.mux(self._pictures.encode(frame))
        self._mux_sound(time)

    def close(self) -> None:
        """Writes what the encoder still holds, and the sound that is left up to the last frame."""
        if self._last >= 0:
            self._output.mux(self._pictures.encode())

    def _mux_sound(self, until: float) -> None:
        for packet in self._sound:
            if packet.pts is None or packet.time_base is None:
                continue
            time = float(packet.pts * packet.time_base)
            if time < self._start:
                continue
            shift = round(self._start / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, (packet.dts or packet.pts) - shift
            packet.stream = self._track
            self._output.mux(packet)
            if time >= until:
                return


def _encoded(
    sound: "av.container.InputContainer", heard: "AudioStream", track: "AudioStream"
) -> "Iterator[Packet[AudioStream]]":
    """The sound in the codec of ``track``; damaged pieces are left out."""
    import av

    resampler = av.AudioResampler(track.format, track.layout, track.rate)
    for packet in sound.demux(heard):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            for part in resampler.resample(frame):
                yield from track.encode(part)
    yield from track.encode()


def check_name(path: Path) -> None:
    """
    Raises:
        PictureError: the name does not end in .mp4.
    """
    if path.suffix.lower() != ".mp4":
        raise PictureError(f"{path}: annotated videos are MP4; expected a name that ends in .mp4")


@contextmanager
def video_writer(path: Path, *, sound_of: Path | None = None, start: float = 0.0) -> Iterator[VideoWriter]:
    """An MP4 that appears under its name only when it is whole.

    ``sound_of``: a video whose sound goes along, from its second ``start`` on.

    Raises:
        PictureError: the name does not end in .mp4, or it cannot be written.
    """
    import av

    check_name(path)
    sound = None
    try:
        with replacing(path) as partial, av.open(str(partial), "w", format="mp4") as output:
            sound = av.open(str(sound_of), metadata_errors="replace") if sound_of else None
            writer = VideoWriter(output, sound, start)
            yield writer
            writer.close()
    except av.FFmpegError as error:
        raise PictureError(f"{path}: cannot be written as a video ({error.strerror or error})") from error
    finally:
        if sound:
            sound.close()
