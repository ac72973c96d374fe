"""A table as text, CSV and JSON."""

import csv
import io
import json
import math

import pytest

from snnrun.studies.formats import Table, Words
from snnrun.studies.gathering import ABSENT

ROW = ["a,b", 3, 0.1, True, None, ABSENT, [1, [math.inf]], math.nan, "x\n\udc80", 1e-9]
TABLE = Table([f"key_{number}" for number in range(len(ROW))], [ROW])


def test_csv_holds_whole_values():
    heads, row = csv.reader(io.StringIO(TABLE.as_csv()))
    assert heads == list(TABLE.keys)
    assert row == ["a,b", "3", "0.1", "true", "null", "", '[1, ["inf"]]', "nan", "x\n\udc80",
                   "1e-09"]  # fmt: skip


def test_json_is_such_that_any_program_reads_it():
    def refuse(constant):
        raise AssertionError(constant)

    (row,) = json.loads(TABLE.as_json(), parse_constant=refuse)
    assert list(row.values()) == ["a,b", 3, 0.1, True, None, None, [1, ["inf"]], "nan",
                                  "x\n\udc80", 1e-9]  # fmt: skip
    assert list(row) == list(TABLE.keys)


WORDS = Words.of(
    {"run": ["run", "first_spike_mnist_2026"], "tau": ["tau", "0.5"], "long": ["long", "x" * 30]}
)


def test_lines_in_columns():
    words = Words.of({"a": ["a", "bb", ""], "c": ["cc", "d", "e"]})
    assert words.text(None) == "a   cc\nbb  d\n    e\n"


@pytest.mark.parametrize("width", range(1, 80))
def test_no_line_is_wider_than_the_terminal(width):
    lines = WORDS.fitting(width, ("long", "tau"), 10).text(width).splitlines()
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)


def test_what_can_be_spared_is_left_out_in_its_order_before_words_are_cut():
    def kept(width):
        return list(WORDS.fitting(width, ("tau", "long"), 10).columns)

    assert kept(None) == kept(39) == ["run", "tau", "long"]
    assert kept(38) == kept(34) == ["run", "long"]
    assert kept(33) == kept(3) == ["run"]
    assert WORDS.fitting(34, ("tau", "long"), 10).text(34).splitlines() == [
        "run               long",
        "first_s..st_2026  xxxxxxx..xxxxxxx",
    ]


def test_of_a_long_name_enough_is_left():
    words = Words.of({"run": ["run", "n" * 59], "tau": ["tau", "0.5"]})
    assert words.fitting(45, ["tau"], 10).text(45).splitlines()[1] == f"{'n' * 19}..{'n' * 19}  0.5"
    assert list(words.fitting(44, ["tau"], 10).columns) == ["run"]


def test_all_of_a_line_is_used():
    assert WORDS.text(57).splitlines()[1] == f"first_spike_mnist_2026  0.5  {'x' * 13}..{'x' * 13}"


def test_a_terminal_can_be_sent_any_word():
    words = Words.of({"\x1b[2J": ["\x1b[2J", "a\nb"], "b": ["\u202e", "m" * 9999]})
    assert words.text(None).splitlines() == [
        "\\x1b[2J  \\u202e",
        f"a b      {'m' * 40}...{'m' * 15}",
    ]


def test_names_are_whole_where_there_is_room():
    assert Words.of({"run": ["run", "n" * 300]}).text(None).splitlines()[1] == "n" * 300
