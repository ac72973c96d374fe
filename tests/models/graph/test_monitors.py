"""Network.run keeps the state of groups that it is asked for."""

import pytest
import torch

from snnrun.models.graph.connections import Dense
from snnrun.models.graph.group import Input
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.traces import TraceSettings

STEPS, BATCH = 30, 3


def network():
    trace = TraceSettings(tau=10.0)
    groups = {
        "X": Input((4,), trace),
        "E": AdaptiveLIF((5,), tau=20.0, plus=0.2, tau_theta=50.0, refractory=2.0, trace=trace),
        "I": LIF((2,), tau=5.0, threshold=0.5),
    }
    made = {"X": Dense((4,), (5,)), "I": Dense((5,), (2,))}
    generator = torch.Generator().manual_seed(3)
    for synapses in made.values():
        synapses.weight.data = torch.rand(synapses.weight.shape, generator=generator)
    return Network(groups, [Edge("X", "E", made["X"]), Edge("E", "I", made["I"])])


def given():
    return (torch.rand(STEPS, BATCH, 4, generator=torch.Generator().manual_seed(2)) < 0.3).float()


def test_what_is_recorded_is_the_state_after_each_step():
    record = {"E": ("membranes", "trace", "theta", "thresholds", "spikes"), "I": ("left",)}
    found = network().run({"X": given()}, learn=True, batched=True, record=record)
    assert found.keys() == {
        "X", "E", "I", "E.membranes", "E.trace", "E.theta", "E.thresholds", "E.spikes", "I.left"
    }  # fmt: skip
    other = network()
    other.reset(BATCH, given())
    for t, x in enumerate(given()):
        other.step({"X": x}, learn=True, batched=True)
        group = other.group("E")
        for name in record["E"]:
            assert torch.equal(found[f"E.{name}"][t], getattr(group, name)), name
        assert torch.equal(found["I.left"][t], other.group("I").left)
    assert found["E.theta"].shape == (STEPS, 5)
    assert found["E.membranes"].shape == found["E.thresholds"].shape == (STEPS, BATCH, 5)
    assert torch.equal(found["E.spikes"], found["E"])
    theta = found["E.theta"][:, None]
    torch.testing.assert_close(found["E.thresholds"], 1 + theta.expand(-1, BATCH, -1))
    assert found["E.theta"][-1].min() > found["E.theta"][0].max()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"F": ("trace",)}, r"record: no group 'F'; known: X, E, I"),
        ({"E": ("membrane",)}, r"record: no E\.membrane; did you mean 'membranes'\?"),
        ({"I": ("trace",)}, r"record: I\.trace: the group has no trace"),
        ({"X": ("thresholds",)}, r"record: no X\.thresholds; known: spikes, trace$"),
    ],
)
def test_what_there_is_not_is_refused(record, message):
    with pytest.raises(ValueError, match=message):
        network().run({"X": given()}, record=record)
