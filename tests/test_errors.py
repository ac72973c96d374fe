"""What is said of files: whatever they hold, it is text that a terminal shows and nothing else."""

import pickle
import warnings

import pytest

from snnrun.errors import (
    ConfigError,
    DataError,
    Interrupted,
    SnnrunError,
    SnnrunWarning,
    printable,
)
from tests.cli.running import run

HOSTILE = "a\x1b[2J\0\x07\x9b1A\r\udcff\u202eb"
SHOWN = r"a\x1b[2J\x00\x07\x9b1A\r\udcff\u202eb"


@pytest.mark.parametrize(
    "error",
    [
        SnnrunError(HOSTILE),
        DataError(HOSTILE),
        ConfigError(HOSTILE),
        ConfigError([HOSTILE]),
        Interrupted(HOSTILE, 75),
        SnnrunWarning(HOSTILE),
    ],
)
def test_nothing_that_is_quoted_moves_the_cursor(error):
    """What a config named went to the terminal as it was, escape sequences and all."""
    assert str(error) == SHOWN


def test_problems_are_shown_as_the_whole_is():
    assert ConfigError([HOSTILE, "c"]).problems == (SHOWN, "c")


def test_nothing_is_longer_than_anybody_reads():
    """Thousands of names of a table stood in one message."""
    said = str(DataError("the beginning " + "x" * 10**6 + " the end"))
    assert said.startswith("the beginning ")
    assert said.endswith(" the end")
    assert len(said) < 3000
    assert [len(each) < 3000 for each in ConfigError(["y" * 9000, "z"]).problems] == [True, True]


def test_letters_and_lines_stay_and_tabs_can_be_seen():
    assert printable("größer\n\t脉冲 \U0001f600") == "größer\n\\t脉冲 \U0001f600"


def test_errors_travel_between_processes():
    """Workers that read samples send them."""
    assert str(pickle.loads(pickle.dumps(DataError(HOSTILE)))) == SHOWN


def test_warnings_are_told_so(capsys):
    with pytest.warns(SnnrunWarning) as caught:
        warnings.warn(SnnrunWarning(HOSTILE), stacklevel=1)
    assert str(caught[0].message) == SHOWN


def test_a_key_of_a_config_is_told_so(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text('"se\\e[2Jed": 1\n')
    code, _, err = run("validate", path)
    assert code == 2
    assert "\x1b" not in err
    assert r"se\x1b[2Jed" in err
