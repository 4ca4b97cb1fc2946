"""Frames of real files: their times, their uprightness, their damage; and live pictures."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.faces.videos import face_at, write_video

from mien.errors import ConfigError, PictureError
from mien.faces.video import Frame, Latest, Sampling, Video
from mien.faces.video_writer import video_writer
from mien.pictures import Picture


def level(k: int) -> Picture:
    """A picture whose brightness tells its number."""
    return np.full((64, 96, 3), 10 + 6 * k, np.uint8)


def numbers(path: Path, sampling: Sampling | None = None) -> list[int]:
    with Video(path) as video:
        return [round((float(frame.picture.mean()) - 10) / 6) for frame in video.frames(sampling or Sampling())]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "clip.mp4", level, 30)


def test_every_frame_comes_once_at_its_time(clip: Path) -> None:
    with Video(clip) as video:
        assert (video.rate, video.duration, video.live) == (10, 3, False)
        frames = list(video.frames())
    assert [frame.number for frame in frames] == list(range(30))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(30) / 10, atol=1e-4)
    assert numbers(clip) == list(range(30))
    assert frames[0].picture.shape == (64, 96, 3)


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(every=7), [0, 7, 14, 21, 28]),
        (Sampling(fps=2), [0, 5, 10, 15, 20, 25]),
        (Sampling(fps=3), [0, 4, 7, 10, 14, 17, 20, 24, 27]),
        (Sampling(fps=100), list(range(30))),
        (Sampling(start=1.0, end=1.5), [10, 11, 12, 13, 14]),
        (Sampling(start=2.0, fps=5), [20, 22, 24, 26, 28]),
    ],
)
def test_what_is_asked_for_is_read(clip: Path, sampling: Sampling, expected: list[int]) -> None:
    assert numbers(clip, sampling) == expected


def test_it_goes_on_after_a_frame(clip: Path) -> None:
    with Video(clip) as video:
        assert [frame.number for frame in video.frames(Sampling(fps=2), after=10)] == [15, 20, 25]


def test_times_of_a_variable_rate_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.15, 0.9, 2.0, 2.02]
    path = write_video(tmp_path / "variable.mp4", level, len(times), times=times)
    with Video(path) as video:
        np.testing.assert_allclose([frame.time for frame in video.frames()], times, atol=1e-3)
    assert numbers(path, Sampling(fps=1)) == [0, 4]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_phone_held_otherwise_gives_upright_pictures(tmp_path: Path, rotation: int) -> None:
    upright = np.zeros((96, 64, 3), np.uint8)
    upright[:48, :32] = 255
    # What the sensor stored: the upright picture turned back by what the file says to turn.
    stored = np.rot90(upright, -rotation // 90)
    path = write_video(tmp_path / "turned.mp4", lambda _: np.ascontiguousarray(stored), 3, rotation=rotation)
    with Video(path) as video:
        frame = next(iter(video.frames()))
    assert frame.picture.shape == upright.shape
    assert np.abs(frame.picture.astype(int) - upright).mean() < 3


def test_a_truncated_file_gives_what_is_left(tmp_path: Path) -> None:
    path = write_video(tmp_path / "whole.ts", level, 40)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = numbers(cut)
    assert 5 < len(found) < 40
    assert found == list(range(len(found)))


def test_damaged_frames_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.avi", lambda k: np.random.default_rng(k).integers(0, 255, (64, 96, 3), np.uint8), 40)
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = bytes(4000)
    (tmp_path / "damaged.avi").write_bytes(data)
    with Video(tmp_path / "damaged.avi") as video:
        count = sum(1 for _ in video.frames())
        assert 20 < count < 40
        assert video.damaged == 40 - count


@pytest.mark.parametrize("content", [b"", b"no video", b"\x00" * 5000])
def test_what_is_no_video_is_told_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.mp4").write_bytes(content)
    with pytest.raises(PictureError, match=r"no\.mp4: "):
        numbers(tmp_path / "no.mp4")


def test_a_missing_file_and_odd_samplings_are_told(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no such file"):
        Video(tmp_path / "none.mp4")
    for wrong in ({"every": 0}, {"fps": 0.0}, {"start": 2.0, "end": 1.0}):
        with pytest.raises(ConfigError, match="expected"):
            Sampling(**wrong)  # type: ignore[arg-type]


def test_a_sound_file_holds_no_pictures(tmp_path: Path, clip: Path) -> None:
    import av

    with av.open(str(tmp_path / "sound.mp4"), "w") as output:
        stream = output.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    with pytest.raises(PictureError, match="holds no pictures"):
        Video(tmp_path / "sound.mp4")


def test_of_live_pictures_the_newest_wins() -> None:
    shown = threading.Event()

    def camera() -> Iterator[Frame]:
        for k in range(50):
            yield Frame(k, k / 10, level(0))
            time.sleep(0.01)
        shown.set()

    latest = Latest(camera(), lambda: None)
    taken = []
    for frame in latest:
        taken.append(frame.number)
        time.sleep(0.1)
    assert shown.is_set()
    assert taken == sorted(set(taken))
    assert taken[-1] == 49
    assert len(taken) < 20
    assert latest.missed == 50 - len(taken)


def test_the_error_of_live_pictures_comes_after_the_last_good_one() -> None:
    def camera() -> Iterator[Frame]:
        yield Frame(0, 0.0, level(0))
        time.sleep(0.05)
        raise PictureError("unplugged")

    taken: list[Frame] = []
    with pytest.raises(PictureError, match="unplugged"):
        taken.extend(Latest(camera(), lambda: None))
    assert [frame.number for frame in taken] == [0]


def test_whoever_stops_does_not_wait_for_a_frame_that_is_far() -> None:
    stopped = threading.Event()

    def camera() -> Iterator[Frame]:
        yield Frame(0, 0.0, level(0))
        stopped.wait(30)

    for _ in Latest(camera(), stopped.set):
        break
    assert stopped.is_set()


def test_a_video_that_is_stopped_ends(clip: Path) -> None:
    with Video(clip) as video:
        frames = video.frames(Sampling(every=2))
        next(frames)
        video.stop()
        assert len(list(frames)) < 10


def test_a_stream_is_live(tmp_path: Path) -> None:
    data = write_video(tmp_path / "stream.ts", lambda k: face_at(10 + k), 30).read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
                for start in range(0, len(data), 4096):
                    connection.sendall(data[start : start + 4096])

        thread = threading.Thread(target=serve)
        thread.start()
        with Video(f"http://127.0.0.1:{port}/stream.ts") as video:
            assert video.live
            assert sum(1 for _ in video.frames()) == 30
        thread.join()


def test_a_dead_stream_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PictureError, match=f"127.0.0.1:{port}"):
        Video(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(("name", "codec"), [("source.mp4", "aac"), ("source.avi", "pcm_s16le")])
def test_a_written_video_has_its_times_and_the_sound_of_its_source(tmp_path: Path, name: str, codec: str) -> None:
    import av

    source = write_video(tmp_path / name, level, 20, sound=codec)
    with video_writer(tmp_path / "copy.mp4", sound_of=source, start=0.5) as writer:
        for k, moment in enumerate((0.5, 0.9, 1.0, 1.7)):
            writer.write(np.full((65, 97, 3), 40 * k, np.uint8), moment)
    with Video(tmp_path / "copy.mp4") as video:
        frames = list(video.frames())
    np.testing.assert_allclose([frame.time for frame in frames], (0.0, 0.4, 0.5, 1.2), atol=1e-3)
    assert frames[0].picture.shape == (64, 96, 3)
    with av.open(str(tmp_path / "copy.mp4")) as copy:
        heard = list(copy.decode(audio=0))
    assert 1.0 < sum(frame.samples for frame in heard) / heard[0].sample_rate < 1.6
    assert np.abs(np.concatenate([frame.to_ndarray() for frame in heard], axis=1)).max() > 0.2


def test_a_video_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"ends in \.mp4"), video_writer(tmp_path / "x.avi"):
        pass

    def fail() -> None:
        with video_writer(tmp_path / "x.mp4") as writer:
            writer.write(level(0), 0.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
