"""What is asked of runs, and what no run can be."""

import pytest

from snnrun.errors import ConfigError
from snnrun.studies.columns import Keys
from snnrun.studies.conditions import condition_of
from snnrun.studies.gathering import Found
from tests.studies.folders import found

RUNS = found(
    {
        "model.tau": 2.0,
        "train.clip": None,
        "model.on": True,
        "model.mixed": 2,
        "model.unit": "2h",
        "model.X -> Y.nu": 0.5,
    },
    {"model.tau": 3.0, "train.clip": False, "model.on": False, "model.name": "lif_graph"},
    {"model.layers.0.taus": [1.0], "model.name": "sbs", "model.mixed": "auto"},
)
KEYS = Keys(RUNS)


def fitting(text: str) -> list[int]:
    condition = condition_of(text, KEYS, RUNS)
    return [number for number, run in enumerate(RUNS) if condition.fits(run)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("model.name=lif", [0]),
        ("model.name = 'lif'", [0]),
        ("model.name==lif*", [0, 1]),
        ("model.name=*f", [0]),
        ("model.name!=lif*", [2]),
        ("tau=2", [0]),
        ("tau=2e0", [0]),
        ("tau!=2", [1, 2]),
        ("tau>2", [1]),
        ("tau>=2", [0, 1]),
        ("tau<3", [0]),
        ("tau<=1e9", [0, 1]),
        ("model.on=true", [0]),
        ("model.on=1", []),
        ("taus=[1.0, 2.0]", [0, 1]),
        ("model.X -> Y.nu>0.1", [0]),
        ("model.X -> Y.nu=0.5", [0]),
        ("run=run_[01]", [0, 1]),
        ("run>run_0", [1, 2]),
        ("test>93.7%", [0, 1, 2]),
        ("test>0.94", []),
        ("age<1min", [0, 1, 2]),
        ("seconds>1min", [0, 1, 2]),
        ("seconds>2 min", []),
        ("seconds<1h", [0, 1, 2]),
        ("seconds<0.5d", [0, 1, 2]),
        ("seconds>61.4s", [0, 1, 2]),
        ("seconds>61.6", []),
        ("seed=", []),
        ("mixed>1", [0]),
        ("mixed<z", [2]),
        ("mixed=auto", [2]),
        ("unit=2h", [0]),
    ],
)
def test_which_runs_fit(text, numbers):
    assert fitting(text) == numbers


def test_nothing_is_a_value_too():
    run = Found(RUNS[0].path, "run", {}, {"train.clip": None}, None)
    other = Found(RUNS[0].path, "run", {}, {"train.clip": 0.5}, None)
    asked = condition_of("train.clip=null", Keys([run, other]), [run, other])
    assert [asked.fits(each) for each in (run, other, RUNS[0])] == [True, False, False]
    asked = condition_of("train.clip>0.1", Keys([run]), [run])
    assert [asked.fits(each) for each in (run, other)] == [False, True]


def test_numbers_that_runs_lack_or_that_are_none_fit_no_order():
    runs = found({"model.tau": float("nan")}, {}, {"model.tau": 1.0})
    asked = condition_of("tau<9", Keys(runs), runs)
    assert [asked.fits(run) for run in runs] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tau", "expected a key, a sign and a value, such as model.name=lif or 'test>0.9'; signs"),
        (">3", "expected a key, a sign and a value"),
        ("modle.name=lif", "no run has 'modle.name'; did you mean 'model.name'?"),
        ("tau>high", "model.tau is compared with text; expected a number"),
        ("model.name<3", "model.name is compared with a number; expected text"),
        ("tau>null", "model.tau is compared with nothing; expected a number"),
        ("tau>[1]", "model.tau is compared with a list; expected a number"),
        ("model.on>true", "model.on is compared with true or false; expected a number"),
        ("test>90", "accuracies lie between 0 and 1; did you mean 'test>90%'?"),
        ("test/accuracy<=5", "accuracies lie between 0 and 1; did you mean 'test/accuracy<=5%'?"),
    ],
)
def test_what_no_run_can_be_is_refused(text, told):
    with pytest.raises(ConfigError) as error:
        condition_of(text, KEYS, RUNS)
    assert str(error.value).startswith(f"--where {text}: {told}")


def test_a_loss_may_be_more_than_one():
    runs = [Found(RUNS[0].path, "run", {"judged_by": "loss", "best": {"loss": 2.0}}, {}, None)]
    assert condition_of("validation>1.5", Keys(runs), runs).fits(runs[0])
