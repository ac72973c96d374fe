"""LIF neurons over a sequence: by hand, beside other libraries, and by numerical gradients."""

import json
import math

import numpy as np
import pytest
import torch

from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset
from tests.golden import golden
from tests.kernels.lif.sequences import assert_same

#: Of other libraries: our name, sharpness and height, of their constant.
SNETX = {"PiecewiseQuadratic": lambda a: ("triangular", a, a),
         "arc_tan": lambda a: ("arctan", math.pi * a / 2, a / 2)}  # fmt: skip
CUEND = {
    "LeakyReLU": lambda a: ("straight_through", 1.0, 1.0),
    "sigmoid": lambda a: ("sigmoid", a, a / 4),
    "arctan": SNETX["arc_tan"],
    "PiecewiseQuadratic": SNETX["PiecewiseQuadratic"],
}
SPIKINGJELLY = {
    "Sigmoid": lambda a: ("sigmoid", a, a / 4),
    "ATan": lambda a: ("arctan", math.pi * a / 2, a / 2),
    "PiecewiseQuadratic": lambda a: ("triangular", a, a),
    "PiecewiseExp": lambda a: ("piecewise_exponential", a, a / 2),
    "SoftSign": lambda a: ("superspike", a, a / 2),
    "SuperSpike": lambda a: ("superspike", 1.0, a),
    "Erf": lambda a: ("erf", a, a / math.sqrt(math.pi)),
}
SNNTORCH = {
    "atan": lambda of: ("arctan", math.pi * of["alpha"] / 2, of["alpha"] / 2),
    "fast_sigmoid": lambda of: ("superspike", of["slope"], 1.0),
    "sigmoid": lambda of: ("sigmoid", of["slope"], of["slope"] / 4),
    "straight_through_estimator": lambda of: ("straight_through", 1.0, 1.0),
}
RESETS = {"subtract": SequenceReset.SUBTRACT, "zero": SequenceReset.SET, "none": SequenceReset.NONE}
NORSE = {
    "super": ("superspike", 1.0, 1.0),
    "triangle": ("triangular", 1.0, None),  # its height is their alpha
    "tanh": ("sigmoid", 2.0, 1.0),
    "heavi_erfc": ("erf", 1.0, 2 / math.sqrt(math.pi)),
}


def configs(name):
    """The cases of a file, each with its number."""
    return list(enumerate(json.loads(str(golden(f"stbp/{name}")["configs"]))))


def surrogate(name, sharpness, height):
    return {"surrogate": name, "sharpness": sharpness, "height": height}


def sequence(x, neuron):
    """What the readable twin does; the compiled kernel does the same."""
    assert_same(x, neuron)
    return twin.sequence(x, neuron)


def close(found, wanted, tolerance):
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=tolerance, atol=tolerance)


def snetx(data, config, shapes, dtype):
    """What their neuron of a config does, and the gradient of its input; time first."""
    x = torch.from_numpy(data["x"]).to(dtype).transpose(0, 1).requires_grad_()
    neuron = SequenceNeuron(
        1 / config["tau"],
        threshold=config["v_th"],
        v_reset=config["v_reset"],
        detach=config["detach"],
        **surrogate(*shapes[config["sg"]](config["alpha"])),
    )
    done = sequence(x, neuron)
    (done.spikes * torch.from_numpy(data["g"]).transpose(0, 1)).sum().backward()
    return done, x.grad


@pytest.mark.parametrize(("number", "config"), configs("snetx_lif"))
def test_snetx(number, config):
    data = golden("stbp/snetx_lif")
    done, gradient = snetx(data, config, SNETX, torch.float64)
    assert np.array_equal(done.spikes.transpose(0, 1).detach(), data[f"c{number}_spk_f8"])
    for found, name in ((done.membranes, "h"), (done.after, "v"), (gradient, "gx")):
        close(found.transpose(0, 1), data[f"c{number}_{name}_f8"], 4e-15)


@pytest.mark.parametrize(("number", "config"), configs("snetx_cuend_lif"))
def test_snetx_on_a_gpu(number, config):
    """Its gradient lacks a term where a reset that is not detached leads elsewhere than to 0."""
    data = golden("stbp/snetx_cuend_lif")
    done, gradient = snetx(data, config, CUEND, torch.float32)
    assert np.array_equal(done.spikes.transpose(0, 1).detach(), data[f"c{number}_spk"])
    close(done.membranes.transpose(0, 1), data[f"c{number}_h"], 1e-6)
    right = config["detach"] or not config["v_reset"]
    wanted = data[f"c{number}_gx"]
    assert np.allclose(gradient.transpose(0, 1), wanted, rtol=1e-5, atol=1e-5) == right


