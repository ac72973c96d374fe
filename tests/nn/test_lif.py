"""Neurons by the words of five libraries, beside what these computed; states; refusals."""

import dataclasses
import json
import math
import pickle
import re
from functools import partial

import numpy as np
import pytest
import torch

from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.nn import LIF, derivatives, detached, surrogates
from tests.golden import golden


def configs(name):
    """The cases of a file, each with its number."""
    return list(enumerate(json.loads(str(golden(f"stbp/{name}")["configs"]))))


def close(found, wanted, tolerance):
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=tolerance, atol=tolerance)


def step_by_step(lif, x):
    """Spikes and membranes after the reset of ``x [time, ...]``, the state passed on each time."""
    state, spikes, membranes = lif.start(x), [], []
    for now in x.split(1):
        fired, state = lif(now, state)
        spikes.append(fired)
        membranes.append(state.membrane)
    return torch.cat(spikes), torch.stack(membranes)


@pytest.mark.parametrize(("number", "config"), configs("snetx_lif"))
def test_snetx(number, config):
    data = golden("stbp/snetx_lif")
    x = torch.from_numpy(data["x"]).double().requires_grad_()
    spikes = LIF.snetx(**{k: v for k, v in config.items() if k in SNETX_WORDS})(x)
    (spikes * torch.from_numpy(data["g"])).sum().backward()
    assert np.array_equal(spikes.detach(), data[f"c{number}_spk_f8"])
    close(x.grad, data[f"c{number}_gx_f8"], 4e-15)


SNETX_WORDS = ("tau", "v_th", "v_reset", "sg", "alpha", "detach")


@pytest.mark.parametrize(("number", "config"), configs("spikingjelly_lif"))
def test_spikingjelly_step_by_step(number, config):
    data = golden("stbp/spikingjelly_lif")
    x = (torch.from_numpy(data["x"]).double() * config["x_scale"]).requires_grad_()
    words = ("tau", "decay_input", "v_threshold", "v_reset", "detach_reset", "alpha")
    lif = LIF.spikingjelly(surrogate=config["sg"], **{name: config[name] for name in words})
    spikes, after = step_by_step(lif, x)
    assert torch.equal(spikes, lif(x))
    loss = (spikes * torch.from_numpy(data["gs"])).sum()
    if config["uses_gv"]:
        loss = loss + (after * torch.from_numpy(data["gv"])).sum()
    loss.backward()
    assert np.array_equal(spikes.detach(), data[f"c{number}_spk_f8"])
    close(after, data[f"c{number}_v_f8"], 4e-15)
    close(x.grad, data[f"c{number}_gx_f8"], 2e-14)


