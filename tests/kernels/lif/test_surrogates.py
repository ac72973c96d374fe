"""Surrogate derivatives: by hand, beside other libraries, and that lists of them agree."""

import math

import numpy as np
import pytest
import torch

from snnrun.kernels.lif.surrogates import SHAPES, SURROGATES
from snnrun.kernels.native import native
from tests.golden import golden

#: Of other libraries: the key of the golden file, and our name, sharpness and height for it.
SAME = {
    "snetx.arc_tan(alpha=4.0)": ("arctan", 2 * math.pi, 2.0),
    "snetx.PiecewiseQuadratic(alpha=2.0)": ("triangular", 2.0, 2.0),
    "sj.Sigmoid(alpha=4.0)": ("sigmoid", 4.0, 1.0),
    "sj.ATan(alpha=2.0)": ("arctan", math.pi, 1.0),
    "sj.PiecewiseQuadratic(alpha=1.0)": ("triangular", 1.0, 1.0),
    "sj.PiecewiseExp(alpha=1.0)": ("piecewise_exponential", 1.0, 0.5),
    "sj.SoftSign(alpha=2.0)": ("superspike", 2.0, 1.0),
    "sj.SuperSpike(alpha=1.0)": ("superspike", 1.0, 1.0),
    "sj.Erf(alpha=2.0)": ("erf", 2.0, 2 / math.sqrt(math.pi)),
    "sj.Rect(alpha=1.0)": ("rectangle", 1.0, 1.0),
    "snntorch.atan(alpha=2.0)": ("arctan", math.pi, 1.0),
    "snntorch.fast_sigmoid(slope=25)": ("superspike", 25.0, 1.0),
    "snntorch.sigmoid(slope=5)": ("sigmoid", 5.0, 1.25),
    "snntorch.straight_through_estimator()": ("straight_through", 1.0, 1.0),
    "norse.super(alpha=100.0)": ("superspike", 1.0, 1.0),
    "norse.triangle(alpha=0.3)": ("triangular", 1.0, 0.3),
    "norse.tanh(alpha=1.0)": ("sigmoid", 2.0, 1.0),
    "norse.heavi_erfc(alpha=1.0)": ("erf", 1.0, 2 / math.sqrt(math.pi)),
    "sinabs.Gaussian(v_mem=x+1,threshold=1)": ("erf", math.sqrt(2), math.sqrt(2 / math.pi)),
    "sinabs.SingleExponential(v_mem=x+1,threshold=1)": ("piecewise_exponential", 2.0, 2.0),
}


@pytest.mark.parametrize("name", SURROGATES)
def test_they_have_height_one_at_the_threshold_and_fall(name):
    shape = SURROGATES[name].load()
    x = torch.linspace(0, 3, 31, dtype=torch.float64)
    assert shape(torch.zeros(1)).item() == 1
    assert torch.equal(shape(x), shape(-x))
    assert (shape(x).diff() <= 0).all()
    assert 0 <= shape(x)[-1] < 0.2 or name == "straight_through"


@pytest.mark.parametrize(
    ("name", "at_one"),
    [("superspike", 0.25), ("triangular", 0.0), ("arctan", 0.5),
     ("sigmoid", 4 * math.e / (1 + math.e) ** 2), ("rectangle", 0.0),
     ("piecewise_exponential", 1 / math.e), ("erf", 1 / math.e), ("straight_through", 1.0)],
)  # fmt: skip
def test_by_hand(name, at_one):
    assert SURROGATES[name].load()(torch.ones(1).double()).item() == pytest.approx(at_one)


@pytest.mark.parametrize("theirs", SAME)
def test_those_of_other_libraries(theirs):
    data = golden("stbp/surrogates")
    name, sharpness, height = SAME[theirs]
    x = torch.from_numpy(data["x"])
    inside = abs(abs(x * sharpness) - 0.5) > 1e-9 if name == "rectangle" else x == x
    found = height * SURROGATES[name].load()(x * sharpness)
    np.testing.assert_allclose(found[inside], data[theirs][inside], rtol=2e-7, atol=1e-7)


def test_all_lists_have_the_same_order():
    assert [shape.__name__ for shape in SHAPES] == list(SURROGATES)
    if (module := native()) is not None:
        assert module.surrogates == tuple(SURROGATES)
