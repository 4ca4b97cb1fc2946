"""A video into a timeline, resumable; and the timeline back onto the video."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from mien.faces.drawing import annotate
from mien.faces.face import Face
from mien.faces.timeline import Timeline, by_frame, row_face, seen_rows
from mien.faces.video import Frame, Latest, Sampling, Video
from mien.faces.video_writer import video_writer
from mien.faces.watching import Seen, Watcher
from mien.pictures import Picture
from mien.tables import Row


def record(video: Video, watcher: Watcher, timeline: Timeline, sampling: Sampling, *, workers: int = 1) -> Iterator[Seen]:
    """Watches the frames of ``video`` that are not in the timeline yet, and writes what they show into it.

    A live video is read one newest frame at a time. Whatever ends the iteration, what was seen is saved.

    Raises:
        PictureError: not one frame could be decoded.
    """
    last = -1
    if timeline.state is not None:
        watcher.restore(timeline.state["watcher"])
        last = timeline.state["frame"]
    frames = video.frames(sampling, after=last)
    try:
        for seen in watcher.watch(Latest(frames, video.stop) if video.live else frames, workers=1 if video.live else workers):
            timeline.write(seen_rows(seen), {"watcher": watcher.state(), "frame": seen.frame.number, "time": seen.frame.time})
            yield seen
    finally:
        timeline.save()


def annotate_video(
    source: Path, timeline: Timeline, path: Path, sampling: Sampling, on_time: Callable[[float], None] | None = None
) -> None:
    """Writes a copy of a video with the faces of its timeline drawn, sound kept; each frame shows what was read last.

    Raises:
        PictureError: the copy cannot be written.
    """
    whole = Sampling(start=sampling.start, end=sampling.end)
    with (
        Video(source) as video,
        timeline.rows() as rows,
        video_writer(path, sound_of=source, start=sampling.start) as writer,
    ):
        read = by_frame(rows)
        shown, coming = list[Row](), next(read, None)
        for frame in video.frames(whole):
            while coming and cast("int", coming[0]["frame"]) <= frame.number:
                shown, coming = coming, next(read, None)
            faces = [(face, str(row["track"])) for row in shown if (face := row_face(row))]
            writer.write(draw_seen(frame, [face for face, _ in faces], [name for _, name in faces]), frame.time)
            if on_time:
                on_time(frame.time)


def draw_seen(frame: Frame, faces: list[Face], numbers: list[str]) -> Picture:
    """The frame with its faces and their numbers."""
    return annotate(frame.picture, faces, [f"#{number}" for number in numbers]) if faces else frame.picture
