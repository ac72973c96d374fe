"""VGG and residual networks: their sizes, and those of torchvision where neurons are rectifiers."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from snnrun.data.torchvision_door import torchvision
from snnrun.models import MODELS
from snnrun.models.feedforward.net import build
from snnrun.models.feedforward.resnets import PLANS
from snnrun.models.feedforward.spiking import Lif

THEIRS = {
    18: "resnet18", 34: "resnet34", 50: "resnet50", 101: "resnet101", 152: "resnet152",
    "wide50": "wide_resnet50_2", "wide101": "wide_resnet101_2",
} | {name: name for name in PLANS if str(name).startswith("resnext")}  # fmt: skip
ORDERS = "ABC"


def described(name, classes=10, shape=(3, 32, 32), **settings):
    return MODELS[name].settings(**settings).describe(shape, classes)


def parameters(name, **settings):
    return sum(count for *_, count in described(name, **settings))


@pytest.mark.parametrize(
    ("depth", "number"), [(11, 9_471_370), (13, 9_655_882), (16, 14_965_578), (19, 20_275_274)]
)
def test_vgg_has_as_many_parameters_as_that_of_snetx(depth, number):
    assert parameters("vgg", depth=depth, norm=None) == number
    channels = 2 * sum(s.channels for s in layers_of("vgg", "ConvSettings", depth=depth))
    assert parameters("vgg", depth=depth) == number + channels


def layers_of(model, kind, **settings):
    stack = MODELS[model].settings(**settings).stack()
    return [layer for layer in stack if type(layer).__name__ == kind]


@pytest.mark.parametrize(
    ("size", "number"),
    [(18, 11_173_962), (34, 21_282_122), (50, 23_520_842), ("resnext50_32x4d", 22_992_714),
     ("wide50", 66_847_050)],
)  # fmt: skip
def test_residual_networks_have_as_many_parameters_as_those_of_snetx(size, number):
    assert parameters("sew_resnet", size=size) == number
    assert parameters("ms_resnet", size=size, order="A") == number
    assert parameters("ms_resnet", size=size, order="C") == number


@pytest.mark.parametrize("size", PLANS)
def test_every_size_has_as_many_parameters_as_that_of_torchvision(size):
    with torch.device("meta"):
        theirs = getattr(torchvision().models, THEIRS[size])(num_classes=10)
    expected = sum(each.numel() for each in theirs.parameters())
    assert parameters("sew_resnet", size=size, stem="classic") == expected
    assert parameters("ms_resnet", size=size, stem="classic", order="C") == expected


class Rectifier(nn.Module):
    """Takes the place of neurons."""

    def forward(self, x, shown):
        return x.relu()


def rectified(module):
    """A network without spikes."""
    for name, inner in module.named_children():
        if isinstance(inner, Lif):
            setattr(module, name, Rectifier())
        else:
            rectified(inner)
    return module


@pytest.mark.parametrize("size", [18, 50, "resnext50_32x4d"])
def test_with_rectifiers_it_is_the_network_of_torchvision(size):
    """Order C has its layers where He et al. have theirs."""
    torch.manual_seed(4)
    theirs = getattr(torchvision().models, THEIRS[size])(num_classes=7).eval()
    settings = MODELS["ms_resnet"].settings(size=size, order="C", stem="classic")
    ours = rectified(build(settings, (3, 40, 36), 7, torch.Generator())).eval().float()
    for own, given in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert own.shape == given.shape
        own.data = given.data
    x = torch.rand(1, 2, 3, 40, 36)
    with torch.no_grad():
        torch.testing.assert_close(ours(x).outputs[0], theirs(x[0]), rtol=1e-4, atol=1e-4)


SLOW, DEEP = pytest.mark.slow, ((50, 4), ("resnext50_32x4d", 16))
SMALL = [
    *(("vgg", {"depth": depth, "norm": norm, "width": 2})
      for depth in (11, 13, 16, 19) for norm in (None, {"name": "tebn", "steps": 2})),
    *(("sew_resnet", {"size": 18, "width": 4, "combine": how}) for how in ("add", "and", "iand")),
    *(("sew_resnet", {"size": size, "width": 16}) for size in (34, "wide50")),
    ("sew_resnet", {"size": "resnext50_32x4d", "width": 16, "stem": "classic"}),
    *(("ms_resnet", {"size": 18, "width": 4, "order": order}) for order in ORDERS),
    *(("ms_resnet", {"size": size, "width": width, "order": "C"}) for size, width in DEEP),
    # The other orders, which are those of 18 layers, of deeper ones.
    *(pytest.param("ms_resnet", {"size": size, "width": width, "order": order}, marks=SLOW)
      for size, width in DEEP for order in ("A", "B")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings"), SMALL, ids=lambda each: str(each)[:60])
def test_it_learns_a_step(name, settings):
    neuron = {"threshold": 0.3}
    chosen = MODELS[name].settings(**settings, neuron=neuron)
    model = MODELS[name].load()(chosen, (2, 32, 32), 3, torch.Generator().manual_seed(3)).float()
    rows = chosen.describe((2, 32, 32), 3)
    assert sum(row[2] for row in rows) == sum(each.numel() for each in model.parameters())
    x = torch.rand(2, 2, 2, 32, 32, generator=torch.Generator().manual_seed(5))
    record = model(x)
    assert record.outputs.shape == (2, 2, 3)
    assert len(record.spikes) == sum("lif ->" in shape for _, shape, _ in rows)
    cross_entropy(model.scores(record), torch.tensor([0, 2])).backward()
    for key, each in model.named_parameters():
        assert each.grad is not None, key
        assert each.grad.isfinite().all(), key
    assert sum(each.grad.abs().sum() for each in model.parameters()) > 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", PLANS)
def test_every_order_of_every_size_is_described(size, order):
    rows = described("ms_resnet", size=size, order=order, stem="classic", shape=(3, 224, 224))
    channels = 512 * PLANS[size].expansion
    pooled, readout = rows[-2:]
    assert pooled[1] == f"adaptive_avg_pool -> [{channels}, 1, 1]"
    assert readout[1] == "linear -> [10]"
    blocks = [shape for _, shape, _ in rows if shape.startswith("residual")]
    assert len(blocks) == sum(PLANS[size].blocks)
    assert blocks[-1].endswith(f"[{channels}, 7, 7]")


def test_spikes_are_combined_as_chosen():
    for how in ("add", "and", "iand"):
        (*_, last) = layers_of("sew_resnet", "ResidualSettings", combine=how)
        assert last.combine == how
