"""Videos and live pictures: frames with their times, decoded by FFmpeg (PyAV, the extra [video])."""

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from mien.errors import ConfigError, PictureError
from mien.pictures import Limits, Picture

if TYPE_CHECKING:
    import av.container
    import av.video.frame
    import av.video.stream

ENDINGS: Final = frozenset(
    (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp", ".ogv")
)
# What the user may name besides files; FFmpeg's other protocols could read what a name should not reach.
_STREAMS: Final = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "srt://")
_CAMERAS: Final = {"linux": ("/dev/video{}", "v4l2"), "darwin": ("{}", "avfoundation"), "win32": ("video={}", "dshow")}
_STREAM_PATIENCE: Final = (10.0, 10.0)
# So many frames in a row that cannot be decoded end a file.
_PATIENCE: Final = 1000
_JOINING: Final = 15.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a video: its number from 0 and its time in seconds, both from the video's beginning."""

    number: int
    time: float
    picture: Picture


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which frames are read.

    every: each so-many-th. fps: at most so many a second, the first of each interval; None for all. start, end: from
    and to (not included), in seconds; None for the video's end.
    """

    every: int = 1
    fps: float | None = None
    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        if self.every < 1 or (self.fps is not None and not 0 < self.fps <= 1000):
            raise ConfigError(f"expected every >= 1 and 0 < fps <= 1000, got every {self.every}, fps {self.fps}")
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise ConfigError(f"expected 0 <= from < to, got from {self.start} to {self.end}")


class Video:
    """An open video: a file, a camera (its number) or a stream (its address). A context manager.

    live: frames come as they happen, and those that nobody takes in time are gone. duration: in seconds, None if it is
    live or unknown. rate: frames a second on average, None if unknown. damaged: frames so far that could not be decoded whole.
    """

    def __init__(self, source: str | Path) -> None:
        """
        Raises:
            PictureError: no such file, no video in it, or no answer from the stream.
            ConfigError: PyAV is not installed.
        """
        try:
            import av
        except ModuleNotFoundError:
            raise ConfigError("videos need PyAV, which is not installed: pip install 'mien[video]'") from None
        self.source = str(source)
        camera = self.source.isdecimal()
        self.live = camera or self.source.startswith(_STREAMS)
        if not self.live and not Path(self.source).is_file():
            raise PictureError(f"{self.source}: no such file; expected a video, a camera's number or a stream's address")
        name, form = self.source, None
        if camera:
            pattern, form = _CAMERAS.get(sys.platform, _CAMERAS["linux"])
            name = pattern.format(self.source)
        try:
            self.container: av.container.InputContainer = av.open(
                name, format=form, timeout=_STREAM_PATIENCE if self.live else None, metadata_errors="replace"
            )
        except (av.FFmpegError, OSError) as error:
            raise PictureError(f"{self.source}: cannot be opened as a video ({error.strerror or error})") from error
        if not self.container.streams.video:
            self.container.close()
            raise PictureError(f"{self.source}: holds no pictures; expected a video")
        self._stream: av.video.stream.VideoStream = self.container.streams.video[0]
        limit = Limits().pixels
        if self._stream.width * self._stream.height > limit:
            self.container.close()
            raise PictureError(f"{self.source}: frames of more pixels than the limit of {limit:,}; scale it down")
        self._stream.thread_type = "AUTO"
        self.rate = float(self._stream.average_rate) if self._stream.average_rate else None
        length = self.container.duration
        self.duration = length / 1e6 if length and not self.live else None
        self.damaged = 0
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()

    def stop(self) -> None:
        """Ends ``frames`` before the next, from another thread too."""
        self._stopped = True

    def frames(self, sampling: Sampling = Sampling(), *, after: int = -1) -> Iterator[Frame]:
        """The frames that ``sampling`` asks for, upright, in order; those up to number ``after`` are passed over.

        Frames that cannot be decoded whole are left out and counted. Where a time is missing, the rate gives it.

        Raises:
            PictureError: not one frame could be decoded.
        """
        tick, first, last = -1, None, -1.0
        number = -1
        for number, frame in enumerate(self._decoded()):
            time = frame.time if frame.time is not None else number / (self.rate or 25)
            first = time if first is None else first
            # Times run from the first frame on, and never back: a stream that begins anew goes on.
            last = max(time - first, last)
            if sampling.end is not None and last >= sampling.end:
                break
            if last < sampling.start or number % sampling.every:
                continue
            if sampling.fps is not None:
                # A hair early is on time: 1/30 s is no whole number of ticks.
                current = int((last - sampling.start) * sampling.fps + 1e-3)
                if current == tick:
                    continue
                tick = current
            if number > after:
                yield Frame(number, last, _upright(frame))
        if number < 0:
            raise PictureError(f"{self.source}: no frame could be decoded; the video is damaged or empty")

    def _decoded(self) -> "Iterator[av.video.frame.VideoFrame]":
        import av

        failures = 0
        packets = self.container.demux(self._stream)
        while failures < _PATIENCE and not self._stopped:
            try:
                frames = next(packets).decode()
            except StopIteration:
                return
            except av.FFmpegError as error:
                failures += 1
                self.damaged += 1
                if self.live and isinstance(error, OSError):  # the connection is gone; not the frames in the decoder
                    yield from self._stream.decode(None)
                    return
                continue
            for frame in frames:
                failures = 0
                self.damaged += frame.is_corrupt
                if not frame.is_corrupt:
                    yield frame


def _upright(frame: "av.video.frame.VideoFrame") -> Picture:
    """The frame as RGB, turned as the recording device was held; only quarters of a turn occur."""
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), quarters))


class Latest:
    """Frames as they come, the newest only: whoever is slow misses frames and never falls behind.

    missed: how many frames were replaced before anybody took them.
    """

    def __init__(self, frames: Iterator[Frame], stop: Callable[[], object]) -> None:
        """``stop``: ends ``frames``, which may be long in giving the next."""
        self._frames, self._stop = frames, stop
        self._newest: Frame | None = None
        self._error: Exception | None = None
        self._changed = threading.Condition()
        self._ended = False
        self.missed = 0

    def __iter__(self) -> Iterator[Frame]:
        """
        Raises:
            Exception: the frames' own, once the last good one is taken.
        """
        thread = threading.Thread(target=self._take_in, daemon=True)
        thread.start()
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._newest is not None or self._ended)
                    frame, self._newest = self._newest, None
                if frame is None:
                    break
                yield frame
        finally:
            self._stop()
            thread.join(timeout=_JOINING)
        if self._error:
            raise self._error

    def _take_in(self) -> None:
        try:
            for frame in self._frames:
                with self._changed:
                    self.missed += self._newest is not None
                    self._newest = frame
                    self._changed.notify()
        except Exception as error:  # noqa: BLE001  told by the other thread
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()
