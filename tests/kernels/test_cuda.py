"""The CUDA kernels against the CPU's: emulated everywhere, on the device where there is one."""

import ctypes
import importlib.util
import json
import math
import shutil
import subprocess

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import snnrun
from snnrun.kernels import cuda
from snnrun.kernels.first_spike import cuda as cuda_first_spike
from snnrun.kernels.first_spike import tensors as first_spike_tensors
from snnrun.kernels.first_spike.given import with_exact_gradient
from snnrun.kernels.first_spike.times import first_spike_times
from snnrun.kernels.lambertw.function import lambertw, lambertw_op
from tests import tiny
from tests.golden import golden
from tests.kernels.emulation import NATIVE, SOURCES
from tests.kernels.first_spike.test_golden import EXACT, FILES, exact_gradients

RATIOS = pytest.mark.parametrize("ratio", [1, 2])
KINDS = pytest.mark.parametrize("per_synapse", [False, True])
SEEDS, EITHER = st.integers(0, 2**32 - 1), st.sampled_from([1, 2])
#: (dtype, tolerance of times, of gradients)
DOUBLE, FLOAT = (torch.float64, 1e-11, 1e-9), (torch.float32, 3e-5, 1e-3)


class Emulated:
    """Lets CPU tensors go through the emulated CUDA kernels."""

    device = "cpu"

    def __init__(self, library):
        self.library = library

    def __enter__(self):
        self.patch = pytest.MonkeyPatch()
        for module in (cuda, first_spike_tensors):
            self.patch.setattr(module, "library_for", lambda *_: self.library)

    def __exit__(self, *_):
        self.patch.undo()


class Device:
    """Tensors on the GPU go through its kernels by themselves."""

    device = "cuda"

    def __enter__(self):
        assert cuda.installed() is not None, "a device is here, but the CUDA kernels are not built"

    def __exit__(self, *_): ...


@pytest.fixture(scope="session", params=["emulated", "gpu"])
def place(request):
    """Where the CUDA kernels run; a context manager."""
    if request.param == "emulated":
        return Emulated(request.getfixturevalue("emulation"))
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return Device()


def on_cpu(x):
    return None if x is None else x.detach().cpu().numpy()


def run(case, dtype, device="cpu", noise=None, given_times=None, upstream=None, **options):
    """Times and gradients of a case, through the public functions."""
    make = {"dtype": dtype, "device": device}
    arrivals, weights = (
        torch.tensor(x, requires_grad=True, **make) for x in (case.arrivals, case.weights)
    )
    constants = {"tau_syn": case.tau_syn, "ratio": case.ratio, **options}
    threshold = case.threshold if noise is None else torch.tensor(noise, **make)
    if given_times is None:
        times = first_spike_times(arrivals, weights, threshold=threshold, **constants)
    else:
        times = torch.tensor(given_times, **make)
        times = with_exact_gradient(times, arrivals, weights, threshold=threshold, **constants)
    times.backward(torch.tensor(case.upstream if upstream is None else upstream, **make))
    return [on_cpu(x) for x in (times, arrivals.grad, weights.grad)]


def assert_close(found, expected, precision, tau=1.0):
    """Times and gradients are close, each as measured by its largest."""
    (dtype, of_times, of_gradients), names = precision, ("times", "arrivals", "weights")
    for name, one, other in zip(names, found, expected, strict=True):
        assert one.dtype == other.dtype == np.dtype(str(dtype).removeprefix("torch."))
        limit = of_times * tau if name == "times" else of_gradients
        scale = 1.0 if name == "times" else max(1.0, abs(other).max(initial=0))
        np.testing.assert_allclose(one / scale, other / scale, atol=limit, err_msg=name)


def steady_part(case, step=1e-4):
    """The case with no upstream gradient at spikes that the smallest change could move far."""
    return case._replace(upstream=np.where(case.steady(step), case.upstream, 0)), case.steady(step)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, ratio=EITHER, per_synapse=st.booleans())
def test_first_spikes(compiled, place, draw_case, seed, ratio, per_synapse):
    case, steady = steady_part(draw_case(seed, ratio, per_synapse))
    with place:
        found = run(case, torch.float64, place.device)
    expected = run(case, torch.float64)
    found[0], expected[0] = found[0][steady], expected[0][steady]
    assert_close(found, expected, DOUBLE, case.tau_syn)


