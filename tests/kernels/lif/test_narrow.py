"""Products of few columns equal those of torch, whatever their sizes and the number of threads."""

import numpy as np
import pytest
import torch

from snnrun.kernels.native import native

pytestmark = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
LARGEST = 16
CLOSE = {torch.float32: 2e-5, torch.float64: 1e-12}


def case(rows, inputs, units, dtype=torch.float64):
    """Return x, W ``[units, inputs]`` and the gradient on x W^T."""
    generator = torch.Generator().manual_seed(rows + inputs + units)
    shapes = (rows, inputs), (units, inputs), (rows, units)
    return [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]


def found(x, weights, signal, threads=2, wanted=(True, True)):
    """Return the product and its gradients."""
    x, weights, signal = (each.numpy() for each in (x, weights, signal))
    out = native().narrow_product(x, weights, threads)
    return out, *native().narrow_gradient(x, weights, signal, *wanted, threads)


@pytest.mark.parametrize("dtype", CLOSE, ids=str)
@pytest.mark.parametrize("units", range(1, LARGEST + 1))
def test_any_number_of_units(units, dtype):
    x, weights, signal = case(70, 37, units, dtype)
    expected = x @ weights.t(), signal @ weights, signal.t() @ x
    for one, other in zip(found(x, weights, signal), expected, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), other, rtol=0, atol=CLOSE[dtype])


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 64, 2050])
@pytest.mark.parametrize("inputs", [0, 1, 7, 8, 16, 33])
def test_any_number_of_rows_and_inputs(rows, inputs):
    x, weights, signal = case(rows, inputs, 3)
    expected = x @ weights.t(), signal @ weights, signal.t() @ x
    for one, other in zip(found(x, weights, signal), expected, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), other, rtol=0, atol=1e-11)


def test_threads_change_no_bit():
    given = case(3000, 130, 10, torch.float32)
    first = found(*given, threads=1)
    for threads in (2, 3, 7):
        for one, other in zip(first, found(*given, threads=threads), strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_is_not_finite_stays_where_it_is():
    x, weights, signal = case(20, 9, 2)
    x[3, 4], signal[7, 1] = torch.inf, torch.nan
    out, on_x, on_weights = found(x, weights, signal)
    assert np.flatnonzero(~np.isfinite(out).all(1)).tolist() == [3]
    assert np.flatnonzero(~np.isfinite(on_x).all(1)).tolist() == [7]
    assert np.argwhere(np.isnan(on_weights)[0]).size == 0
    assert np.isnan(on_weights[1]).all()


@pytest.mark.parametrize("wanted", [(True, False), (False, True), (False, False)])
def test_only_what_is_wanted(wanted):
    _, *gradients = found(*case(20, 9, 2), wanted=wanted)
    assert tuple(each is not None for each in gradients) == wanted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, w, s: (x[0], w, s), "x: expected a matrix, not shape"),
        (lambda x, w, s: (x, w[:, 1:].contiguous(), s), r"rows of 9, not shape \[2, 8\]"),
        (lambda x, w, s: (x, w[:0], s), "expected 1 to 16 rows"),
        (lambda x, w, s: (x, w.repeat(9, 1), s), "expected 1 to 16 rows"),
        (lambda x, w, s: (x, w, s[1:]), r"signal: expected \[20, 2\], not \[19, 2\]"),
        (lambda x, w, s: (x, w.float(), s), "weights: expected .* like its companions"),
        (lambda x, w, s: (x.t().contiguous().t(), w, s), "x: expected a C-contiguous array"),
        (lambda x, w, s: (x.int(), w, s), "x: expected float32 or float64"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = (each.numpy() for each in change(*case(20, 9, 2)))
    with pytest.raises((TypeError, ValueError), match=message):
        native().narrow_gradient(*given, True, True, 1)
