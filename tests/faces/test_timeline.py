"""Rows of what was seen: whole, resumable, told in short."""

import itertools
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.box import Box
from mien.errors import ConfigError
from mien.faces import timeline as timeline_module
from mien.faces.expressions import EXPRESSIONS
from mien.faces.face import Face, Reading
from mien.faces.timeline import TIMELINE_COLUMNS, Timeline, row_face, seen_rows, summarize
from mien.faces.timeline_plot import plot_timeline
from mien.faces.video import Frame
from mien.faces.watching import Seen, Smoother
from mien.tables import Row

PICTURE = np.zeros((4, 4, 3), np.uint8)
SURE = Reading((0.1, 0.9, *[0.0] * 6), "happiness", 0.8)
UNSURE = Reading((0.5, 0.5, *[0.0] * 6), None, 0.4)
FACE = Face(Box(1.5, 2.0, 30.0, 40.0), 0.75, tuple((float(i), i + 0.5) for i in range(5)), SURE)


def seen(number: int, *faces: tuple[int, Reading]) -> Seen:
    told = tuple(replace(FACE, reading=reading) for _, reading in faces)
    return Seen(Frame(number, number / 4, PICTURE), told, tuple(track for track, _ in faces))


def test_a_row_says_all_of_a_face_and_a_frame_without_one_says_so() -> None:
    (row,) = seen_rows(seen(8, (3, SURE)))
    assert row.keys() == TIMELINE_COLUMNS.keys()
    assert (row["time"], row["frame"], row["track"], row["mouth_left_y"]) == (2.0, 8, 3, 4.5)
    assert row_face(row) == FACE
    (empty,) = seen_rows(seen(9))
    assert (empty["frame"], empty["track"], empty["x"]) == (9, None, None)
    assert row_face(empty) is None
    bare = Seen(Frame(0, 0.0, PICTURE), (replace(FACE, landmarks=None),), (1,))
    assert row_face(seen_rows(bare)[0]) == replace(FACE, landmarks=None)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_what_is_written_after_the_last_save_is_written_again_once(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    killed = Timeline(path, {"a": 1})
    killed.write(seen_rows(seen(0, (1, SURE))), {"frame": 0})
    killed.write(seen_rows(seen(1, (1, UNSURE), (2, SURE))), {"frame": 1})
    killed.__exit__()  # as if killed: flushed, but not saved
    with Timeline(path, {"a": 1}) as timeline:
        assert timeline.state == {"frame": 0}
        timeline.write(seen_rows(seen(1, (1, UNSURE), (2, SURE))), {"frame": 1})
        timeline.write(seen_rows(seen(2)), {"frame": 2})
        timeline.finish()
        with timeline.rows() as rows:
            read = list(rows)
        timeline.close()
    expected = [row for s in (seen(0, (1, SURE)), seen(1, (1, UNSURE), (2, SURE)), seen(2)) for row in seen_rows(s)]
    assert read == expected
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    if ending == "parquet":
        from pyarrow import parquet

        assert parquet.read_table(path).to_pylist() == expected


def interrupted(line: int, call: Callable[[], None]) -> bool:
    """Whether Ctrl-C before the ``line``-th line that ``call`` runs of the timeline's code came before the call's end."""
    lines = itertools.count()

    def trace(frame: FrameType, event: str, _: object) -> "Callable[..., Any] | None":
        if frame.f_code.co_filename != timeline_module.__file__:
            return None
        if event == "line" and next(lines) == line:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_ctrl_c_before_any_line_neither_loses_a_row_nor_tells_one_twice(tmp_path: Path) -> None:
    frames = [seen(i, (1, SURE), (2, UNSURE)) for i in range(3)]

    def watch(timeline: Timeline) -> None:
        done = timeline.state["frame"] + 1 if timeline.state else 0
        try:
            for s in frames[done:]:
                timeline.write(seen_rows(s), {"frame": s.frame.number})
        finally:
            timeline.save()

    for line in itertools.count():
        with Timeline(tmp_path / f"{line}.csv", {}) as stopped:
            stopped_early = interrupted(line, partial(watch, stopped))
        with Timeline(tmp_path / f"{line}.csv", {}) as resumed:
            watch(resumed)
            with resumed.rows() as rows:
                assert list(rows) == rows_of(*frames), line
        if not stopped_early:
            break
    assert line > 30


def test_another_video_or_option_does_not_go_on(tmp_path: Path) -> None:
    with Timeline(tmp_path / "t.csv", {"fps": 1}) as timeline:
        timeline.write([], {})
    with pytest.raises(ConfigError, match=r"other settings.*\.t\.csv\.resume"):
        Timeline(tmp_path / "t.csv", {"fps": 2})
    with pytest.raises(ConfigError, match=r"\.csv, \.jsonl or \.parquet"):
        Timeline(tmp_path / "t.txt", {})


def rows_of(*frames: Seen) -> list[Row]:
    return [row for frame in frames for row in seen_rows(frame)]


def test_the_summary_tells_shares_changes_and_gaps() -> None:
    told = [(1, SURE), (1, SURE), (1, UNSURE), None, (1, SURE), (1, SURE)]
    frames = [seen(i, *([t] if t else [])) for i, t in enumerate(told)]
    (summary,) = summarize(rows_of(*frames))
    assert (summary.track, summary.first, summary.last) == (1, 0.0, 1.25)
    assert (summary.changes, summary.gaps) == (2, 1)
    assert math.isclose(summary.seen, 0.75)
    assert summary.as_object()["shares"] == pytest.approx({"happiness": 2 / 3, "unsure": 1 / 3})
    assert summarize(rows_of(seen(0), seen(1))) == []
    assert json.dumps(summary.as_object())


def test_the_plot_has_a_band_for_each_person(tmp_path: Path) -> None:
    frames = [seen(i, (1, SURE), *([(2, UNSURE)] if i > 20 else [])) for i in range(40)]
    figure = plot_timeline(rows_of(*frames), 0.0, 10.0, "clip")
    assert [axis.get_ylabel() for axis in figure.axes] == ["face 1", "face 2"]
    top = figure.axes[0].collections[-1].get_paths()[0].vertices[:, 1]
    assert top.max() == pytest.approx(1)
    nobody = plot_timeline(rows_of(seen(0)), 0.0, 1.0, "clip")
    assert nobody.axes[0].texts[0].get_text() == "no face seen"


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=8), st.floats(0.05, 3), st.integers(0, 99))
def test_smoothing_is_a_mean_of_distributions(steps: list[float], constant: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    smoother, restored, time = Smoother(constant), Smoother(constant), 0.0
    for step in steps:
        time += step
        restored.restore(json.loads(json.dumps(smoother.state())))
        distribution = rng.dirichlet(np.ones(len(EXPRESSIONS)))
        mean = smoother.smooth(1, time, distribution)
        np.testing.assert_allclose(mean.sum(), 1)
        assert mean.min() >= 0
        np.testing.assert_array_equal(restored.smooth(1, time, distribution), mean)


def test_after_one_time_constant_two_thirds_are_new() -> None:
    smoother = Smoother(0.5)
    old, new = np.eye(8)[0], np.eye(8)[1]
    smoother.smooth(1, 0.0, old)
    for k in range(1, 51):
        mean = smoother.smooth(1, k / 100, new)
    np.testing.assert_allclose(mean[1], 1 - math.exp(-1))
    assert (Smoother(0.0).smooth(1, 0.0, new) == new).all()
    smoother.forget(1.0)
    np.testing.assert_array_equal(smoother.smooth(1, 1.0, old), old)
