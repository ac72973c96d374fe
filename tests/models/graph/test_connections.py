"""Synapses bring what their equations say, when their delays say, as PySNN where it is right."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from snnrun.models.graph.connections import Dense, Single
from snnrun.models.graph.group import Input
from snnrun.models.graph.images import Conv2d, Local
from snnrun.models.graph.lif import LIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.pooling import AdaptiveMaxPool2d, MaxPool2d
from snnrun.models.graph.relay import Relay
from snnrun.models.graph.sparse import Sparse
from snnrun.models.graph.traces import TraceSettings
from tests.models.graph.test_neurons import load


class Given(Input):
    """Neurons whose traces are given, too."""

    def show(self, spikes, trace):
        self.spikes, self.trace = spikes, trace


class Sum(LIF):
    """Neurons that never spike; their membranes add up what arrives."""

    def __init__(self, shape):
        super().__init__(shape, tau=float("inf"), threshold=1e9)


def spikes_of(golden):
    """Return the spikes that go in, ``[time, batch, neurons]``."""
    return golden["spikes_in"].double().flatten(2)


def activation(spikes, weight, delay):
    """Return what arrives at each synapse, ``[time, batch, post, pre]``, by our delay lines."""
    pre, post = (weight.shape[1],), (weight.shape[0],)
    synapses = Dense(pre, post, delay=delay)
    synapses.weight.data = weight.to(spikes)
    net = Network({"pre": Input(pre), "post": Sum(post)}, [Edge("pre", "post", synapses)])
    net.reset(spikes.shape[1], spikes)
    found = []
    for each in spikes:
        net.step({"pre": each})
        arrived = synapses.arrived(net.group("pre"))[..., 0]
        found.append(arrived * synapses.weight)
    total = torch.stack(found).sum((0, 3))
    torch.testing.assert_close(net.group("post").membranes, total)
    return torch.stack(found)


def late(spikes, delay):
    """Return spikes ``[time, ...]`` so many steps later: the ideal delay line."""
    return torch.cat([torch.zeros_like(spikes[:delay]), spikes])[: len(spikes)]


@pytest.mark.parametrize("name", ["delay0", "delay3"])
def test_dense_synapses_of_pysnn(name):
    meta, golden = load(f"pysnn_linear_{name}")
    found = activation(spikes_of(golden), golden["weight"], meta["delay"])
    wanted = golden["activation"].squeeze(2)
    torch.testing.assert_close(found, wanted.to(found), rtol=0, atol=1e-7)
    assert wanted.any()


def test_overlapping_spikes_are_kept_where_pysnn_loses_them():
    meta, golden = load("pysnn_linear_delay3_collisions_QUIRK")
    spikes, weight = spikes_of(golden), golden["weight"]
    found = activation(spikes, weight, meta["delay"])
    ideal = late(spikes, 3)[:, :, None] * weight
    assert torch.equal(found, ideal)
    assert (found != golden["activation"].squeeze(2)).any()


def test_every_synapse_has_its_own_delay():
    generator = torch.Generator().manual_seed(1)
    spikes = (torch.rand(40, 2, 4, generator=generator) < 0.4).double()
    weight = torch.rand(3, 4, generator=generator).double()
    delays = torch.randint(0, 6, (3, 4), generator=generator)
    found = activation(spikes, weight, delays)
    for post, pre in np.ndindex(3, 4):
        wanted = late(spikes[:, :, pre], int(delays[post, pre])) * weight[post, pre]
        assert torch.equal(found[:, :, post, pre], wanted)


def test_delays_of_one_step_reach_back_to_groups_that_step_later():
    """In a loop, too, each synapse brings its spike after its own delay."""
    delays = torch.tensor([[1, 2], [4, 1]])
    back = Dense((2,), (2,), delay=delays)
    back.weight.data = torch.tensor([[1.0, 10.0], [100.0, 1000.0]])
    here = Single((2,), (2,), kind="one_to_one", weight=1.0)
    net = Network(
        {"post": Sum((2,)), "x": Input((2,)), "pre": Relay((2,))},
        [Edge("x", "pre", here), Edge("pre", "post", back)],
    )
    net.order = ["post", "x", "pre"]  # post first: what it gets is a step old
    net.reset(1, torch.zeros(1))
    membranes = []
    for t in range(6):
        net.step({"x": torch.ones(1, 2) * (t == 0)})
        membranes.append(net.group("post").membranes[0].tolist())
    assert membranes == [[0, 0], [1, 1000], [11, 1000], [11, 1000], [11, 1100], [11, 1100]]


def test_a_cycle_is_one_by_its_shortest_delay():
    groups = {"x": Input((2,)), "a": Sum((2,)), "b": Sum((2,))}
    there = Dense((2,), (2,), delay=torch.tensor([[0, 3], [3, 3]]))
    back = Dense((2,), (2,))
    with pytest.raises(ValueError, match="a -> b -> a: a cycle without a delay"):
        Network(groups, [Edge("a", "b", there), Edge("b", "a", back)])
    back = Dense((2,), (2,), delay=torch.tensor([[1, 3], [3, 3]]))
    net = Network(groups, [Edge("a", "b", there), Edge("b", "a", back)])
    assert net.order == ["x", "a", "b"]


# ---- images ----


def test_convolution_is_true_where_that_of_pysnn_is_not():
    meta, golden = load("pysnn_conv2d_QUIRK")
    synapses = Conv2d(
        (2, 8, 8), (3, 4, 4), **{key: meta[key] for key in ("kernel", "stride", "padding")}
    )
    synapses.weight.data = golden["weight"]
    for t, spikes in enumerate(golden["spikes_in"].float()):
        found = synapses(spikes)
        torch.testing.assert_close(found, golden["conv2d_correct"][t], rtol=0, atol=1e-6)
        assert (found - golden["pysnn_folded_sum"][t]).abs().max() > 0.1
        seen = synapses.seen(golden["trace_in"][t])
        wanted = golden["synapse_trace_BOKL"][t]
        assert torch.equal(seen[:, None].expand_as(wanted), wanted)


def random_local():
    generator = torch.Generator().manual_seed(2)
    synapses = Local((2, 5, 7), (3, 2, 3), kernel=3, stride=2)
    synapses.weight.data = torch.randn(synapses.weight.shape, generator=generator)
    return synapses, (torch.rand(4, 2, 5, 7, generator=generator) < 0.5).float()


def test_local_synapses_have_weights_of_their_own_at_every_place():
    synapses, spikes = random_local()
    found = synapses(spikes)
    weight = synapses.weight.view(3, 2, 3, 2, 3, 3)
    for filter_, y, x in np.ndindex(3, 2, 3):
        window = spikes[:, :, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3]
        wanted = (window * weight[filter_, y, x]).sum((1, 2, 3))
        torch.testing.assert_close(found[:, filter_, y, x], wanted)


def test_shapes_that_do_not_fit_are_both_told():
    with pytest.raises(ValueError, match=r"expected post of shape \[3, 4, 4\], got \[3, 5, 4\]"):
        Conv2d((2, 8, 8), (3, 5, 4), kernel=3, stride=2, padding=1)
    with pytest.raises(ValueError, match=r"kernel: 9 x 9 is larger than an image of 8 x 8$"):
        Conv2d((2, 8, 8), (3, 1, 1), kernel=9)
    with pytest.raises(ValueError, match=r"expected an image, .* got \[64\]"):
        Conv2d((64,), (3, 1, 1), kernel=3)


def pooled(kind, pre, post, spikes, traces, **options):
    """Return spikes and traces behind a pool, ``[time, batch, *post]``."""
    groups = {"pre": Given(pre, TraceSettings()), "pool": Relay(post)}
    net = Network(groups, [Edge("pre", "pool", kind(pre, post, **options))])
    net.reset(spikes.shape[1], spikes)
    found = []
    for each, trace in zip(spikes, traces, strict=True):
        net.group("pre").show(each, trace)
        pool = net.group("pool")
        pool.bring(net._carried("pool"))
        found.append((pool(net._received("pool")), pool.trace))
    return [torch.stack(each) for each in zip(*found, strict=True)]


def test_max_pool_of_pysnn():
    meta, golden = load("pysnn_maxpool2d")
    spikes, traces = golden["spikes_in"].flatten(1, 2).float(), golden["trace_in"].flatten(1, 2)
    spikes, traces = spikes[:, None], traces[:, None]
    out, carried = pooled(MaxPool2d, (1, 8, 8), (1, 4, 4), spikes, traces, kernel=meta["kernel"])
    assert torch.equal(out[:, 0, 0], golden["spikes_out"].squeeze().float())
    assert torch.equal(carried[:, 0, 0], golden["trace_out"].squeeze())


@pytest.mark.parametrize("kind", [MaxPool2d, AdaptiveMaxPool2d])
def test_traces_behind_a_pool_are_those_of_the_winner_in_its_own_plane(kind):
    generator = torch.Generator().manual_seed(3)
    spikes = (torch.rand(5, 3, 2, 4, 6, generator=generator) < 0.3).float()
    traces = torch.rand(5, 3, 2, 4, 6, generator=generator)
    options = {"kernel": 2} if kind is MaxPool2d else {}
    out, carried = pooled(kind, (2, 4, 6), (2, 2, 3), spikes, traces, **options)
    for at in np.ndindex(5, 3, 2, 2, 3):
        *plane, y, x = at
        window = (*plane, slice(2 * y, 2 * y + 2), slice(2 * x, 2 * x + 2))
        winner = int(spikes[window].flatten().argmax())
        assert out[at] == spikes[window].max()
        assert carried[at] == traces[window].flatten()[winner]


# ---- what is kept of weights ----


def test_sparse_synapses_stay_what_they_are():
    generator = torch.Generator().manual_seed(4)
    mask = torch.rand(5, 8, generator=generator) < 0.4
    synapses = Sparse((8,), (5,), mask=mask, bounds=(0.1, 1.0), norm=2.0)
    synapses.change(torch.rand(5, 8, generator=generator))
    synapses.normalise()
    assert torch.equal(synapses.weight != 0, mask)
    torch.testing.assert_close(synapses.weight.sum(1), torch.full((5,), 2.0))
    synapses.change(torch.rand(5, 8, generator=generator))
    assert torch.equal(synapses.weight != 0, mask)
    with pytest.raises(ValueError, match=r"mask: expected \[5, 8\], got \[8, 5\]"):
        Sparse((8,), (5,), mask=mask.t())


@pytest.mark.parametrize("squares", [False, True])
@pytest.mark.parametrize("kind", [Dense, Conv2d, Local])
def test_weights_are_normalised_where_that_is_due(kind, squares):
    groups, window = ((1, 5, 5), (2, 3, 3)), {} if kind is Dense else {"kernel": 3}
    for every in ("step", "sample", "epoch"):
        synapses = kind(*groups, norm=3.0, squares=squares, every=every, **window)
        synapses.weight.data = torch.rand(synapses.weight.shape) + 0.1
        for behind in ("step", "sample", "epoch"):
            before = synapses.weight.clone()
            synapses.normalise(behind)
            if behind != every:
                assert torch.equal(synapses.weight, before)
            else:
                rows = synapses.weight.flatten(1)
                total = rows.square().sum(1).sqrt() if squares else rows.sum(1)
                torch.testing.assert_close(total, torch.full_like(total, 3.0))


def test_convolution_by_windows_is_that_of_torch():
    """What rules take for the input of a place is what its neuron gets."""
    generator = torch.Generator().manual_seed(5)
    synapses = Conv2d((2, 6, 7), (3, 3, 4), kernel=3, stride=2, padding=1)
    synapses.weight.data = torch.randn(synapses.weight.shape, generator=generator)
    spikes = torch.rand(4, 2, 6, 7, generator=generator)
    by_windows = (synapses.grid(synapses.weight) * synapses.seen(spikes)[:, None]).sum(2)
    wanted = functional.conv2d(spikes, synapses.weight, stride=2, padding=1)
    torch.testing.assert_close(synapses(spikes), wanted)
    torch.testing.assert_close(by_windows, synapses.at(wanted))
