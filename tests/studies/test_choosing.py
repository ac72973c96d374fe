"""Which runs are listed, in which order."""

import pytest

from snnrun.errors import ConfigError
from snnrun.studies.choosing import Choice
from snnrun.studies.columns import Keys
from snnrun.studies.gathering import Found
from tests.studies.folders import found

STATES = ("finished", "killed", "diverged", None)
RUNS = [
    Found(run.path, run.name, {"state": state} if state else {}, run.settings, None)
    for run, state in zip(
        found({"model.tau": 3, "seed": 1}, {"seed": 2}, {"model.tau": 1}, {"model.tau": "auto"}),
        STATES,
        strict=True,
    )
]


def chosen(**choice) -> list[int]:
    return [RUNS.index(run) for run in Choice(**choice).of(RUNS, Keys(RUNS))]


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        ({}, [0, 1, 2, 3]),
        ({"states": ["killed"]}, [1]),
        ({"states": ["killed", "finished"]}, [0, 1]),
        ({"states": ["running"]}, []),
        ({"states": ["diverged"]}, [2]),
        ({"where": ["seed=0"]}, [2, 3]),
        ({"where": ["seed=0", "state=diverged"]}, [2]),
        ({"where": ["seed=0"], "states": ["finished"]}, []),
        ({"sort": "tau"}, [2, 0, 3, 1]),
        ({"sort": "-tau"}, [3, 0, 2, 1]),
        ({"sort": "seed"}, [2, 3, 0, 1]),
        ({"sort": "seed, -tau"}, [3, 2, 0, 1]),
        ({"sort": "-seed,-run"}, [1, 0, 3, 2]),
        ({"limit": 2}, [0, 1]),
        ({"sort": "-run", "limit": 1}, [3]),
    ],
)
def test_choices(choice, numbers):
    assert chosen(**choice) == numbers


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"states": ["finish"]}, "no state 'finish'; did you mean 'finished'?"),
        ({"states": ["xyz"]}, "no state 'xyz'; there are running, finished, interrupted"),
        ({"where": ["sead=3"]}, "--where sead=3: no run has 'sead'; did you mean 'seed'?"),
        ({"sort": "-sead"}, "no run has 'sead'; did you mean 'seed'?"),
    ],
)
def test_what_no_run_has_is_refused(choice, told):
    with pytest.raises(ConfigError) as error:
        chosen(**choice)
    assert str(error.value).startswith(told)


def test_of_no_run_nothing_is_asked():
    assert Choice(states=["x"], where=["y"], sort="z").of([], Keys([])) == []
