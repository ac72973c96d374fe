"""Maps whose keys are free: what is said of mistakes in them, overrides, merging, and back."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

from snnrun.config.dumping import dump
from snnrun.config.tree import parse
from snnrun.core.registry import Settings
from snnrun.experiment import Experiment, load_config
from tests.config.graph import (
    GRAPH,
    GraphSettings,
    GroupSettings,
    InputSettings,
    PulseSettings,
    SynapsesSettings,
    problems,
    register,
)
from tests.config.yinyang import write


@pytest.fixture(autouse=True)
def _graphs(monkeypatch):
    register(monkeypatch)


ENTRIES = [
    ("50, tau: 90}", "50, taw: 90}",
     "g.yaml:8:28: model.neurons.Ae.taw: unknown key; did you mean 'tau'?"),
    ("{name: input}", "{name: input, size: 3}",
     "g.yaml:7:22: model.neurons.X.size: unknown key of 'input'; known: tau_trace"),
    ("n: 50, tau: 90", "n: many",
     "g.yaml:8:21: model.neurons.Ae.n: must be a whole number, got 'many'"),
    ("A.i: {name: lif, n: 50}", "A.i: {name: lif, n: 0}",
     'g.yaml:9:22: model.neurons."A.i".n: must be 1 or more, got 0'),
    ("n: 50, tau: 90", "tau: 90",
     "g.yaml:8:5: model.neurons.Ae.n: missing (number of neurons)"),
    ("X: {name: input}", "X: {name: inputt}",
     "g.yaml:7:9: model.neurons.X.name: unknown neuron 'inputt'; did you mean 'input'? "
     "known: input, lif"),
    ("X: {name: input}", "X: {tau_trace: 3}",
     "g.yaml:7:5: model.neurons.X.name: missing; it says which one to take"),
    ("X: {name: input}", "X: 3",
     "g.yaml:7:5: model.neurons.X: must be a map such as {name: input}, got 3"),
    ("X: {name: input}", "X:",
     "g.yaml:7:5: model.neurons.X: must be a map such as {name: input}, got nothing"),
    ("weight: 0.5", "wieght: 0.5",
     "g.yaml:12:7: model.synapses.X -> Ae.wieght: unknown key; did you mean 'weight'?"),
    ("weight: 0.5", "weight: heavy",
     "g.yaml:12:7: model.synapses.X -> Ae.weight: must be a number, got 'heavy'"),
    ("kind: one_to_one", "kind: one_to_on",
     "g.yaml:14:17: model.synapses.\"Ae -> A.i\".kind: must be 'dense', 'one_to_one' or "
     "'all_but_self', got 'one_to_on'; did you mean 'one_to_one'?"),
    ("nu: [1e-5, 1e-3]", "mu: 3",
     "g.yaml:13:26: model.synapses.X -> Ae.rule.mu: unknown key of 'stdp'; known: nu"),
    ("name: stdp", "name: sdtp",
     "g.yaml:13:14: model.synapses.X -> Ae.rule.name: unknown plasticity 'sdtp'; "
     "did you mean 'stdp'? known: stdp"),
    ("A.i: {kind: one_to_one, delays: {near: 1, far: 3}}", "A.i: dense",
     'g.yaml:14:5: model.synapses."Ae -> A.i": must be a map of keys to values, got \'dense\''),
    ("at: 7", "att: 7", "g.yaml:17:20: model.pulses.Ae.1.att: unknown key; did you mean 'at'?"),
    ("{at: 7, amplitude: 2}", "{amplitude: 2}",
     "g.yaml:17:19: model.pulses.Ae.1.at: missing (step)"),
]  # fmt: skip

VALUES = [
    ("far: 3", "far: 3.5",
     'g.yaml:14:53: model.synapses."Ae -> A.i".delays.far: must be a whole number, got 3.5'),
    ("{Ae: 0.1,", "{Ae: -1,", "g.yaml:15:11: model.rates.Ae: must be 0 or more, got -1"),
    ("A.i: 0.2", "A.i: fast", "g.yaml:15:20: model.rates.\"A.i\": must be a number, got 'fast'"),
    ("A.i: 0.2", "A.i: true", 'g.yaml:15:20: model.rates."A.i": must be a number, got true'),
    ("A.i: 0.2", "A.i: !!set x",
     'g.yaml:15:20: model.rates."A.i": !!set is not allowed here; write a plain value'),
    ("A.i: 0.2", "Ae: 0.2",
     "g.yaml:15:20: model.rates.Ae: written twice, first at g.yaml:15:11"),
]  # fmt: skip

SHAPES = [
    ("{near: 1, far: 3}", "[1, 3]",
     'g.yaml:14:35: model.synapses."Ae -> A.i".delays: must be a map of keys to values, '
     "got a list of 2"),
    ("  rates: {Ae: 0.1, A.i: 0.2}", "  rates: 0.1",
     "g.yaml:15:3: model.rates: must be a map of keys to values, got 0.1"),
    ("[{at: 3}, {at: 7, amplitude: 2}]", "{at: 3}",
     "g.yaml:17:5: model.pulses.Ae: must be a list, got a map"),
    ("    Ae: [{at: 3}", "    - [{at: 3}",
     "g.yaml:16:3: model.pulses: must be a map of keys to values, got a list of 1"),
    ("  readout: Ae", "  readout: {Ae: 1}", "g.yaml:18:3: model.readout: must be text, got a map"),
    ("X -> Ae:", "X -> Q:", "g.yaml:11:5: model.synapses.X -> Q: there is no group 'Q'"),
    ("X -> Ae:", "7:", "g.yaml:11:5: model.synapses.7: there is no group '7'"),
    ("Ae -> A.i:", "Ae -> B.i:",
     "g.yaml:14:5: model.synapses.\"Ae -> B.i\": there is no group 'B.i'"),
]  # fmt: skip


def test_the_config_to_break_is_right(tmp_path):
    assert problems(tmp_path) == []


@pytest.mark.parametrize(("old", "new", "problem"), ENTRIES + VALUES + SHAPES)
def test_one_mistake(tmp_path, old, new, problem):
    assert problems(tmp_path, old, new) == [problem]


def test_a_misspelt_key_that_is_required_is_one_mistake(tmp_path):
    assert problems(tmp_path, "{at: 3}", "{att: 3}") == [
        "g.yaml:17:11: model.pulses.Ae.0.att: unknown key; did you mean 'at'?"
    ]


# ---- overrides ----


@pytest.mark.parametrize(
    ("override", "group", "found"),
    [
        ("model.neurons.Ae.n=60", "Ae", GroupSettings(n=60, tau=90)),
        ("model.neurons.B={name: lif, n: 3}", "B", GroupSettings(n=3)),
        ('model.neurons."A.i".n=60', "A.i", GroupSettings(n=60)),
        ("model.neurons.'A.i'.tau=5", "A.i", GroupSettings(n=50, tau=5)),
        ('model.neurons."B.i"={name: input}', "B.i", InputSettings()),
        ("model.neurons.Ae={name: input}", "Ae", InputSettings()),
        ("model.neurons.Ae.name=lif", "Ae", GroupSettings(n=50, tau=90)),
    ],
)
def test_overrides(tmp_path, override, group, found):
    experiment = load_config(write(tmp_path, GRAPH), [override])
    assert experiment.model.neurons[group] == found


def test_two_overrides_make_one_entry(tmp_path):
    changes = ["model.neurons.New.name=lif", "model.neurons.New.n=7"]
    neurons = load_config(write(tmp_path, GRAPH), changes).model.neurons
    assert list(neurons) == ["X", "Ae", "A.i", "New"]
    assert neurons["New"] == GroupSettings(n=7)


def test_overrides_of_entries_with_arrows(tmp_path):
    changes = ["model.synapses.X -> Ae.weight=0.7", "model.synapses.X -> Ae.rule.nu.0=0.5",
               "model.synapses.X -> Ae.delays.near=4", "model.pulses.Ae.1.at=9"]  # fmt: skip
    model = load_config(write(tmp_path, GRAPH), changes).model
    edge = model.synapses["X -> Ae"]
    assert (edge.weight, edge.rule.nu, edge.delays) == (0.7, (0.5, 1e-3), {"near": 4})
    assert model.pulses["Ae"] == (PulseSettings(at=3), PulseSettings(at=9, amplitude=2))


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("model.neurons.Ae.n=x", "model.neurons.Ae.n: must be a whole number, got 'x'"),
        ("model.neurons.New.n=3", "model.neurons.New.name: missing; it says which one to take"),
        ("model.neurons.New={name: lif}", "model.neurons.New.n: missing (number of neurons)"),
        ('model.rates."A.i"=-1', 'model.rates."A.i": must be 0 or more, got -1'),
        ("model.rates.A.i=1",
         "model.rates: has no 'A'; dots in a key are quoted: 'model.rates.\"A.i\"=...'"),
        ("model.neurons.A.i.n=1",
         "model.neurons: has no 'A'; dots in a key are quoted: 'model.neurons.\"A.i\".n=...'"),
        ("model.neurons.Ae=null",
         "model.neurons.Ae: must be a map such as {name: input}, got nothing"),
        ("model.neurons={}", "model.neurons: must be a map of 1 or more, got an empty map"),
        ("model.pulses.Ae.2.at=1",
         "model.pulses.Ae: is a list with entries 0 to 1; it has no '2'; '+' appends one"),
        ("model.neurons.Ae.name=input",
         "model.neurons.Ae.name: 'input' has no n, tau; "
         "'model.neurons.Ae=input' starts afresh"),
        ("model.tau=3", "model.tau: unknown key of 'graph'; "
                        "known: neurons, synapses, rates, pulses, readout"),
    ],
)  # fmt: skip
def test_a_wrong_override(tmp_path, override, problem):
    assert problems(tmp_path, overrides=(override,)) == [f"override 1: {problem}"]


# ---- files that extend others ----


class Absent(Settings):
    """Entries that may be absent."""

    groups: dict[str, GroupSettings | None] = Field(default_factory=dict)


def extended(folder, text: str) -> Any:
    write(folder, GRAPH, "base.yaml")
    return load_config(write(folder, "extends: base.yaml\n" + text)).model


def test_maps_merge_key_by_key(tmp_path):
    model = extended(
        tmp_path,
        "model:\n  neurons:\n    Ae: {n: 60}\n    B: {name: lif, n: 4}\n"
        "  synapses: {X -> Ae: {rule: null}}\n  rates: {A.i: 0.3, B: 0.4}\n"
        "  pulses: {Ae: [{at: 1}]}\n",
    )
    assert list(model.neurons) == ["X", "Ae", "A.i", "B"]
    assert model.neurons["Ae"] == GroupSettings(n=60, tau=90)
    assert model.synapses["X -> Ae"] == SynapsesSettings(weight=0.5, delays={})
    assert model.rates == {"Ae": 0.1, "A.i": 0.3, "B": 0.4}
    assert model.pulses == {"Ae": (PulseSettings(at=1),)}


def test_an_entry_of_another_name_starts_afresh(tmp_path):
    model = extended(tmp_path, "model: {neurons: {Ae: {name: input}}}\n")
    assert model.neurons["Ae"] == InputSettings()


def test_an_entry_may_be_called_name(tmp_path):
    """Two values under the free key `name` were two names, and dropped the rest of the map."""
    base = GRAPH.replace("rates: {", "rates: {name: 0.5, ").replace(
        "    X: {name: input}", "    X: {name: input}\n    name: {name: lif, n: 1}"
    )
    write(tmp_path, base, "base.yaml")
    text = "extends: base.yaml\nmodel: {rates: {name: 0.6}, neurons: {name: {n: 2}}}\n"
    model = load_config(write(tmp_path, text)).model
    assert model.rates == {"name": 0.6, "Ae": 0.1, "A.i": 0.2}
    assert list(model.neurons) == ["X", "name", "Ae", "A.i"]
    assert model.neurons["name"] == GroupSettings(n=2)


def test_null_stays_null(tmp_path):
    """As everywhere: what takes null has it, what does not says so."""
    write(tmp_path, GRAPH, "base.yaml")
    assert problems(tmp_path, GRAPH, "extends: base.yaml\nmodel: {neurons: {X: null}}\n") == [
        "g.yaml:2:19: model.neurons.X: must be a map such as {name: input}, got nothing"
    ]
    root = Absent.model_validate({"groups": {"a": None, "b": {"n": 1}}})
    assert root.groups == {"a": None, "b": GroupSettings(n=1)}


# ---- there and back ----


def test_a_config_is_written_as_it_was_read(tmp_path):
    experiment = load_config(write(tmp_path, GRAPH))
    text = experiment.dump_yaml()
    assert "    X -> Ae: {kind: dense, weight: 0.5, delays: {}, rule: {name: stdp" in text
    assert "  rates: {Ae: 0.1, A.i: 0.2}\n" in text
    assert load_config(write(tmp_path, text)) == experiment
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


KEYS = st.text(min_size=1, max_size=9) | st.sampled_from(
    ["X -> Ae", "a.b", "no", "null", "1e-3", "1", "a: b", "#a", "{a}", "- a", "<<", "?", "name"]
)


@given(st.dictionaries(KEYS, st.floats(0, 1e6), max_size=4), st.lists(KEYS, max_size=3))
@example({"k" * 200: 1.0}, ["k" * 200])
def test_any_key_is_read_back(rates, groups):
    neurons = {"X": InputSettings(), **{key: GroupSettings(n=3) for key in groups}}
    model = GraphSettings(neurons=neurons, synapses={}, rates=rates, readout="X")
    found = parse(dump(model.model_dump()), str, []).plain()
    assert GraphSettings.model_validate(found) == model
    assert [list(found[key]) for key in ("neurons", "rates")] == [list(neurons), list(rates)]
