"""The pass of LIF neurons: by hand, the compiled one against its twin, refusals."""

import math
from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.kernels.lif import scan as lif
from snnrun.kernels.lif.reference import Neuron, Reset, walk
from snnrun.kernels.lif.scan import NARROW, Pass, packed, scan, unpacked
from snnrun.kernels.lif.steady import is_constant
from snnrun.kernels.lif.surrogates import SHAPES
from snnrun.kernels.native import native

compiled = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
EVERYTHING = dict.fromkeys(("spikes", "membranes", "derivatives", "derivative_sum", "rates"), True)


def steady(value: float, steps: int) -> torch.Tensor:
    return torch.tensor([[value]], dtype=torch.float64).expand(steps, 1, 1)


def test_membrane_by_hand():
    """Current 2, 3, 3.5, 3.75; threshold 4, subtracted when the membrane reaches it."""
    done = scan(steady(2.0, 4), Neuron(0.5, 0.25, 4.0), spikes=True, membranes=True)
    assert done.membranes.flatten().tolist() == [2.0, 3.5, 4.375, 3.84375]
    assert done.spikes.flatten().tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("reset", "last"),
    [(Reset.NONE, 7.0), (Reset.SUBTRACT, 3.0), (Reset.SUBTRACT_TWICE, -1.0), (Reset.ZERO, 2.0)],
)
def test_resets_by_hand(reset, last):
    """The membrane is 5 = threshold + 1 at the first step; the second adds 2, without leak."""
    current = torch.tensor([5.0, 2.0]).view(2, 1, 1)
    done = scan(current, Neuron(0.0, 1.0, 4.0, reset), membranes=True)
    assert done.membranes.flatten().tolist() == [5.0, last]


def test_a_membrane_at_the_threshold_spikes():
    done = scan(steady(1.5, 1), Neuron(0.0, 0.0, 1.5), spikes=True)
    assert done.spikes.item() == 1


def test_rates_and_activity_by_hand():
    """Three neurons: one silent, one that spikes at the second step, one at every step."""
    current = torch.tensor([[0.1, 0.6, 9.0]]).expand(3, 1, 3)
    done = scan(current, Neuron(0.0, 1.0, 1.1), rates=True, late=1)
    torch.testing.assert_close(done.rates, torch.tensor([[0.0, 1 / 3, 1.0]]))
    torch.testing.assert_close(done.late_rates, torch.tensor([[0.0, 1 / 2, 1.0]]))
    assert done.activity == pytest.approx((4 / 9, 1 / 3, 1 / 3))


def test_backwards_is_the_adjoint_of_the_filters():
    """<F x, y> = <x, F' y> for all x and y."""
    x, y = torch.randn(2, 9, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    neuron = Neuron(0.7, 0.9, math.inf, Reset.NONE)
    there = scan(x, neuron, membranes=True).membranes
    back = scan(y, neuron, membranes=True, backwards=True).membranes
    torch.testing.assert_close((there * y).sum(), (x * back).sum())


def test_psi_is_of_the_membrane_before_or_after_the_reset():
    """Membrane 5, threshold 4: 1 above it before the reset, 3 below it after."""
    one = torch.ones(1)
    before, after = (
        scan(
            steady(5.0, 1).float(),
            Neuron(0, 0, 4.0, after_reset=late),
            derivative_sum=True,
            step_weights=one,
        )
        for late in (False, True)
    )
    assert before.derivative_sum.item() == pytest.approx(1 / 4)
    assert after.derivative_sum.item() == pytest.approx(1 / 16)


def test_autograd_passes_psi_and_nothing_through_the_reset():
    """Two steps by hand: dS1/dJ0 = psi(U1) b, although the neuron was reset after step 0."""
    current = torch.tensor([2.0, 1.0]).double().view(2, 1, 1).requires_grad_()
    neuron = Neuron(0.0, 0.5, 1.5, sharpness=2.0, height=0.3)
    last = list(walk(current, neuron))[-1]
    (derivative,) = torch.autograd.grad(last.spikes.sum(), current)
    psi = 0.3 / (1 + 2 * abs(last.membrane.item() - 1.5)) ** 2
    assert last.membrane.item() == 0.5 * (2 - 1.5) + 1
    assert derivative.flatten().tolist() == pytest.approx([0.5 * psi, psi])


def assert_equal(one: Pass, other: Pass, exact: bool) -> None:
    tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 2e-6, "atol": 1e-6}
    for field in fields(Pass):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name == "activity":
            assert mine == pytest.approx(theirs, rel=1e-6)
        elif field.name in ("spikes", "membranes", "bits"):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
        else:
            torch.testing.assert_close(mine, theirs, **tolerance)


