"""Events in frames: by hand, against a slow twin, every event once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrun.data.events.frames import count_frames, frame_of
from snnrun.data.events.recording import Events


def events_of(rows) -> Events:
    t, x, y, p = np.array(rows, np.int64).T
    return Events(t, x.astype(np.uint8), y.astype(np.uint8), p.astype(np.uint8))


#: Seven events: two frames by number hold 3 and 4.
ROWS = [(10, 0, 0, 1), (11, 3, 1, 0), (12, 3, 1, 0), (20, 2, 1, 0), (29, 0, 0, 1), (30, 1, 0, 1),
        (31, 3, 1, 1)]  # fmt: skip


def test_frames_by_number_by_hand():
    found = count_frames(events_of(ROWS), 2, "number", (2, 4), (2, 4))
    expected = np.zeros((2, 2, 2, 4), int)
    expected[0, 1, 0, 0] = 1
    expected[0, 0, 1, 3] = 2
    expected[1, 0, 1, 2] = expected[1, 1, 0, 0] = expected[1, 1, 0, 1] = expected[1, 1, 1, 3] = 1
    np.testing.assert_array_equal(found, expected)


def test_frames_by_time_by_hand():
    """21 us in two frames of 10: from 10, from 20, and the last us as well."""
    found = frame_of(np.array([10, 11, 12, 20, 29, 30, 31]), 2, "time")
    assert found.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert frame_of(np.array([0, 3, 4, 7, 9]), 4, "time").tolist() == [0, 1, 2, 3, 3]


@pytest.mark.parametrize("by", ["number", "time"])
def test_too_few_for_all_frames_are_in_the_last(by):
    assert frame_of(np.array([5, 5, 6]), 4, by).tolist() == [3, 3, 3]


def test_smaller_frames_are_sums():
    events = events_of([(i, x, y, 1) for i, (x, y) in enumerate(np.ndindex(6, 4))])
    whole = count_frames(events, 3, "number", (4, 6), (4, 6))
    pooled = count_frames(events, 3, "number", (4, 6), (2, 3))
    np.testing.assert_array_equal(pooled, whole.reshape(3, 2, 2, 2, 3, 2).sum((3, 5)))


def slow(rows, frames, by, sensor, sides):
    """The twin: cut where SpikingJelly cuts, event by event."""
    counts = np.zeros((frames, 2, *sides), int)
    n, length = len(rows), rows[-1][0] - rows[0][0]
    for i, (t, x, y, p) in enumerate(rows):
        frame = frames - 1
        for f in range(frames - 1):
            inside = (
                f * (n // frames) <= i < (f + 1) * (n // frames) if by == "number" else
                f * (length // frames) <= t - rows[0][0] < (f + 1) * (length // frames)
            )  # fmt: skip
            frame = f if inside else frame
        counts[frame, p, y * sides[0] // sensor[0], x * sides[1] // sensor[1]] += 1
    return counts


@given(
    times=st.lists(st.integers(0, 60), min_size=1, max_size=30),
    frames=st.integers(1, 7),
    by=st.sampled_from(["number", "time"]),
    sides=st.sampled_from([(5, 7), (2, 3), (5, 1)]),
    seed=st.integers(0, 99),
)
def test_frames_equal_the_twin(times, frames, by, sides, seed):
    random = np.random.default_rng(seed)
    rows = [
        (t, int(random.integers(7)), int(random.integers(5)), int(random.integers(2)))
        for t in sorted(times)
    ]
    found = count_frames(events_of(rows), frames, by, (5, 7), sides)
    np.testing.assert_array_equal(found, slow(rows, frames, by, (5, 7), sides))
