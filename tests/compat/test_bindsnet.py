"""Networks that BindsNET saved are read, run, and nothing in them is called."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from snnrun.api import load
from snnrun.compat.bindsnet.importing import import_file, model_of
from snnrun.compat.bindsnet.reading import HEEDED, read
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import load_config

SAVED = Path(__file__).parents[1] / "golden/correlation/bindsnet_saved.pt"


@pytest.fixture(scope="module")
def arrays():
    return dict(np.load(SAVED.with_suffix(".npz")))


def test_a_saved_network_becomes_a_run(arrays, tmp_path):
    run = import_file(SAVED, ["data=digits"], results=tmp_path)
    network = load(run.path).model.network
    weights = network.synapses["X->Ae"].weight
    np.testing.assert_array_equal(weights.t(), arrays["w"])
    np.testing.assert_array_equal(network.group("Ae").theta, arrays["theta"])
    experiment = load_config(run.path / "config.yaml")
    e = experiment.model.neurons["Ae"]
    assert (e.size, e.rest, e.reset, e.threshold, e.refractory) == (10, -65, -60, -52, 5)
    assert (e.plus, e.tau_theta, e.one_winner, e.trace.tau) == (pytest.approx(0.07), 1e7, True, 20)
    i = experiment.model.neurons["Ai"]
    assert (i.tau, i.rest, i.reset, i.threshold, i.refractory) == (10, -60, -45, -40, 2)
    edge = experiment.model.synapses["X -> Ae"]
    assert edge.normalise.to == pytest.approx(12.8)
    assert edge.bounds == (0, 1)
    assert edge.rules[0].nu == pytest.approx((2e-4, 1e-2))
    assert experiment.model.synapses["Ae -> Ai"].weight == 22.5
    assert experiment.model.synapses["Ai -> Ae"].weight == -120
    assert load(run.path).rule.votes.labels.totals.sum() > 0  # neurons have been told their classes


def old_state(arrays, **change):
    """A state dict as BindsNET 0.3.2 saves it."""
    size = arrays["w"].shape[1]
    eye = torch.eye(size)
    numbers = {
        "Ae": {"rest": -65.0, "reset": -60.0, "thresh": -52.0, "refrac": 5, "tc_decay": 100.0,
               "theta_plus": 0.05, "tc_theta_decay": 1e7},
        "Ai": {"rest": -60.0, "reset": -45.0, "thresh": -40.0, "refrac": 2, "tc_decay": 10.0},
        "X": {"tc_trace": 20.0},
    }  # fmt: skip
    state = {f"{n}.{k}": torch.tensor(v) for n, own in numbers.items() for k, v in own.items()}
    weights = {
        "Ae.theta": torch.from_numpy(arrays["theta"]),
        "X_to_Ae.w": torch.from_numpy(arrays["w"]),
        "Ae_to_Ai.w": 22.5 * eye,
        "Ai_to_Ae.w": -120 * (1 - eye),
    }
    return {**state, **weights, **change}


def test_a_state_dict_of_an_earlier_version(arrays, tmp_path):
    torch.save(old_state(arrays), tmp_path / "state.pt")
    run = import_file(tmp_path / "state.pt", ["data=digits"], results=tmp_path / "results")
    weights = load(run.path).model.network.synapses["X->Ae"].weight
    np.testing.assert_array_equal(weights.t(), arrays["w"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Ai_to_Ae.w": torch.rand(10, 10)}, "Ai_to_Ae: expected one weight"),
        ({"X_to_Ae.w": torch.full((64, 10), torch.nan)}, "X_to_Ae: weights are not finite"),
        ({"X_to_Ae.w": torch.rand(63, 10)}, r"X->Ae.weight"),
    ],
)
def test_another_network_is_refused(arrays, tmp_path, change, message):
    torch.save(old_state(arrays, **change), tmp_path / "state.pt")
    with pytest.raises(DataError, match=message):
        import_file(tmp_path / "state.pt", ["data=digits"], results=tmp_path / "results")
    assert not any((tmp_path / "results").glob("*"))


#: Follows from others, counts, tells how the file was made, or stands where the network stood.
IDLE = {
    "decay", "trace_decay", "theta_decay", "n", "batch_size", "training", "learning", "traces",
    "s", "x", "v", "refrac_count", "theta",
}  # fmt: skip
#: What nobody shows Ai: it has no trace.
IDLE_OF_ONE = {"Ai.traces_additive"}
#: None in the file: told apart only where somebody sets them.
UNSET = {"Ae.lbound", "Ai.lbound"}


def other(value):
    return not value if isinstance(value, bool) else np.asarray(value) * 1.5 + 1


def becomes(saved):
    """The model that is made of a network, or why there is none."""
    try:
        return model_of(saved, SAVED)
    except DataError as error:
        return str(error)


def test_every_constant_of_theirs_is_taken_or_refused_by_name():
    """A trace that rises by less, a lowest membrane, another trace of Ae were lost in silence."""
    saved = read(SAVED)
    known, told = becomes(saved), set()
    names = {f"{node}.{key}" for node, own in saved.nodes.items() for key in own}
    for name in sorted(names | UNSET):
        node, _, key = name.partition(".")
        own = {**saved.nodes[node], key: other(saved.nodes[node].get(key, 0.0))}
        made = becomes(saved._replace(nodes={**saved.nodes, node: own}))
        assert (made == known) == (key in IDLE or name in IDLE_OF_ONE), name
        if isinstance(made, str):
            assert f".{key} is " in made
            told.add(name)
    assert told >= {"X.trace_scale", "Ae.trace_scale", "Ae.lbound", "Ai.sum_input", "Ai.dt"}


def test_everything_of_their_rule_is_taken_or_refused_by_name():
    saved = read(SAVED)
    known = becomes(saved)
    assert saved.rule.keys() == {"norm", "low", "high", "nu", "name", *HEEDED}
    for key, value in saved.rule.items():
        changed = "Hebbian" if isinstance(value, str) else other(value)
        made = becomes(saved._replace(rule={**saved.rule, key: changed}))
        assert made != known, key
        assert isinstance(made, dict) or f"X_to_Ae: {key} is " in made


def test_a_state_dict_without_weights_says_what_helps(arrays, tmp_path):
    state = old_state(arrays)
    del state["X_to_Ae.w"]
    torch.save(state, tmp_path / "state.pt")
    with pytest.raises(DataError, match=r"use the file that Network\.save writes"):
        read(tmp_path / "state.pt")


def test_data_must_be_named():
    with pytest.raises(ConfigError, match="says nothing of data; add data=NAME"):
        import_file(SAVED)


class Bomb:
    """Deletes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.unlink, (self.path,)


def test_nothing_is_run(tmp_path):
    victim, file = tmp_path / "victim", tmp_path / "bomb.pt"
    victim.touch()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(victim), protocol=2))
    with pytest.raises(DataError, match="is not expected"):
        read(file)
    assert victim.exists()


def test_a_cut_file_is_damaged(tmp_path):
    (tmp_path / "cut.pt").write_bytes(SAVED.read_bytes()[:5000])
    with pytest.raises(DataError, match="damaged"):
        read(tmp_path / "cut.pt")
