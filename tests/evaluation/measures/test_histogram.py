"""Histograms that need not know the range beforehand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrun.evaluation.measures import histogram
from snnrun.evaluation.measures.histogram import Histogram

VALUES = st.lists(st.floats(-1e6, 1e6, width=32) | st.just(float("inf")), max_size=60)


def counted(*parts):
    found = Histogram()
    for part in parts:
        found.add(np.array(part, np.float32))
    return found


@given(VALUES, st.integers(0, 60))
def test_it_counts_as_numpy_does_in_whatever_parts_values_come(values, cut):
    whole, halves = counted(values), counted(values[cut:], values[:cut])
    assert whole.start == halves.start or not len(whole.counts)
    assert (whole.width, whole.absent) == (halves.width, halves.absent)
    np.testing.assert_array_equal(whole.counts, halves.counts)
    finite = np.array([value for value in values if np.isfinite(value)])
    assert whole.absent == len(values) - len(finite)
    edges = whole.start + whole.width * np.arange(len(whole.counts) + 1)
    expected = np.histogram(np.append(finite, edges[-1]), edges)[0]  # numpy closes the last bin
    if len(finite):
        expected[-1] -= 1
        np.testing.assert_array_equal(whole.counts, expected)
        assert whole.counts[0] > 0
        assert whole.counts[-1] > 0


def test_bins_are_as_fine_as_their_number_allows(monkeypatch):
    monkeypatch.setattr(histogram, "BINS", 8)
    found = counted([0.3, 0.9, 2.1])
    assert found.width == 0.25  # with half of it there were 15
    assert found.start == 0.25
    assert found.counts.tolist() == [1, 0, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_equal_numbers_are_one_bin(kind):
    found = Histogram()
    found.add(np.full((3, 4), 1.7, kind))
    found.add(np.empty((0, 4), kind))
    assert found.counts.tolist() == [12]
    assert found.start <= 1.7 < found.start + found.width
