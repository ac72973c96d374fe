"""Digits of numbers with a deviation."""

import math

import pytest

from snnrun.studies.rounding import rounded, with_deviation


@pytest.mark.parametrize(
    ("mean", "deviation", "told"),
    [
        (96.68, 0.74, "96.68 ± 0.74"),
        (92.04, 1.68, "92.0 ± 1.7"),
        (70.0, 10.0, "70 ± 10"),
        (50122.4, 812.0, "50,120 ± 810"),
        (0.5, 0.0, "0.5 ± 0"),
        (0.0, 0.31, "0.00 ± 0.31"),
        (-1.234, 0.05, "-1.234 ± 0.050"),
    ],
)
def test_a_number_ends_where_the_second_digit_of_its_deviation_does(mean, deviation, told):
    assert " ± ".join(with_deviation(mean, deviation)) == told


def test_a_deviation_that_is_rounding_alone_has_no_digits():
    """80.83 stood beside ± 4.8e-05, of shares that float32 had rounded."""
    assert with_deviation(80.8333313, 4.8e-5) == ("80.833", "0.000")


@pytest.mark.parametrize("scale", [1e-9, 1e7, 1e-300])
def test_both_have_the_same_power_of_ten(scale):
    mean, deviation = with_deviation(3.1234 * scale, 0.021 * scale)
    power = f"e{math.floor(math.log10(3.2 * scale)):+03d}"
    assert (mean, deviation) == (f"3.123{power}", f"0.021{power}")


def test_numbers_that_are_none_stay_so():
    assert with_deviation(math.nan, math.nan) == ("nan", "nan")


def test_ends_of_an_interval_have_the_digits_of_its_width():
    assert [rounded(end, 1.2) for end in (88.512, 93.478)] == ["88.5", "93.5"]
