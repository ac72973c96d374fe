"""Diehl & Cook's network: the readable twin and the engine give the spikes of BindsNET."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from snnrun.core.events import Events
from snnrun.models.graph.connections import Dense, Single
from snnrun.models.graph.engine import Engine, compiled
from snnrun.models.graph.group import Input
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Pair
from snnrun.models.graph.traces import TraceSettings

GOLDEN = Path(__file__).parents[2] / "golden/correlation"
KINDS = ["bindsnet_dc2015_net", "bindsnet_dc2015_net_one_spike"]


class Told(AdaptiveLIF):
    """Neurons whose winners are known; notes the words that would have chosen them."""

    def choose(self, winners):
        """Take the winners of the next sample, ``[time, batch, neurons]``."""
        self.winners, self.chosen = iter(winners), []

    def _winners(self, spikes):
        told = next(self.winners)
        count, word = int(spikes.sum()), 0
        if count > 1:
            among = spikes[0].nonzero()[:, 0].tolist()
            rank = among.index(int(told[0].nonzero()[0, 0]))
            word = int((rank + 0.5) / count * 2**32)
        self.chosen.append(word)
        return super()._winners(spikes) if count < 2 else told.to(spikes)


def network(meta, weight, dtype, kind=AdaptiveLIF):
    """Return the network of a golden file."""
    inputs, neurons = weight.shape
    trace = TraceSettings(tau=20.0)
    groups = {
        "X": Input((inputs,), trace),
        "Ae": kind(
            (neurons,), tau=100.0, rest=-65.0, reset=-60.0, threshold=-52.0, refractory=5.0,
            plus=meta["theta_plus"], tau_theta=meta["tc_theta_decay"],
            one_winner=meta["one_spike"], trace=trace,
        ),
        "Ai": LIF((neurons,), tau=10.0, rest=-60.0, reset=-45.0, threshold=-40.0, refractory=2.0),
    }  # fmt: skip
    bounds, size = (float(meta["wmin"]), float(meta["wmax"])), (neurons,)
    dense = Dense((inputs,), size, delay=1, bounds=bounds, norm=meta["norm"])
    dense.weight.data = torch.from_numpy(weight.T.copy())
    edges = [
        Edge("X", "Ae", dense, (Pair(tuple(meta["nu"])),)),
        Edge("Ae", "Ai", Single(size, size, kind="one_to_one", weight=meta["exc"], delay=1)),
        Edge("Ai", "Ae", Single(size, size, kind="all_but_self", weight=-meta["inh"], delay=1)),
    ]
    return Network(groups, edges).to(dtype)


@pytest.fixture(params=KINDS)
def golden(request):
    arrays = dict(np.load(GOLDEN / f"{request.param}.npz"))
    return json.loads(str(arrays.pop("meta"))), arrays


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_twin_and_engine_give_its_spikes_weights_and_thresholds(golden, dtype):
    meta, arrays = golden
    twin = network(meta, arrays["weight0"], dtype, Told)
    fast = network(meta, arrays["weight0"], dtype)
    assert compiled(fast)
    engine = Engine(fast)
    for sample, given in enumerate(arrays["input_spikes"]):
        spikes = torch.from_numpy(given).to(dtype)
        expected = {name: arrays[f"{name}_spikes"][sample] for name in ("Ae", "Ai")}
        twin.group("Ae").choose(torch.from_numpy(expected["Ae"]))
        found = twin.run({"X": spikes}, learn=True)
        words = np.array(twin.group("Ae").chosen or [0] * len(spikes), np.uint32)[None]
        lists = engine.run(Events.of(spikes), words, ["Ae", "Ai"], learning=True)
        for name, wanted in expected.items():
            np.testing.assert_array_equal(found[name], wanted)
            np.testing.assert_array_equal(lists[name].dense(spikes), wanted)
        for net in (twin, fast):
            weight = net.synapses["X->Ae"].weight.t()
            np.testing.assert_allclose(weight, arrays["weight_after_sample"][sample], atol=3e-6)
            np.testing.assert_allclose(
                net.group("Ae").theta, arrays["theta"][sample, -1], atol=1e-5
            )
    np.testing.assert_allclose(
        fast.synapses["X->Ae"].weight, twin.synapses["X->Ae"].weight,
        atol=1e-12 if dtype == torch.float64 else 1e-6,
    )  # fmt: skip