def test_a_membrane_far_below_rest_never_spikes(place):
    """As in test_first_spike: the last current is above threshold, the membrane below its rest."""
    arrivals, weights = (
        torch.tensor([[0.0, 1.0]]).double(),
        torch.tensor([[-40.0], [16.0]]).double(),
    )
    both = arrivals.to(place.device), weights.to(place.device)
    with place:
        times = first_spike_times(*both, tau_syn=1.0, ratio=2, threshold=1.0)
    assert times.item() == math.inf


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, ratio=EITHER, per_synapse=st.booleans())
def test_float32(compiled, place, draw_case, seed, ratio, per_synapse):
    case, steady = steady_part(draw_case(seed, ratio, per_synapse), step=1e-3)
    with place:
        found = run(case, torch.float32, place.device)
    expected = run(case, torch.float32)
    found[0], expected[0] = found[0][steady], expected[0][steady]
    assert_close(found, expected, FLOAT, case.tau_syn)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, ratio=EITHER, per_synapse=st.booleans())
def test_times_from_elsewhere(compiled, place, draw_case, seed, ratio, per_synapse):
    case, rng = draw_case(seed, ratio, per_synapse), np.random.default_rng(seed)
    times = case.times() + case.tau_syn * rng.normal(scale=0.1, size=case.upstream.shape)
    with_an_input = case.arrivals.reshape(*case.arrivals.shape[:2], -1)[:, 0]
    times = np.where(rng.random(times.shape) < 0.2, with_an_input, times)
    with place:
        found = run(case, torch.float64, place.device, given_times=times)
    expected = run(case, torch.float64, given_times=times)
    assert_close(found, expected, DOUBLE)


@RATIOS
@KINDS
def test_noisy_thresholds_and_max_dw_norm(compiled, place, draw_case, ratio, per_synapse):
    case, _ = steady_part(draw_case(8, ratio, per_synapse, batch=19, pre=7, post=5))
    noise = case.threshold * np.linspace(0.8, 1.2, 95).reshape(19, 5)
    noise[3, 2], noise[4, 1] = -1.0, np.nan  # never crossed
    limit = 0.3 * case.tau_syn / case.threshold
    for nominal in (None, case.threshold):
        options = {"noise": noise, "nominal_threshold": nominal, "max_dw_norm": limit}
        with place:
            found = run(case, torch.float64, place.device, **options)
        assert_close(found, run(case, torch.float64, **options), DOUBLE)
        assert np.isinf(found[0][[3, 4], [2, 1]]).all()
    assert not np.allclose(found[2], run(case, torch.float64, noise=noise)[2])


@KINDS
def test_upstream_nan_counts_as_zero(place, draw_case, per_synapse):
    case = draw_case(3, 1, per_synapse, batch=9, pre=5, post=3)
    holes = np.where(np.arange(27).reshape(9, 3) % 2, case.upstream, np.nan)
    with place:
        found = run(case, torch.float64, place.device, upstream=holes)
        expected = run(case, torch.float64, place.device, upstream=np.nan_to_num(holes))
    assert expected[2].any()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sizes", [(1, 5000, 2), (40, 150, 17), (300, 6, 131), (70, 1, 1)])
@KINDS
def test_many_sizes(compiled, place, draw_case, sizes, per_synapse):
    """Lists beyond the fast memory, more than one chunk of samples, more neurons than threads."""
    batch, pre, post = sizes
    case, steady = steady_part(draw_case(1, 1, per_synapse, batch=batch, pre=pre, post=post))
    with place:
        found = run(case, torch.float64, place.device)
    expected = run(case, torch.float64)
    found[0], expected[0] = found[0][steady], expected[0][steady]
    assert_close(found, expected, DOUBLE, case.tau_syn)


@pytest.mark.parametrize("sizes", [(0, 3, 2), (2, 0, 3), (2, 3, 0)])
@KINDS
def test_empty_sizes(place, sizes, per_synapse):
    batch, pre, post = sizes
    make = {"device": place.device, "requires_grad": True}
    shape = (batch, pre, post) if per_synapse else (batch, pre)
    arrivals, weights = torch.rand(*shape, **make), torch.rand(pre, post, **make)
    with place:
        times = first_spike_times(arrivals, weights, tau_syn=1.0, ratio=1, threshold=1.0)
        times.sum().backward()
    assert times.shape == (batch, post)
    assert not times.isfinite().any()
    assert not weights.grad.any()