@pytest.mark.parametrize(("number", "config"), configs("spikingjelly_lif"))
def test_spikingjelly(number, config):
    data = golden("stbp/spikingjelly_lif")
    x = (torch.from_numpy(data["x"]).double() * config["x_scale"]).requires_grad_()
    tau, v_reset = config["tau"], config["v_reset"]
    level = v_reset or 0.0
    done = sequence(
        x,
        SequenceNeuron(
            1 - 1 / tau,
            input_scale=1 / tau if config["decay_input"] else 1.0,
            threshold=config["v_threshold"],
            v_reset=level,
            rest=level,
            initial=level,
            reset=SequenceReset.SUBTRACT if v_reset is None else SequenceReset.SET,
            detach=config["detach_reset"],
            **surrogate(*SPIKINGJELLY[config["sg"]](config["alpha"])),
        ),
    )
    loss = (done.spikes * torch.from_numpy(data["gs"])).sum()
    if config["uses_gv"]:
        loss = loss + (done.after * torch.from_numpy(data["gv"])).sum()
    loss.backward()
    assert np.array_equal(done.spikes.detach(), data[f"c{number}_spk_f8"])
    close(done.after, data[f"c{number}_v_f8"], 4e-15)
    close(x.grad, data[f"c{number}_gx_f8"], 2e-14)


@pytest.mark.parametrize("case", ["plif1h", "plif1s", "plif0h", "plif0s", "ifh", "ifs"])
def test_spikingjelly_with_a_learned_time_constant_and_without_a_leak(case):
    data = golden("stbp/spikingjelly_lif")
    hard, learned = case.endswith("h"), case.startswith("plif")
    kind = torch.from_numpy(data[f"{case}_spk"]).dtype
    fed = (2.0 if case[4] == "1" else 1.0) if learned else 0.5
    x = (torch.from_numpy(data["x"]).to(kind) * fed).requires_grad_()
    w = torch.tensor(data[f"{case}_w"] if learned else 0.0, dtype=kind).requires_grad_()
    keeps, scale = 1.0, 1.0
    if learned:
        keeps, scale = 1 - w.sigmoid(), w.sigmoid() if fed == 2 else 1.0
    done = sequence(
        x,
        SequenceNeuron(
            keeps,
            input_scale=scale,
            reset=SequenceReset.SET if hard else SequenceReset.SUBTRACT,
            **surrogate(*SPIKINGJELLY["ATan"](2.0)),
        ),
    )
    (done.spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(done.spikes.detach(), data[f"{case}_spk"])
    close(done.after, data[f"{case}_v"], 1e-6)
    close(x.grad, data[f"{case}_gx"], 2e-6)
    if learned:
        close(w.grad, data[f"{case}_gw"], 1e-5)


@pytest.mark.parametrize(
    ("number", "config"), [each for each in configs("snntorch_leaky") if each[1]["sg"] in SNNTORCH]
)
def test_snntorch(number, config):
    data = golden("stbp/snntorch_leaky")
    x = torch.from_numpy(data["x"]).requires_grad_()
    beta, threshold = (torch.tensor(config[of], requires_grad=True) for of in ("beta", "threshold"))
    done = sequence(
        x,
        SequenceNeuron(
            beta,
            threshold=threshold,
            reset=RESETS[config["reset_mechanism"]],
            delayed=config["reset_delay"],
            raised=config["reset_mechanism"] == "subtract" and not config["reset_delay"],
            strict=True,
            **surrogate(*SNNTORCH[config["sg"]](config["kw"])),
        ),
    )
    loss = (done.spikes * torch.from_numpy(data["gs"])).sum()
    if config["uses_gm"]:
        loss = loss + (done.after * torch.from_numpy(data["gm"])).sum()
    loss.backward()
    assert np.array_equal(done.spikes.detach(), data[f"c{number}_spk"])
    close(done.after, data[f"c{number}_mem"], 1e-6)
    for found, name in ((x.grad, "gx"), (beta.grad, "gbeta"), (threshold.grad, "gthr")):
        close(found.reshape(data[f"c{number}_{name}"].shape), data[f"c{number}_{name}"], 2e-5)


@pytest.mark.parametrize(
    ("name", "reset"), [("subtract", SequenceReset.SUBTRACT), ("zero", SequenceReset.HOLD)]
)
def test_snntorch_with_a_synapse(name, reset):
    data = golden("stbp/snntorch_leaky")
    x = (torch.from_numpy(data["x"]) * 0.5).requires_grad_()
    done = sequence(
        x,
        SequenceNeuron(
            0.5,
            current_decay=0.75,
            reset=reset,
            delayed=True,
            strict=True,
            **surrogate(*SNNTORCH["atan"]({"alpha": 2.0})),
        ),
    )
    (done.spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(done.spikes.detach(), data[f"syn_{name}_spk"])
    for found, of in ((done.after, "mem"), (done.currents, "syn"), (x.grad, "gx")):
        close(found, data[f"syn_{name}_{of}"], 2e-6)


@pytest.mark.parametrize(
    ("number", "config"), [each for each in configs("norse_lif") if each[1]["method"] in NORSE]
)
def test_norse(number, config):
    data = golden("stbp/norse_lif")
    x = torch.from_numpy(data["x"]).requires_grad_()
    name, sharpness, height = NORSE[config["method"]]
    share = config["dt"] * config["tau_mem_inv"]
    done = sequence(
        x,
        SequenceNeuron(
            1 - share,
            current_decay=1 - config["dt"] * config["tau_syn_inv"],
            input_scale=share,
            threshold=config["v_th"],
            v_reset=config["v_reset"],
            rest=config["v_leak"],
            strict=True,
            **surrogate(name, sharpness, config["alpha"] if height is None else height),
        ),
    )
    (done.spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(done.spikes.detach(), data[f"c{number}_spk"])
    close(done.after, data[f"c{number}_v"], 2e-6)
    close(x.grad, data[f"c{number}_gx"], 2e-6)
