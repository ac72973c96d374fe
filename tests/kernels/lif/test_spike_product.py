"""Differentiable products of spikes and weights: those of torch, by what is not zero."""

import pytest
import torch

from snnrun.kernels.lif import spike_product
from snnrun.kernels.lif.spike_product import FEW, SMALL, product
from snnrun.kernels.native import native

ROWS, INPUTS = 400, 300
compiled = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")


def case(share: float, outputs: int, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    """Return x, weights and the gradient on their product."""
    generator = torch.Generator().manual_seed(1)
    spikes = torch.rand(ROWS, INPUTS, generator=generator) < share
    x = spikes * torch.randn(ROWS, INPUTS, generator=generator, dtype=dtype)
    assert x.numel() >= SMALL
    weights = torch.randn(INPUTS, outputs, generator=generator, dtype=dtype)
    upstream = torch.randn(ROWS, outputs, generator=generator, dtype=dtype)
    return [x.requires_grad_(), weights.requires_grad_(), upstream]


def by_columns(tensor: torch.Tensor) -> torch.Tensor:
    """Return the same numbers, each column in one run of memory."""
    return tensor.detach().t().contiguous().t().requires_grad_(tensor.requires_grad)


def all_of(function, x, weights, upstream):
    out = function(x, weights)
    return [out.detach(), *torch.autograd.grad(out, (x, weights), upstream)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("outputs", [1, 10, FEW, 40])
@pytest.mark.parametrize("turned", [False, True], ids=["as it is", "transposed"])
def test_products_are_those_of_torch(share, outputs, turned):
    given = case(share, outputs)
    expected = all_of(torch.matmul, *given)
    given = [by_columns(each) for each in given] if turned else given
    for found, wanted in zip(all_of(product, *given), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)


@compiled
def test_rare_spikes_are_multiplied_in_sparse_form_and_not_kept():
    x, weights, _ = case(0.1, 40)
    context = product(x, weights).grad_fn
    assert context.sparse is not None
    assert context.saved_tensors[1] is None


@compiled
def test_rows_that_are_not_like_the_probed_are_found():
    x, weights, upstream = case(0.6, 40)
    step = max(1, ROWS // spike_product._PROBED)
    with torch.no_grad():
        x[::step] = 0
    out = product(x, weights)
    assert out.grad_fn.sparse is None
    expected = all_of(torch.matmul, x, weights, upstream)
    for found, wanted in zip(all_of(product, x, weights, upstream), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)


@compiled
def test_threads_change_no_bit_of_what_is_summed_here():
    x, weights, upstream = case(0.1, 40, torch.float32)
    found, threads = [], torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(all_of(product, x, weights, upstream))
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        assert torch.equal(found[0][0], other[0])
        assert torch.equal(found[0][2], other[2])


@compiled
@pytest.mark.parametrize("wanted", [(True, False), (False, True)])
@pytest.mark.parametrize("outputs", [10, 40])
def test_only_what_is_wanted_is_computed(wanted, outputs):
    x, weights, upstream = case(0.1, outputs)
    out = product(x.requires_grad_(wanted[0]), weights.requires_grad_(wanted[1]))
    found = out.grad_fn.apply(upstream)
    assert tuple(each is not None for each in found) == wanted


def test_numbers_of_other_types_are_left_to_torch():
    x, weights, _ = (each.detach() for each in case(0.1, 40))
    short = x.bfloat16(), weights.bfloat16()
    assert torch.equal(product(*short), torch.matmul(*short))
    with pytest.raises(RuntimeError, match="same dtype"):
        product(x.float(), weights)


def test_what_is_compiled_is_one_graph():
    x, weights, _ = case(0.1, 40)
    whole = torch.compile(product, backend="eager", fullgraph=True)
    torch.testing.assert_close(whole(x, weights), x @ weights)


def test_gradients_of_gradients_are_refused():
    x, weights, upstream = case(0.1, 40)
    given = upstream.requires_grad_()
    (first,) = torch.autograd.grad(product(x, weights), weights, given, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
