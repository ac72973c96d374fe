"""What a config says about neurons: constants one by one, what is drawn, what is refused."""

import math

import pytest
import torch

from snnrun.core.events import Events
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.models.graph.group_settings import SizedSettings
from snnrun.models.graph.net import build
from snnrun.models.graph.neurons import NEURONS
from snnrun.models.graph.settings import GraphSettings

KINDS = [
    name
    for name, entry in NEURONS.known.items()
    if issubclass(entry.settings, SizedSettings) and "threshold" in entry.settings.model_fields
]
INPUTS, SIZE, STEPS = 6, 3, 60


def per_neuron(settings):
    """The fields that may be lists, with a generic value for each of SIZE neurons."""
    changed = {}
    for index, (name, field) in enumerate(settings.model_fields.items()):
        if "tuple" in str(field.annotation) and name not in (
            "size",
            "trace",
            "decay",
            "threshold_decay",
        ):
            value = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "reset": -63.0}.get(
                name, field.default
            )
            changed[name] = [
                value + 0.4 * abs(value or 1.0) * (0.3 + 0.1 * index + 0.2 * n) * (-1) ** n * 0.3
                for n in range(SIZE)
            ]
    return changed


def net(kind, **settings):
    """A network of inputs and one group, float64, with weights that depend on nothing else."""
    given = {"name": kind, "trace": {"tau": 9.0}, **settings}
    config = {
        "dt": 0.5,
        "neurons": {"X": {"name": "input", "trace": {"tau": 5.0}}, "G": given},
        "synapses": {"X -> G": {"name": "dense", "init": {"name": "constant", "value": 30.0}}},
    }
    return build(GraphSettings.model_validate(config), INPUTS, 2, generator()).double()


def generator():
    return torch.Generator().manual_seed(5)


def shown(net):
    x = (torch.rand(STEPS, 2, INPUTS, generator=generator()) < 0.6).double()
    names = ("membranes", "trace", "thresholds")
    return net.network.run({"X": x}, learn=True, batched=True, record={"G": names})


@pytest.mark.parametrize("kind", KINDS)
def test_constants_of_each_neuron_are_those_of_groups_of_one(kind):
    lists = per_neuron(NEURONS[kind].settings)
    assert len(lists) >= 5
    together = shown(net(kind, size=SIZE, **lists))
    ticks = []
    for n in range(SIZE):
        own = {name: values[n] for name, values in lists.items()}
        for name, value in shown(net(kind, size=1, **own)).items():
            if name != "X":
                torch.testing.assert_close(together[name][..., n : n + 1], value, msg=name)
        ticks.append(together["G"][..., n].sum().item())
    assert len(set(ticks)) > 1
    assert max(ticks) > 2


