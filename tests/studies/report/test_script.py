"""The arithmetic of the page's script, called in a browser."""

import pytest

from snnrun.studies.report.writing import write_report
from tests.browser import browser
from tests.studies.report.folders import make


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """A function that returns what an expression of the script comes to."""
    folder = tmp_path_factory.mktemp("runs")
    make(folder, "a")
    write_report([folder], folder / "report.html", 0)
    with browser() as window:
        window.open((folder / "report.html").as_uri())
        yield lambda expression: window.run(f"return {expression}")


@pytest.mark.parametrize(
    ("value", "said"),
    [("0.75", "0.75"), ("123456", "123500"), ("-2e-5", "−2.00e−5"), ("1e6", "1.00e+6"), ("0", "0"),
     ("null", "not a number")],
)  # fmt: skip
def test_numbers_are_said_in_four_digits(script, value, said):
    assert script(f"words({value})") == said


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [("0, 1, 5", [0, 0.2, 0.4, 0.6, 0.8, 1]), ("-0.3, 9, 5", [0, 2, 4, 6, 8]),
     ("3, 3.4, 4", [3, 3.1, 3.2, 3.3, 3.4])],
)  # fmt: skip
def test_even_ticks(script, ends, ticks):
    assert script(f"evenTicks({ends})") == pytest.approx(ticks)
    assert script(f"evenTicks({ends}).some((each) => Object.is(each, -0))") is False


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [("0.05, 2, 6", [0.05, 0.1, 0.2, 0.5, 1, 2]), ("1e-9, 1, 6", [1e-9, 1e-7, 1e-5, 1e-3, 0.1]),
     ("0.31, 0.34, 4", [0.31, 0.32, 0.33, 0.34])],
)  # fmt: skip
def test_logarithmic_ticks(script, ends, ticks):
    assert script(f"logTicks({ends})") == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("value", "last", "next"), [(0, -1, 0), (2, 0, 0), (4, 1, 1), (6.9, 1, 2), (99, 2, 2)]
)
def test_the_place_of_a_number(script, value, last, next):
    assert script(f"lastUpTo([1, 4, 9], {value})") == last
    assert script(f"nearest([1, 4, 9], {value})") == next


def line(epochs, values) -> str:
    return f"{{label: 'a', epochs: {epochs}, values: {str(values).replace('None', 'null')}}}"


def test_a_mean_and_its_standard_deviation_at_the_epochs_that_runs_share(script):
    """1 and 3: mean 2, deviation the root of 2."""
    lines = line([1, 2, 5], [1.0, 7.0, 0.5]), line([1, 2], [3.0, None])
    found = script(f"meanOf([{', '.join(lines)}], 'both')")
    assert (found["label"], found["epochs"], found["values"]) == ("both", [1, 2], [2.0, None])
    assert found["spread"] == [pytest.approx(2**0.5), None]


def test_between_the_points_of_thinned_curves_a_straight_line_counts(script):
    lines = line([0, 4, 8, 10], [0.0, 8.0, 8.0, 8.0]), line([1, 3, 5, 9], [1.0, 1.0, 1.0, 1.0])
    found = script(f"meanOf([{', '.join(lines)}], 'both')")
    assert found["epochs"] == [1, 3, 4, 5, 8, 9]
    assert found["values"] == [1.5, 3.5, 4.5, 4.5, 4.5, 4.5]


def test_runs_that_share_no_epoch_have_no_mean(script):
    lines = line([3], [0.5]), line([4], [0.75])
    assert script(f"meanOf([{', '.join(lines)}], 'both').epochs") == []


def test_a_curve_that_has_grown_too_long_keeps_ends_peaks_and_gaps(script):
    values = [0.5] * 16
    values[5], values[6], values[9] = 9.0, -9.0, None
    curve = line(list(range(16)), values)
    found = script(f"(() => {{const curve = {curve}; thin(curve); return curve}})()")
    assert len(found["epochs"]) <= 10
    assert {0, 5, 6, 9, 15} <= {*found["epochs"]}
    assert found["values"] == [values[epoch] for epoch in found["epochs"]]


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [("1", "2", -1), ("'run_10'", "'run_9'", 1), ("'a'", "'a'", 0), ("3", "'a'", -1)],
)
def test_what_tables_are_sorted_by(script, one, other, order):
    found = script(f"Math.sign(compared({one}, {other}))")
    assert found == order