@pytest.mark.parametrize("case", ["plif1h", "plif1s", "plif0h", "plif0s", "ifh", "ifs"])
def test_spikingjelly_with_a_learned_time_constant_and_without_a_leak(case):
    data = golden("stbp/spikingjelly_lif")
    learned, decays = case.startswith("plif"), case.startswith("plif1")
    fed = (2.0 if decays else 1.0) if learned else 0.5
    x = (torch.from_numpy(data["x"]).to(torch.from_numpy(data[f"{case}_spk"]).dtype) * fed).detach()
    x.requires_grad_()
    lif = LIF.spikingjelly(
        1 / torch.tensor(data[f"{case}_w"]).sigmoid().item() if learned else math.inf,
        decays,
        v_reset=0.0 if case.endswith("h") else None,
        surrogate="atan",
        alpha=2.0,
        learn_tau=learned,
    )
    spikes = lif(x)
    (spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(spikes.detach(), data[f"{case}_spk"])
    close(x.grad, data[f"{case}_gx"], 2e-6)
    if learned:
        close(lif.leak.grad, data[f"{case}_gw"], 1e-5)


@pytest.mark.parametrize(("number", "config"), configs("snntorch_leaky"))
def test_snntorch_step_by_step(number, config):
    """Beta learns as 1 - sigmoid(w), of which the chain rule gives their gradient."""
    data = golden("stbp/snntorch_leaky")
    x = torch.from_numpy(data["x"]).requires_grad_()
    words = ("beta", "threshold", "reset_mechanism", "reset_delay")
    constants, spike_grad = config["kw"], config["sg"]
    if len(constants) > 1:
        spike_grad = partial(surrogates.SNNTORCH[spike_grad].function, **constants)
    lif = LIF.snntorch(
        spike_grad=spike_grad,
        slope=next(iter(constants.values())) if len(constants) == 1 else None,
        learn_beta=True,
        learn_threshold=True,
        **{name: config[name] for name in words},
    )
    spikes, after = step_by_step(lif, x)
    loss = (spikes * torch.from_numpy(data["gs"])).sum()
    if config["uses_gm"]:
        loss = loss + (after * torch.from_numpy(data["gm"])).sum()
    loss.backward()
    assert np.array_equal(spikes.detach(), data[f"c{number}_spk"])
    close(after, data[f"c{number}_mem"], 1e-6)
    close(x.grad, data[f"c{number}_gx"], 2e-5)
    beta = config["beta"]
    of_beta = lif.leak.grad / -(beta * (1 - beta))
    close(of_beta.reshape(data[f"c{number}_gbeta"].shape), data[f"c{number}_gbeta"], 5e-5)
    close(lif.threshold.grad.reshape(data[f"c{number}_gthr"].shape), data[f"c{number}_gthr"], 2e-5)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_snntorch_with_a_synapse(reset):
    data = golden("stbp/snntorch_leaky")
    x = (torch.from_numpy(data["x"]) * 0.5).requires_grad_()
    lif = LIF.snntorch(0.5, alpha=0.75, reset_mechanism=reset)
    spikes = lif(x)
    (spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(spikes.detach(), data[f"syn_{reset}_spk"])
    close(lif.run(x).state.current, data[f"syn_{reset}_syn"][-1], 2e-6)
    close(x.grad, data[f"syn_{reset}_gx"], 2e-6)


@pytest.mark.parametrize(("number", "config"), configs("norse_lif"))
def test_norse(number, config):
    data = golden("stbp/norse_lif")
    x = torch.from_numpy(data["x"]).requires_grad_()
    lif = LIF.norse(**config)
    spikes = lif(x)
    (spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(spikes.detach(), data[f"c{number}_spk"])
    close(lif.run(x).state.membrane, data[f"c{number}_v"][-1], 2e-6)
    close(x.grad, data[f"c{number}_gx"], 2e-6)


@pytest.mark.parametrize(("number", "config"), configs("sinabs_lif"))
def test_sinabs(number, config):
    data = golden("stbp/sinabs_lif")
    x = torch.from_numpy(data["x"]).requires_grad_()
    lif = LIF.sinabs(**config)
    spikes = lif(x)
    (spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(spikes.detach(), data[f"c{number}_spk"])
    if config["spike_fn"] == "SingleSpike":
        assert spikes.max() == 1
    elif not config["norm_input"]:
        assert spikes.max() > 1
    close(lif.run(x).state.membrane, data[f"c{number}_v"], 1e-7)
    close(x.grad, data[f"c{number}_gx"], 1e-6)


@pytest.mark.parametrize("theirs", sorted(set(golden("stbp/surrogates")) - {"x"}))
def test_surrogates_are_those_of_the_libraries(theirs):
    data = golden("stbp/surrogates")
    library, _, call = theirs.partition(".")
    name, _, words = call.removesuffix(")").partition("(")
    given = [word.split("=") for word in words.split(",") if word]
    constants = {key: float(value) for key, value in given if key != "v_mem"}
    entry = surrogates.__dict__[TABLES.get(library, library.upper())][name]
    x = torch.from_numpy(data["x"])
    if isinstance(entry, surrogates.Function):
        renamed = {WORDS.get(key, key): value for key, value in constants.items()}
        found, inside = entry.function(x, **renamed), x == x
    else:
        made = entry.words(next(iter(constants.values()), None))
        scaled = x * made["sharpness"]
        found = made["height"] * SURROGATES[made["surrogate"]].load()(scaled)
        inside = (scaled.abs().sub(0.5).abs() > 1e-9) | (name != "Rect")
    np.testing.assert_allclose(found[inside], data[theirs][inside], rtol=2e-7, atol=1e-7)


WORDS = {"T_period": "period"}
TABLES = {"sj": "SPIKINGJELLY"}


def test_two_halves_are_the_whole():
    x = torch.randn(9, 2, 3, generator=torch.Generator().manual_seed(1)).double()
    lif = LIF(decay=0.8, current_decay=0.5, adaptation=0.3, adaptation_decay=0.9)
    first, state = lif(x[:4], lif.start(x))
    second, _ = lif(x[4:], state)
    assert torch.equal(torch.cat([first, second]), lif(x))
    assert not torch.equal(second, lif(x[4:]))
    assert not any(each.requires_grad for each in detached(state))


def test_a_call_leaves_nothing_behind():
    x = torch.full((3, 1), 0.75)
    lif = LIF(decay=0.5)
    assert torch.equal(lif(x), lif(x))


def test_batch_first_is_the_same_with_two_axes_exchanged():
    x = 2 * torch.rand(4, 6, 3, generator=torch.Generator().manual_seed(2))
    spikes = LIF(batch_first=True)(x)
    assert torch.equal(spikes, LIF()(x.transpose(0, 1)).transpose(0, 1))
    assert not torch.equal(spikes, LIF()(x))
    done = LIF(batch_first=True).run(x)
    assert done.membranes.shape == x.shape
    assert done.state.membrane.shape == (4, 3)


def test_sharpness_may_change_from_call_to_call():
    x = torch.full((1, 1), 0.5).requires_grad_()
    alpha = iter([1.0, 1.0, 1.5])
    now = [0.0]

    def next_alpha():
        return now[0]

    gradients = []
    now[0] = next(alpha)
    lif = LIF.snetx(alpha=next_alpha)
    for now[0] in alpha:
        x.grad = None
        lif(x).sum().backward()
        gradients.append(x.grad.item())
    assert gradients == pytest.approx([1.0 - 0.5, 1.5 * (1 - 1.5 * 0.5)])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LIF(threshold=-1.0), "threshold: must be more than 0, got -1"),
        (lambda: LIF(surrogate="arctn"), "did you mean 'arctan'"),
        (lambda: LIF(reset="hold"), "needs delayed=True"),
        (lambda: LIF(tau=1.0, learn_tau=True), "learn_tau: needs a decay between 0 and 1"),
        (lambda: LIF(sharpness=0.0), "sharpness: must be more than 0, got 0"),
        (lambda: LIF.snetx(0.5), "tau: must be 1 or more, got 0.5"),
        (lambda: LIF.snetx(sg="arctan2"), "did you mean 'arc_tan'"),
        (lambda: LIF.snntorch(0.9, reset_mechanism="set"), "subtract, zero, none, got 'set'"),
        (lambda: LIF.snntorch(0.9, alpha=0.5, reset_delay=False), "reset_delay: must be True"),
        (lambda: LIF.norse(dt=0.1), "decay: must be 0 or more, got -9"),
        (lambda: LIF.sinabs(0.0), "tau_mem: must be more than 0, got 0"),
        (lambda: LIF.sinabs(5.0, reset_fn="x"), "reset_fn: must be"),
    ],
)
def test_refusals(make, said):
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        make()
    assert "\n" not in str(error.value)


def test_at_the_threshold_only_some_spike():
    x = torch.ones(1, 1)
    reach = LIF.snetx(), LIF.spikingjelly(decay_input=False), LIF.sinabs(5.0, norm_input=False)
    assert [lif(x).item() for lif in reach] == [1, 1, 1]
    exceed = LIF.snntorch(0.5), LIF.norse(tau_mem_inv=1000.0)
    assert [lif(x).item() for lif in exceed] == [0, 0]
    assert [lif(x + 0.01).item() for lif in exceed] == [1, 1]


def test_membranes_of_norse_begin_at_0_and_those_of_spikingjelly_where_they_rest():
    x = torch.zeros(1, 1)
    assert LIF.norse(v_leak=0.5).start(x).membrane.item() == 0
    assert LIF.spikingjelly(v_reset=-0.5).start(x).membrane.item() == -0.5


@pytest.mark.parametrize(("reset_fn", "passes"), [("MembraneReset", 0), ("MembraneSubtract", 1)])
def test_only_the_subtracting_reset_of_sinabs_passes_a_gradient(reset_fn, passes):
    """S_0 = 1; of H_1 = a V_0 + x_1, dV_0/dx_0 is 0 if set, else 1 - psi(0.5) != 0."""
    x = torch.tensor([[1.5, 0.5]]).requires_grad_()
    lif = LIF.sinabs(5.0, norm_input=False, reset_fn=reset_fn, surrogate_grad_fn="Gaussian")
    lif(x[..., None])[0, 1].sum().backward()
    assert (x.grad[0, 0] != 0).item() == passes
    assert x.grad[0, 1] > 0


@dataclasses.dataclass
class Unhashable:
    """A derivative as other libraries write theirs."""

    width: float = 1.0

    def __call__(self, x):
        return (-x.abs() / self.width).exp()


def gradient(lif, x):
    x = x.clone().requires_grad_()
    (lif(x) * torch.arange(x[0].numel()).view_as(x[0])).sum().backward()
    return x.grad


X = torch.randn(5, 2, 7, generator=torch.Generator().manual_seed(3)) + 0.4


@pytest.mark.parametrize("own", [Unhashable(), lambda x: (-x.abs()).exp().double()])
def test_a_function_as_surrogate(own):
    named = gradient(LIF(surrogate="piecewise_exponential"), X)
    torch.testing.assert_close(gradient(LIF(surrogate=own), X), named)
    low = gradient(LIF(surrogate=own), X.bfloat16())
    torch.testing.assert_close(low, gradient(LIF(surrogate="piecewise_exponential"), X.bfloat16()))


def test_a_function_that_gives_a_number_for_all():
    flat = gradient(LIF(surrogate="straight_through"), X)
    for one in (1, 1.0, torch.ones(()), np.float32(1)):
        torch.testing.assert_close(gradient(LIF(surrogate=lambda x, one=one: one), X), flat)


def test_a_function_is_not_asked_where_nothing_learns():
    lif = LIF(surrogate=lambda x: 1 / 0)
    assert torch.equal(lif(X), LIF()(X))
    with torch.no_grad():
        assert torch.equal(lif(X.clone().requires_grad_()), LIF()(X))


@pytest.mark.parametrize(
    ("own", "text"),
    [
        (None, "surrogate: expected a name or a function, got None"),
        (5, "expected a name or a function, got 5"),
        (torch.nn.ReLU, "expected a name or a function, got <class"),
        (torch.nn.PReLU(), "surrogate: expected a function without parameters"),
        (lambda x: x.new_ones(3), r"surrogate: expected a derivative \[5, 2, 7\], got \[3\]"),
        (lambda x: None, r"surrogate: expected a derivative \[5, 2, 7\], got NoneType"),
    ],
)
def test_what_is_no_surrogate(own, text):
    with pytest.raises(ValueError, match=text):
        gradient(LIF(surrogate=own), X)


def test_neurons_with_functions_are_saved_and_shown():
    lif = LIF.spikingjelly(surrogate="S2NN", alpha=3.0)
    assert "s2nn(alpha=3.0)" in repr(lif)
    again = pickle.loads(pickle.dumps(lif))
    assert torch.equal(gradient(again, X), gradient(lif, X))


def test_derivatives_are_of_the_type_of_the_membranes():
    x = torch.tensor([-1.0, 0.5], dtype=torch.float64)
    assert derivatives.leaky_k_relu(x, leak=0.3).tolist() == [0.3, 1.0]
    assert derivatives.log_tailed_relu(x, alpha=0.1).tolist() == [0.1, 1.0]


def test_sinabs_names_its_threshold():
    with pytest.raises(ValueError, match="spike_threshold: must be more than 0, got 0"):
        LIF.sinabs(4.0, 0.0)