@pytest.mark.parametrize(
    ("kind", "name", "state"),
    [
        *((kind, "decay", "membranes") for kind in KINDS if kind not in ("fede", "izhikevich")),
        ("pysnn_alif", "threshold_decay", "thresholds"),
    ],
)
def test_decays_of_each_neuron(kind, name, state):
    """Decays go before time constants, and may be lists as well."""
    together = shown(net(kind, size=2, gain=0.002, **{name: [0.9, 0.6]}))[f"G.{state}"]
    for n, value in enumerate([0.9, 0.6]):
        alone = shown(net(kind, size=1, gain=0.002, **{name: value}))[f"G.{state}"]
        torch.testing.assert_close(together[..., n : n + 1], alone)
    assert (together[3:, :, 0] - together[3:, :, 1]).abs().max() > 0.1


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("fede", "izhikevich")])
@pytest.mark.parametrize("closed", ["input", "membrane"])
def test_closed_neurons_leak_or_stand_still(kind, closed):
    found = shown(net(kind, size=1, refractory=3.0, reset=-60.0, closed=closed))
    begin = int(found["G"][:, 0, 0].nonzero()[0])
    membranes = found["G.membranes"][begin : begin + 7, 0, 0].tolist()  # 3 ms are 6 steps
    left = math.exp(-0.5 / 100) if closed == "input" else 1.0
    assert membranes == pytest.approx([-65 + 5 * left**n for n in range(7)], abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_networks_of_every_kind_run_and_are_saved(kind):
    """From the config, with nothing said but the size; two of one seed are equal."""
    first, second = (net(kind, size=4, rest=-70.0) for _ in range(2))
    second.load_state_dict(first.state_dict())
    assert torch.equal(shown(first)["G.membranes"], shown(second)["G.membranes"])
    x = Events.of((torch.rand(20, 3, INPUTS, generator=generator()) < 0.6).double())
    record = first(x)
    assert record.rates[0].shape == (3, 4)
    layer = first.spiking_layers()[0]
    assert (layer.key, layer.threshold) == ("neurons.G", first.settings.neurons["G"].threshold)


def test_all_kinds_and_lists_of_constants_are_compiled():
    assert all(net(kind, size=2)._compiled() for kind in KINDS)
    assert net("lif", size=2, rest=[-65.0, -60.0], reset=-60.0)._compiled()
    assert net("lif", size=2, refractory=[2.0, 3.0])._compiled()
    assert net("adaptive_lif", size=2, plus=[0.1, 0.2])._compiled()
    assert net("izhikevich", size=2, connected=True)._compiled()
    assert not net("izhikevich", size=2, threshold=-70.0)._compiled()  # would begin with a spike


def test_mean_threshold_stands_for_a_list():
    (layer,) = net("lif", size=2, threshold=[-50.0, -40.0]).spiking_layers()
    assert layer.threshold == -45.0


def test_a_drawn_mix_follows_the_seed_and_is_saved():
    mixed = {"size": 10, "excitatory": 0.8, "connected": True, "d": 3.0}
    first, second = (net("izhikevich", **mixed).network.group("G") for _ in range(2))
    assert torch.equal(first.c, second.c)
    assert (first.c != -65).sum() == 8
    assert first.d.eq(3.0).all()
    assert first.weights.shape == (10, 10)
    assert {"a", "b", "c", "d", "weights"} <= first.state_dict().keys()
    plain = net("izhikevich", size=10, connected=True).network.group("G")
    assert plain.c.eq(-65).all()
    assert plain.weights.min() >= 0
    assert net("izhikevich", size=10).network.group("G").weights is None


CONFIG = """
data: {name: digits}
encoder: {name: poisson_intervals, steps: 5}
model:
  name: graph
  neurons:
    X: {name: input}
    E: {name: lif, size: 3}
  synapses: {X -> E: {name: dense}}
learning: {name: correlation, readout: E}
train: {epochs: 1, batch_size: 10, optimizer: null}
"""


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("lif, tau: [1, 2]", "a.yaml:8:20: model.neurons.E.tau: expected one number, or a list of "
         "3, one for each neuron; got 2"),
        ("lif, tau: [1, 0, 2]", "a.yaml:8:29: model.neurons.E.tau.1: must be more than 0, got 0"),
        ("lif, tau: -1", "a.yaml:8:20: model.neurons.E.tau: must be more than 0 or a list, got -1"),
        ("lif, decay: [0.5, 1.5, 1]", "a.yaml:8:33: model.neurons.E.decay.1: must be 1 or less, "
         "got 1.5"),
        ("fede", "a.yaml:9:14: model.synapses.X -> E: fede neurons need a trace of X; it has "
         "none"),
        ("curent_lif", "unknown group of neurons 'curent_lif'; did you mean 'current_lif'?"),
        ("if", "unknown group of neurons 'if'; here it is lif with tau: .inf;"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path, new, message):
    path = tmp_path / "a.yaml"
    path.write_text(CONFIG.replace("lif", new), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    (line,) = refused.value.problems
    assert message in line


def test_that_config_is_right_otherwise(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    assert load_config(path).model.neurons["E"].size == 3