@st.composite
def arguments(draw, units=(None, 1, 3, 10, 16)):
    """What a pass is given, in the order of the ways to run it."""
    seed, steps = draw(st.integers(0, 10**6)), draw(st.integers(1, 13))
    shape = steps, draw(st.integers(1, 7)), draw(st.integers(1, 90))
    constant, backwards, after = (draw(st.booleans()) for _ in range(3))
    kind = draw(st.sampled_from([torch.float32, torch.float64]))
    reset, surrogate = draw(st.sampled_from(Reset)), draw(st.integers(0, len(SHAPES) - 1))
    outputs = draw(st.sampled_from(units))
    random = torch.Generator().manual_seed(seed)
    current = torch.randn(shape, dtype=kind, generator=random)
    current = current[0].expand(shape) if constant else current
    neuron = Neuron(0.61, 0.87, 0.7, reset, surrogate, 1.3, after)
    weights = torch.rand(steps, dtype=kind, generator=random)
    weights[seed % steps] = 0
    readout = outputs and torch.randn(shape[-1], outputs, dtype=kind, generator=random)
    wanted = (True,) * 5 + (outputs is not None,)
    return current, neuron, weights, readout, seed % steps, backwards, wanted


@compiled
@settings(max_examples=60, deadline=None)
@given(given=arguments())
def test_compiled_equals_twin(given):
    assert_equal(lif._compiled(*given), lif._twin(*given), exact=False)


@compiled
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("units", [None, 3])
def test_compiled_equals_twin_for_many_neurons(kind, backwards, units):
    """They take several strips; whole weights of the readout make its sums exact."""
    random = torch.Generator().manual_seed(5)
    current = torch.randn(9, 2, 2083, dtype=kind, generator=random)
    readout = units and torch.randint(-8, 9, (2083, units), generator=random).to(kind)
    neuron = Neuron(0.61, 0.87, 0.7, Reset.SUBTRACT, 0, 1.3, False)
    wanted = (True,) * 5 + (units is not None,)
    given = (
        current,
        neuron,
        torch.rand(9, dtype=kind, generator=random),
        readout,
        4,
        backwards,
        wanted,
    )
    assert_equal(lif._compiled(*given), lif._twin(*given), exact=False)


@compiled
def test_the_same_bits_for_any_number_of_threads():
    current = torch.randn(7, 33, 301, generator=torch.Generator().manual_seed(2))
    readout = torch.randn(301, 10, generator=torch.Generator().manual_seed(3))
    before, found = torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        done = scan(
            current,
            Neuron(0.6, 0.9, 1.0),
            **EVERYTHING,
            step_weights=torch.ones(7),
            readout=readout,
        )
        found.append([getattr(done, f.name) for f in fields(Pass)])
    torch.set_num_threads(before)
    for other in found[1:]:
        assert other[0] == found[0][0]
        assert all(torch.equal(a, b) for a, b in zip(found[0][1:-1], other[1:-1], strict=True))


def test_constant_input_is_known_from_its_strides():
    x = torch.rand(2, 3)
    assert is_constant(x.expand(5, 2, 3))
    assert not is_constant(x.repeat(5, 1, 1))


@pytest.mark.parametrize("neurons", [1, 31, 32, 70])
def test_spikes_come_back_from_bits(neurons):
    spikes = torch.rand(4, 3, neurons, generator=torch.Generator().manual_seed(4)).round()
    assert torch.equal(unpacked(packed(spikes), neurons).float(), spikes)


@compiled
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"current": torch.ones(2, 3, dtype=torch.int64)}, TypeError, "float32 or float64"),
        ({"late": 3}, ValueError, "late must lie in 0 to 1, not 3"),
        (
            {"derivative_sum": True},
            ValueError,
            "derivatives are wanted without step_weights",
        ),
        ({"step_weights": torch.ones(5)}, ValueError, r"expected step_weights \[2\], not \[5\]"),
        (
            {"step_weights": torch.ones(2).double()},
            TypeError,
            "step_weights: .*float32 like its companions",
        ),
        ({"readout": torch.ones(4, 2)}, ValueError, r"readout \[neurons, at most 16\], not \[4, 2"),
        ({"readout": torch.ones(3, NARROW + 1)}, ValueError, "at most 16"),
        ({"bits": True}, ValueError, "bits are wanted without a readout"),
        (
            {"neuron": Neuron(0.1, 0.1, 1.0, surrogate=len(SHAPES))},
            ValueError,
            "surrogate must lie in 0 to",
        ),
        ({"neuron": Neuron(0.1, 0.1, 1.0, reset=4)}, ValueError, "reset must lie in 0 to 3, not 4"),
    ],
)
def test_bad_arguments_are_refused(changes, error, message):
    arguments = {"current": torch.ones(2, 3), "neuron": Neuron(0.1, 0.1, 1.0)} | changes
    with pytest.raises(error, match=message):
        scan(**arguments)
