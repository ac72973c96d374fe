"""Products with sparse input and with packed spikes against plain ones."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.kernels.lif import products
from snnrun.kernels.lif.products import LayerInput, PackedSpikes
from snnrun.kernels.lif.scan import packed
from snnrun.kernels.native import native


def sparse(shape, density, seed, kind=torch.float64):
    random = torch.Generator().manual_seed(seed)
    values = torch.randn(shape, dtype=kind, generator=random)
    return values * (torch.rand(shape, generator=random) < density)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 5),
    batch=st.integers(1, 9),
    inputs=st.integers(1, 75),
    neurons=st.sampled_from([1, 3, 16, 70, 128, 150]),
    density=st.sampled_from([0.0, 0.2, 0.9]),
    double=st.booleans(),
)
def test_products_are_those_of_torch(seed, steps, batch, inputs, neurons, density, double):
    kind = torch.float64 if double else torch.float32
    x = sparse((steps, batch, inputs), density, seed, kind)
    weights = sparse((inputs, neurons), 1.0, seed + 1, kind)
    signal = sparse((steps, batch, neurons), 1.0, seed + 2, kind)
    layer, out = LayerInput(x), torch.empty_like(weights)
    torch.testing.assert_close(layer.times(weights), x @ weights, rtol=1e-5, atol=1e-5)
    layer.transposed_times(signal, out)
    torch.testing.assert_close(out, torch.einsum("tbi,tbo->io", x, signal), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("density", [0.2, 0.9])
def test_constant_input_is_multiplied_once(density):
    x = sparse((6, 31), density, 1).expand(4, 6, 31)
    weights, signal = sparse((31, 5), 1.0, 2), sparse((6, 5), 1.0, 3)
    layer, out = LayerInput(x), torch.empty_like(weights)
    assert layer.constant
    assert layer.times(weights).stride(0) == 0
    torch.testing.assert_close(layer.times(weights), x @ weights)
    layer.transposed_times(signal, out)
    torch.testing.assert_close(out, x[0].T @ signal)


def test_only_what_is_mostly_zeros_is_made_sparse():
    if native() is None:
        pytest.skip("the kernels are not compiled")
    assert LayerInput(sparse((2, 9, 50), 0.2, 4))._sparse is not None
    assert LayerInput(sparse((2, 9, 50), 0.6, 4))._sparse is None
    assert LayerInput(sparse((2, 9, 50), 0.2, 4), density=0.5)._sparse is None


@pytest.mark.parametrize("neurons", [1, 33, 130])
@pytest.mark.parametrize("units", [1, 4, 10, 16])
def test_packed_spikes(neurons, units):
    spikes = (sparse((5, 7, neurons), 0.4, 5) != 0).double()
    signal, out = sparse((5, 7, units), 1.0, 6), torch.empty(neurons, units, dtype=torch.float64)
    PackedSpikes(packed(spikes)).transposed_times(signal, out)
    torch.testing.assert_close(out, torch.einsum("tbi,tbo->io", spikes, signal))


def test_the_same_bits_for_any_number_of_threads():
    x = sparse((1, 40, 300), 0.2, 7, torch.float32).expand(3, 40, 300)
    weights, before, found = sparse((300, 200), 1.0, 8, torch.float32), torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        layer, out = LayerInput(x), torch.empty_like(weights)
        once = layer.times(weights)
        layer.transposed_times(once[0], out)
        found.append((once, out))
    torch.set_num_threads(before)
    assert all(torch.equal(a, b) for a, b in zip(found[0], found[1], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(found[0], found[2], strict=True))


def test_without_compiled_kernels_it_is_the_same(monkeypatch):
    x = sparse((3, 6, 31), 0.2, 1)
    weights, signal = sparse((31, 5), 1.0, 2), sparse((3, 6, 5), 1.0, 3)
    monkeypatch.setattr(products, "native", lambda: None)
    layer, out = LayerInput(x), torch.empty_like(weights)
    torch.testing.assert_close(layer.times(weights), x @ weights)
    layer.transposed_times(signal, out)
    torch.testing.assert_close(out, torch.einsum("tbi,tbo->io", x, signal))
    bits, spikes = PackedSpikes(packed((x != 0).double())), (x != 0).double()
    bits.transposed_times(signal, out)
    torch.testing.assert_close(out, torch.einsum("tbi,tbo->io", spikes, signal))


@pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
def test_bad_arguments_are_refused():
    made = native().sparse(torch.eye(3).numpy(), 0.5)
    with pytest.raises(ValueError, match=r"right: expected 3 rows, not shape \[2, 4\]"):
        made.product(torch.ones(2, 4).numpy(), torch.ones(3, 4).numpy(), 1)
    with pytest.raises(ValueError, match=r"out: expected \[3, 4\], not \[3, 5\]"):
        made.product(torch.ones(3, 4).numpy(), torch.ones(3, 5).numpy(), 1)
    with pytest.raises(TypeError, match=r"right: .*float32 like its companions, not float64"):
        made.product(torch.ones(3, 4).double().numpy(), torch.ones(3, 4).numpy(), 1)
    with pytest.raises(ValueError, match="x: expected a matrix"):
        native().sparse(torch.ones(3).numpy(), 0.5)
    bits = torch.ones(6, 1, dtype=torch.int32).numpy().view("uint32")
    with pytest.raises(ValueError, match="readout_gradient: expected bits"):
        native().readout_gradient(bits, torch.ones(5, 2).numpy(), torch.ones(9, 2).numpy(), 1)
