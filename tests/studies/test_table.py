"""Tables by hand."""

import pytest

from snnrun.studies.table import Row, as_csv, as_markdown, read_csv


def row(size, tau, seed, accuracy, density):
    numbers = {"accuracy": accuracy, "density/layer_0": density}
    return Row({"size": size, "tau": tau}, seed, numbers, 2.5, f"run_{seed}", 7)


ROWS = [
    row(32, 1.5, 0, 0.9, 0.25),
    row(32, 1.5, 1, 0.92, 0.35),
    row(64, 1.5, 0, 0.5, 0.125),
    row(64, 3.0, 0, 0.75, 0.0625),
]


CAPTION = "Test split, after the last epoch; {}. Accuracies in percent."


def test_cells_are_means_and_deviations_over_seeds():
    """0.90 and 0.92: mean 0.91, deviation 0.01 * sqrt(2)."""
    assert as_markdown(ROWS, "size").splitlines() == [
        "| accuracy (density/layer_0) | size = 32 | size = 64 |",
        "| --- | --- | --- |",
        "| tau = 1.5 | 91.0 ± 1.4 (0.300 ± 0.071) | 50.00 (0.125) |",
        "| tau = 3.0 |  | 75.00 (0.0625) |",
        "",
        CAPTION.format("mean ± standard deviation over 1 to 2 seeds"),
    ]


def test_without_columns_every_point_is_a_line():
    assert as_markdown(ROWS[2:]).splitlines() == [
        "| size | tau | accuracy | density/layer_0 |",
        "| --- | --- | --- | --- |",
        "| 64 | 1.5 | 50.00 | 0.125 |",
        "| 64 | 3.0 | 75.00 | 0.0625 |",
        "",
        CAPTION.format("one seed"),
    ]


def test_points_that_lack_a_key_leave_it_empty():
    rows = [Row({"rule": "x", "k": 2}, 0, {"loss": 1.0}, 1.0, "r"),
            Row({"rule": "y"}, 0, {"loss": 2.0}, 1.0, "r")]  # fmt: skip
    assert as_markdown(rows).splitlines()[2:4] == ["| x | 2 | 1 |", "| y |  | 2 |"]
    assert as_csv(rows).splitlines()[1:] == ["x,2,0,1.0,1.0,0,r", "y,,0,2.0,1.0,0,r"]
    assert read_csv(as_csv(rows)) == rows


def test_points_that_differ_by_little_are_not_taken_for_seeds():
    """Of 0.95001 and 0.95002, both 0.95, it told the mean of two seeds."""
    rows = [row(3, tau, 0, accuracy, 0.5) for tau, accuracy in ((0.95001, 0.5), (0.95002, 0.75))]
    assert as_markdown(rows).splitlines()[2:4] == [
        "| 3 | 0.95001 | 50.00 | 0.5 |",
        "| 3 | 0.95002 | 75.00 | 0.5 |",
    ]
    assert as_markdown(rows, "tau").splitlines()[0].endswith("| tau = 0.95001 | tau = 0.95002 |")


def test_a_point_that_was_drawn_again_counts_once():
    """Of two seeds that were drawn three times, it told the deviation of six."""
    lines = as_markdown([*ROWS[:2], *ROWS[:2], *ROWS[:2]]).splitlines()
    assert lines == as_markdown(ROWS[:2]).splitlines()
    assert lines[-1] == CAPTION.format("mean ± standard deviation over 2 seeds")


def test_words_cannot_end_a_cell():
    rows = [Row({"config": "a|b"}, 0, {"loss": 1.0}, 1.0, "r")]
    assert as_markdown(rows).splitlines()[2] == r"| a\|b | 1 |"


@pytest.mark.parametrize("value", ["128", "true", "null", "", '"x"', "a b", 128, None, [1, "2"]])
def test_values_are_read_as_they_were_written(value):
    """A config that is called 128 was read as a number, and ``reproduce`` found no run of it."""
    rows = [Row({"config": value, "k": 1}, 0, {"loss": 1.0}, 1.0, "r")]
    assert read_csv(as_csv(rows)) == rows


def test_csv_has_a_line_for_each_run():
    assert as_csv(ROWS[:2]).splitlines() == [
        "size,tau,seed,accuracy,density/layer_0,seconds,epochs,run",
        "32,1.5,0,0.9,0.25,2.5,7,run_0",
        "32,1.5,1,0.92,0.35,2.5,7,run_1",
    ]


def test_a_list_is_written_as_json():
    assert as_csv([Row({"layers": [{"size": 3}]}, 0, {"loss": 1.0}, 0.5, "r")]).splitlines()[1] == (
        '"[{""size"": 3}]",0,1.0,0.5,0,r'
    )


def test_a_number_that_was_not_logged_is_nan():
    """The standard deviation of numbers that are none raised AttributeError."""
    rows = [row(32, 1.5, seed, float("nan"), 0.5) for seed in (0, 1)]
    assert as_markdown(rows).splitlines()[2] == "| 32 | 1.5 | nan | 0.5 ± 0 |"


def test_accuracies_of_all_votes_are_in_percent():
    """Those of other votes stood beside it as shares: 90.17 (0.915)."""
    numbers = {"accuracy": 0.9, "accuracy_ngram": 0.915, "accuracy_all": 0.5}
    line = as_markdown([Row({"size": 3}, 0, numbers, 2.5, "r")]).splitlines()[2]
    assert line == "| 3 | 90.00 | 91.50 | 50.00 |"