@KINDS
def test_the_same_bits_in_any_order_of_threads(emulation, draw_case, per_synapse):
    """A step whose threads disturb each other would give other numbers backwards."""
    case = draw_case(7, 2, per_synapse, batch=60, pre=45, post=13)
    with Emulated(emulation):
        forwards = run(case, torch.float32, max_dw_norm=0.5)
        emulation.snnrun_emulate_backwards(ctypes.c_int64(1))
        backwards = run(case, torch.float32, max_dw_norm=0.5)
        emulation.snnrun_emulate_backwards(ctypes.c_int64(0))
    for one, other in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(one, other)


@KINDS
def test_the_same_bits_every_time(place, draw_case, per_synapse):
    case = draw_case(7, 1, per_synapse, batch=200, pre=90, post=37)
    with place:
        first, *others = (run(case, torch.float32, place.device) for _ in range(4))
    for other in others:
        for one, again in zip(first, other, strict=True):
            np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize("name", FILES + EXACT)
def test_golden_times_and_gradients(place, name):
    """Against arrays made with the original code, polished in extended precision."""
    data = golden(f"first_spike/{name}")
    params = json.loads(str(data["params"]))
    make = {"dtype": torch.float64, "device": place.device}
    arrivals, weights = (
        torch.tensor(data[key], requires_grad=True, **make) for key in ("t_in", "w")
    )
    with place:
        times = first_spike_times(
            arrivals,
            weights,
            tau_syn=params["tau_syn"],
            ratio=int(data["ratio"]),
            threshold=(params["threshold"] - params["leak"]) * params["g_leak"],
        )
        times.backward(torch.tensor(data["g_out"], **make))
    np.testing.assert_allclose(on_cpu(times), data["t_out_exact"], atol=1e-12)
    on_arrivals, on_weights = exact_gradients(data)
    np.testing.assert_allclose(on_cpu(arrivals.grad), on_arrivals, atol=1e-11)
    np.testing.assert_allclose(on_cpu(weights.grad), on_weights, atol=1e-11)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 2e-15), (torch.float32, 8e-7)])
@pytest.mark.parametrize("branch", [0, -1])
def test_lambertw(place, branch, dtype, tolerance):
    least = -math.exp(-1)
    z = np.concatenate([least + np.logspace(-6, -1, 300), -np.logspace(-30, -2, 99), [0.0, -1.0]])
    z = np.concatenate([z, np.logspace(-30, 30, 99)]) if branch == 0 else z
    z = torch.tensor(z, dtype=dtype)
    expected = lambertw_op(z, branch)
    with place:
        found = lambertw_op(z.to(place.device), branch)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(on_cpu(one), on_cpu(other), rtol=tolerance)


def test_lambertw_gradient(place):
    z = torch.tensor([[-0.2, 0.4], [1.7, 30.0]], device=place.device, dtype=torch.float64)
    z = z.T.requires_grad_()
    with place:
        w = lambertw(z)
        w.sum().backward()
    np.testing.assert_allclose(on_cpu(w * w.exp()), on_cpu(z), rtol=1e-14)
    np.testing.assert_allclose(on_cpu(z.grad), on_cpu(w / (z * (1 + w))), rtol=1e-14)


