"""Starter configs: they are right, complete and commented."""

import re
from typing import Annotated

import pytest

from snnrun.cli.starter import _examples, _section, fitting, starter
from snnrun.config.tree import parse
from snnrun.config.wording import choices
from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings
from snnrun.data import DATASETS
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.learning import RULES
from snnrun.learning.optimizers import OPTIMIZERS
from snnrun.learning.schedules import SCHEDULERS
from snnrun.learning.settings import RuleSettings
from snnrun.models import MODELS
from tests.config import graph
from tests.config.yinyang import write


@pytest.mark.parametrize("model", MODELS)
def test_it_loads_as_the_experiment_that_it_was_made_from(tmp_path, model):
    text = starter(model)
    assert load_config(write(tmp_path, text)) == fitting(model)
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_of_the_sections_stands_in_it(model):
    keys = {line.split("#")[0].strip(" -").split(":")[0] for line in starter(model).splitlines()}
    dumped = fitting(model).model_dump()
    wanted = {key for section in dumped.values() if isinstance(section, dict) for key in section}
    assert wanted - keys == set()


def test_meanings_stand_beside_the_settings():
    lines = starter("first_spike").splitlines()
    assert "  epochs: 100  # passes over the training data" in lines
    assert f"    name: adam  # {choices(OPTIMIZERS)}" in lines
    above = " ".join(line.strip(" #") for line in lines[: lines.index("  scheduler: null")])
    assert above.endswith(f"null: constant; {choices(SCHEDULERS)}")


def test_entries_of_maps_stand_below_their_names(tmp_path, monkeypatch):
    graph.register(monkeypatch)
    text = starter("graph")
    start = text.index("  neurons:")
    assert text[start : text.index("  rates:")] == MAPS
    assert load_config(write(tmp_path, text)) == fitting("graph")


MAPS = """\
  neurons:  # groups
    X:
      name: input  # known: input, lif
      tau_trace: 20.0  # of the trace, steps
    Ae:
      name: lif  # known: input, lif
      n: 50  # number of neurons
      tau: 100.0  # of the membrane, steps
      threshold: -52.0
  synapses:  # from -> to
    X -> Ae:
      kind: dense
      weight: 0.3  # of each synapse at first
      delays: {}  # branch: steps
      rule:  # how the weights change; null: not at all
        name: stdp  # known: stdp
        nu: [0.0001, 0.01]  # depression and potentiation
"""


class Empty(Settings):
    """Nothing."""


class Deep(Settings):
    """Maps and lists in each other, keys that YAML would take for something else."""

    pulses: dict[str, tuple[graph.PulseSettings, ...]]
    groups: tuple[dict[str, Annotated[Settings, named(graph.NEURONS)]], ...]
    listed: tuple[Annotated[Settings, named(graph.NEURONS)], ...]
    empty: dict[str, Empty | None]
    rates: dict[str, float]


DEEP = """\
pulses:
  "a: b":
    - at: 1  # step
      amplitude: 1.0
    - at: 2  # step
      amplitude: 3.0
  none: []
groups:
  - '1':
      name: lif  # known: input, lif
      n: 3  # number of neurons
      tau: 100.0  # of the membrane, steps
      threshold: -52.0
    'no':
      name: input  # known: input, lif
      tau_trace: 20.0  # of the trace, steps
listed:
  - name: input
    tau_trace: 20.0  # of the trace, steps
empty:
  a: {}
  b: null
rates: {a.b: 1.0, X -> Y: 2.0}
"""


def test_maps_and_lists_in_each_other():
    found = parse(DEEP, str, []).plain()
    text = "\n".join(_section(Deep.model_validate(found), "")) + "\n"
    assert text.replace("'a: b'", '"a: b"') == DEEP
    assert parse(text, str, []).plain() == found


class Required(Settings):
    """Maps without examples."""

    shapes: dict[str, Annotated[Settings, named(graph.NEURONS)]]
    pulses: dict[str, tuple[graph.PulseSettings, ...]]
    rates: dict[str, float]
    one: graph.PulseSettings | None
    several: tuple[graph.PulseSettings, ...]


def test_a_required_map_gets_an_entry():
    assert _examples(Required, 3) == {
        "shapes": {"first": {"name": "input"}},
        "pulses": {"first": [{"at": 3}]},
        "rates": {"first": 3},
        "one": {"at": 3},
        "several": [{"at": 3}],
    }
    assert Required.model_validate(_examples(Required, 3)).rates == {"first": 3.0}


def test_an_unknown_model():
    with pytest.raises(ConfigError, match="unknown model 'frist_spike'; did you mean"):
        starter("frist_spike")


def test_the_rule_of_the_same_name_comes_first(monkeypatch):
    class Other(RuleSettings):
        """A rule for every network, before it in the table."""

    others = {name: entry for name, entry in RULES.known.items() if name != "first_spike"}
    rules = {**others, "other": Entry(Other, ""), "first_spike": RULES["first_spike"]}
    monkeypatch.setattr(RULES, "_known", rules)
    assert list(RULES)[-2:] == ["other", "first_spike"]
    assert type(fitting("first_spike").learning) is rules["first_spike"].settings


@pytest.mark.parametrize(
    ("model", "data", "rule"),
    [("first_spike", "digits", None), ("lif", "digits", "eprop"), ("feedforward", "mnist", None)],
)
def test_data_and_rule_may_be_chosen(tmp_path, model, data, rule):
    """`new --data` and `new --rule` did not exist; eprop wants another readout than the first."""
    experiment = load_config(write(tmp_path, starter(model, data, rule)))
    assert experiment == fitting(model, data, rule)
    assert DATASETS.name_of(experiment.data) == data
    assert rule is None or RULES.name_of(experiment.learning) == rule


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("lif", "digts"), "unknown data set 'digts'; did you mean 'digits'?"),
        (("lif", None, "epropp"), "unknown learning rule 'epropp'; did you mean 'eprop'?"),
        (("first_spike", "digits", "eprop"),
         "'eprop' does not train this model; those that do: first_spike"),
        (("sbs", "yin_yang"), "nothing fits sbs, yin_yang with defaults: model.layers.0.kernel: "),
        (("lif", "csv"), "nothing fits lif, csv with defaults: csv wants train, which "
         "`snnrun show csv` explains; leave --data out, and put {name: csv, train: ...} behind "
         "data:"),
    ],
)  # fmt: skip
def test_what_does_not_fit(names, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        starter(*names)
