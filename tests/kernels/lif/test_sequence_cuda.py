"""LIF sequences by the CUDA kernels: emulated everywhere, on the device where there is one."""

import ctypes

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.kernels import cuda
from snnrun.kernels.lif import sequence_arrays, sequence_cuda
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset, State
from snnrun.kernels.lif.surrogates import SURROGATES
from tests.kernels.lif.sequences import assert_same
from tests.kernels.lif.test_sequence_kernel import DOUBLE, compiled, drawn, neurons


@pytest.fixture
def emulated(emulation, monkeypatch):
    """Lets CPU tensors go through the emulated kernels."""
    monkeypatch.setattr(sequence_arrays, "library_for", lambda *_: emulation)
    return emulation


def test_structs_have_the_sizes_of_the_library(emulation):
    own = (sequence_cuda.LifCall, sequence_cuda.LifOutputs, sequence_cuda.LifGradients)
    sizes = [emulation.snnrun_struct_bytes(ctypes.c_int64(which)) for which in (3, 4, 5)]
    assert sizes == [ctypes.sizeof(each) for each in own]


@compiled
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_equals_twin(data, emulation):
    draw = data.draw
    steps = draw(st.sampled_from([1, 7, 8, 9, 25]))
    one = (draw(st.integers(1, 3)), draw(st.sampled_from([1, 5, 33])))
    neuron, seed = neurons(draw, one), draw(st.integers(0, 1000))
    constant = draw(st.booleans())
    x = drawn(*one, seed=seed) if constant else drawn(steps, *one, seed=seed)
    state = None
    if draw(st.booleans()):
        state = State(*drawn(3, *one, seed=seed + 1).unbind(), (drawn(*one) > 0).to(DOUBLE))
        state = State(*(part.requires_grad_() for part in state[:3]), state.fired)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequence_arrays, "library_for", lambda *_: emulation)
        assert_same(x, neuron, state, steps if constant else None, seed)


@compiled
@pytest.mark.parametrize("surrogate", sorted(SURROGATES))
def test_equals_twin_in_float32(surrogate, emulated):
    neuron = SequenceNeuron(0.6, threshold=0.9, surrogate=surrogate, current_decay=0.3)
    assert_same(drawn(25, 3, 33, dtype=torch.float32), neuron)


@compiled
@pytest.mark.parametrize("detach", [False, True])
def test_several_spikes_a_step(detach, emulated):
    neuron = SequenceNeuron(0.7, threshold=0.4, multiple=True, detach=detach, current_decay=0.3)
    for reset in (SequenceReset.SUBTRACT, SequenceReset.NONE):
        assert_same(drawn(25, 3, 33), neuron._replace(reset=reset, adaptation=0.1))


@compiled
def test_a_derivative_that_the_kernels_do_not_know(emulated):
    assert_same(drawn(9, 3, 33), SequenceNeuron(0.6, surrogate=lambda x: (-x.abs()).exp()))


@compiled
def test_bfloat16_is_that_of_the_cpu(emulation, monkeypatch):
    neuron = SequenceNeuron(0.6, threshold=0.9)
    found = []
    for one in (None, emulation):
        monkeypatch.setattr(sequence_arrays, "library_for", lambda *_, one=one: one)
        x = drawn(9, 3, 7, dtype=torch.float32).bfloat16().requires_grad_()
        done = sequence(x, neuron, membranes=True)
        (done.spikes * drawn(9, 3, 7, seed=1).bfloat16() + done.membranes).sum().backward()
        found.append((done.spikes, done.membranes, x.grad))
    for mine, theirs in zip(*found, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-2, atol=1e-2)
    assert torch.equal(found[0][0], found[1][0])


@compiled
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_device():
    assert cuda.installed() is not None, "a device is here, but the CUDA kernels are not built"
    x = drawn(25, 4, 300, dtype=torch.float32)
    found = []
    for device in ("cpu", "cuda"):
        mine = x.to(device).detach().requires_grad_()
        spikes = sequence(mine, SequenceNeuron(0.6, threshold=0.9)).spikes
        (spikes * x.to(device)).sum().backward()
        found.append((spikes.cpu(), mine.grad.cpu()))
    assert torch.equal(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1])
