"""Rows of words as lines in columns."""

import pytest

from snnrun.core.aligning import GAP, aligned, line_width, widths_of

ROWS = [["layer", "spikes", "shape"], ["a", "5.25", ""], ["readout", "", "10"]]


def test_words_are_flush_left_numbers_flush_right_and_no_line_ends_with_blanks():
    assert aligned(ROWS, right=(1,)) == [
        "layer    spikes  shape",
        "a          5.25",
        "readout          10",
    ]
    assert aligned(ROWS)[1] == "a        5.25"


def test_columns_are_as_wide_as_their_longest_cell_and_as_asked_at_the_least():
    assert widths_of(ROWS) == [7, 6, 5]
    assert aligned(ROWS, least=(3, 8))[0] == "layer    spikes    shape"
    assert aligned(ROWS, right=(0, 2), least=(9, 0, 7))[0] == "    layer  spikes    shape"


def test_a_line_is_as_wide_as_is_reckoned():
    assert len(aligned(ROWS)[0]) == line_width(widths_of(ROWS)) == 7 + 6 + 5 + 2 * len(GAP)


def test_there_may_be_no_row_and_none_may_lack_a_cell():
    assert aligned([]) == aligned(iter([])) == []
    for rows in ([["a", "b"], ["c"]], [["a"], ["b", "c"]]):
        with pytest.raises(ValueError, match=r"is (shorter|longer) than"):
            aligned(rows)
