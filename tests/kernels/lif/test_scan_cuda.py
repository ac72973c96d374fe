"""The LIF pass by the CUDA kernel: emulated everywhere, on the device where there is one."""

import ctypes

import pytest
import torch
from hypothesis import given, settings

from snnrun.kernels import cuda
from snnrun.kernels.lif import scan as lif
from snnrun.kernels.lif import scan_cuda
from snnrun.kernels.lif.reference import Neuron, Reset
from snnrun.kernels.lif.scan import Pass, scan
from snnrun.kernels.lif.surrogates import SHAPES
from tests.kernels.lif.test_scan import EVERYTHING, arguments, assert_equal


@pytest.fixture
def emulated(emulation, monkeypatch):
    """Lets CPU tensors go through the emulated kernel."""
    monkeypatch.setattr(lif, "library_for", lambda *_: emulation)
    return emulation


def test_the_struct_has_the_size_of_the_library(emulation):
    size = emulation.snnrun_struct_bytes(ctypes.c_int64(6))
    assert size == ctypes.sizeof(scan_cuda.LifScanCall)


@settings(max_examples=60, deadline=None)
@given(given=arguments(units=(None, 3)))
def test_equals_twin(emulation, given):
    assert_equal(lif._on_device(emulation, *given), lif._twin(*given), exact=False)


def test_only_what_is_wanted_is_returned(emulated):
    done = scan(torch.ones(4, 2, 3), Neuron(0.1, 0.9, 1.5), rates=True, late=1)
    assert done.rates.shape == done.late_rates.shape == (2, 3)
    assert {name for name, value in vars(done).items() if value is not None} == {
        "activity", "rates", "late_rates",
    }  # fmt: skip


def test_filters_never_spike_and_do_not_wait_for_the_device(emulated, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "tolist", None)
    done = scan(torch.ones(3, 1, 2), Neuron(0.0, 0.5, torch.inf, Reset.NONE), membranes=True)
    assert done.membranes[:, 0, 0].numpy().tolist() == [1.0, 1.5, 1.75]
    assert done.activity == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"current": torch.ones(2, 3, dtype=torch.int64)}, TypeError, "float32 or float64"),
        ({"late": 3}, ValueError, "late must lie in 0 to 1, not 3"),
        ({"derivative_sum": True}, ValueError, "wanted without step_weights"),
        ({"step_weights": torch.ones(5)}, ValueError, r"expected step_weights \[2\], not \[5\]"),
        ({"step_weights": torch.ones(2).double()}, TypeError, "float32 on cpu like its companions"),
        ({"neuron": Neuron(0.1, 0.1, 1.0, surrogate=len(SHAPES))}, ValueError, "surrogate must"),
        ({"neuron": Neuron(0.1, 0.1, 1.0, reset=4)}, ValueError, "reset must lie in 0 to 3, not 4"),
    ],
)
def test_bad_arguments_are_refused(emulated, changes, error, message):
    arguments = {"current": torch.ones(2, 3), "neuron": Neuron(0.1, 0.1, 1.0)} | changes
    with pytest.raises(error, match=message):
        scan(**arguments)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("reset", Reset)
def test_on_a_device(reset):
    assert cuda.installed() is not None, "a device is here, but the CUDA kernels are not built"
    current = torch.randn(25, 4, 300, generator=torch.Generator().manual_seed(1))
    neuron = Neuron(0.6, 0.9, 1.0, reset)
    here, there = (
        scan(current.to(place), neuron, step_weights=torch.ones(25, device=place), **EVERYTHING)
        for place in ("cpu", "cuda")
    )
    moved = {k: v.cpu() for k, v in vars(there).items() if isinstance(v, torch.Tensor)}
    assert_equal(here, Pass(there.activity, **moved), exact=False)