BAD = {
    "pre": ({"weights": torch.ones(4, 2)}, ValueError, r"\[2, 3\] and \[4, 2\]"),
    "dtype": ({"weights": torch.ones(3, 2, dtype=torch.float64)}, TypeError, "float32"),
    "integers": ({"arrivals": torch.ones(2, 3, dtype=torch.int64)}, TypeError, "int64"),
    "ratio": ({"ratio": 3}, ValueError, "ratio must be 1 or 2"),
    "tau": ({"tau_syn": 0.0}, ValueError, "tau_syn must be positive"),
    "threshold": ({"threshold": torch.ones(2, 3)}, ValueError, r"\[batch, post\] = \[2, 2\]"),
    "number": ({"threshold": torch.ones(2, 2).double()}, TypeError, "one type on one device"),
    "device": ({"weights": torch.ones(3, 2, device="meta")}, TypeError, "float32 on meta"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(emulation, name):
    change, error, message = BAD[name]
    good = {"arrivals": torch.ones(2, 3), "weights": torch.ones(3, 2), "ratio": 1}
    good |= {"tau_syn": 1.0, "threshold": 1.0}
    with Emulated(emulation), pytest.raises(error, match=message):
        first_spike_times(**{**good, **change})


def test_bad_arguments_of_lambertw_are_named(emulation):
    with Emulated(emulation), pytest.raises(ValueError, match="branch 1 is not real"):
        lambertw(torch.ones(2), branch=1)
    with Emulated(emulation), pytest.raises(TypeError, match=r"not torch\.int64"):
        lambertw(torch.ones(2, dtype=torch.int64))


def test_structs_are_those_of_the_library(emulation):
    mirrors = (cuda_first_spike.Layer, cuda_first_spike.Schedule, cuda_first_spike.Gradient)
    sizes = [emulation.snnrun_struct_bytes(ctypes.c_int64(which)) for which in range(3)]
    assert sizes == [ctypes.sizeof(mirror) for mirror in mirrors]


def test_an_error_of_the_library_is_raised(emulation):
    class Broken:
        def snnrun_lambertw_float(self, *_):
            return b"out of luck"

    with pytest.raises(RuntimeError, match="lambertw on cpu: out of luck"):
        cuda.lambertw(Broken(), torch.ones(2), 0)


def test_training_learns_the_same(compiled, emulation, tmp_path):
    """The whole runner over the CUDA kernels: losses and accuracies are those of the CPU."""
    config = tiny.experiment(tmp_path, "train.epochs=2", "train.precision=float64")
    expected = tiny.numbers(snnrun.train(config, name="cpu", results=tmp_path))
    with Emulated(emulation):
        found = tiny.numbers(snnrun.train(config, name="emulated", results=tmp_path))
    losses = [row["value"] for row in expected if row["name"] == "loss"]
    assert len(set(losses)) == len(losses) == 6
    for one, other in zip(found, expected, strict=True):
        assert one == {**other, "value": pytest.approx(other["value"], rel=1e-9)}


# ---- the door ----


class OnDevice:
    """What a tensor on a device says."""

    is_cuda = True


@pytest.fixture
def ask(monkeypatch, capsys):
    """Ask the door three times, as if there were a device but no library beside the module."""

    def asked(chosen=None):
        monkeypatch.delenv("SNNRUN_CUDA", raising=False)
        if chosen is not None:
            monkeypatch.setenv("SNNRUN_CUDA", chosen)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        found = [cuda.library_for(OnDevice(), OnDevice()) for _ in range(3)]
        return found, capsys.readouterr()

    cuda.installed.cache_clear()
    yield asked
    cuda.installed.cache_clear()


def test_without_the_library_it_says_so_once(ask):
    found, said = ask()
    assert found == [None] * 3
    assert (said.out, said.err) == ("", cuda.NOTICE + "\n")


def test_doing_without_by_choice_is_silent(ask):
    assert ask("0") == ([None] * 3, ("", ""))


def test_cpu_tensors_never_ask_for_the_library(ask, capsys):
    assert cuda.library_for(torch.ones(2), torch.ones(3)) is None
    assert capsys.readouterr().err == ""


def test_a_library_can_be_named(emulation, ask):
    (library, *others), said = ask(emulation._name)
    assert library._name == emulation._name
    assert all(each is library for each in others)
    assert said.err == ""


@pytest.mark.slow
def test_it_compiles(tmp_path):
    """With nvcc, for one kind of device; `make cuda-compile` compiles for all."""
    if (nvcc := shutil.which("nvcc")) is None:
        pytest.skip("needs nvcc")
    out, include = tmp_path / "_cuda.so", NATIVE / "include"
    command = f"{nvcc} -std=c++17 -O1 -arch=sm_90 --shared -Xcompiler -fPIC -Werror all-warnings"
    subprocess.run(
        [
            *command.split(),
            "-DSNNRUN_LEVEL=cuda",
            f"-I{include}",
            *map(str, SOURCES),
            "-o",
            str(out),
        ],
        check=True,
        timeout=600,
    )
    assert cuda.open_library(out).snnrun_struct_bytes(ctypes.c_int64(0)) == ctypes.sizeof(
        cuda_first_spike.Layer
    )
