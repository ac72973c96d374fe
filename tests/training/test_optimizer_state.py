"""What an optimiser keeps comes back by name; nothing else comes as far as torch."""

import math

import pytest
import torch
from torch import nn

from snnrun.errors import DataError
from snnrun.learning.optimizers import (
    OPTIMIZERS,
    AdamSettings,
    AdamWSettings,
    MultiplicativeAdamSettings,
    SGDSettings,
    build_optimizer,
)
from snnrun.runs.progress import Group
from snnrun.training.optimizer_state import groups_of, names_of, restore, tensors_of

SETTINGS = {
    "adam": AdamSettings(lr=0.03),
    "adamw": AdamWSettings(lr=0.03),
    "sgd": SGDSettings(lr=0.03, momentum=0.5),
    "plain sgd": SGDSettings(lr=0.03),
    "multiplicative_adam": MultiplicativeAdamSettings(lr=0.03),
}
EVERY = pytest.mark.parametrize("name", SETTINGS)


class Net(nn.Module):
    """Two layers, one of which learns at a rate of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2, bias=False)

    def loss(self):
        return self.second(self.first(torch.full((5, 3), 0.7)).relu()).square().sum()


def pair(name):
    net = Net()
    groups = [{"params": list(net.first.parameters())},
              {"params": list(net.second.parameters()), "lr": 0.01}]  # fmt: skip
    return net, build_optimizer(SETTINGS[name], groups)


def steps(net, optimizer, number):
    for _ in range(number):
        optimizer.zero_grad()
        net.loss().backward()
        optimizer.step()


@EVERY
def test_it_goes_on_as_if_it_had_never_stopped(name):
    whole, one = pair(name), pair(name)
    steps(*whole, 5)
    steps(*one, 3)
    kept = {key: value.clone() for key, value in tensors_of(one[1], names_of(one[0])).items()}
    groups = groups_of(one[1], names_of(one[0]))
    other = pair(name)
    other[0].load_state_dict(one[0].state_dict())
    restore(other[1], names_of(other[0]), groups, kept)
    steps(*other, 2)
    for mine, theirs in zip(other[0].parameters(), whole[0].parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_names_say_what_is_kept_of_which_parameter():
    net, optimizer = pair("adam")
    steps(net, optimizer, 1)
    found = tensors_of(optimizer, names_of(net))
    parameters = ("first.weight", "first.bias", "second.weight")
    assert found.keys() == {
        f"{name}/{what}" for name in parameters for what in ("step", "exp_avg", "exp_avg_sq")
    }
    assert groups_of(optimizer, names_of(net)) == (
        Group(parameters=("first.weight", "first.bias"), lr=0.03),
        Group(parameters=("second.weight",), lr=0.01),
    )


def test_what_is_kept_has_the_order_of_the_parameters_whatever_was_restored_first():
    """Which tensor was named as the first that is not finite depended on it."""
    net, optimizer = pair("adam")
    steps(net, optimizer, 1)
    names = names_of(net)
    kept = tensors_of(optimizer, names)
    backwards = dict(reversed(kept.items()))
    restore(optimizer, names, groups_of(optimizer, names), backwards)
    assert list(tensors_of(optimizer, names)) == list(kept)


def test_numbers_stand_for_parameters_of_earlier_versions():
    net, optimizer = pair("adam")
    steps(net, optimizer, 2)
    named = tensors_of(optimizer, names_of(net))
    order = {"first.weight": "#0", "first.bias": "#1", "second.weight": "#2"}
    numbered = {}
    for key, tensor in named.items():
        parameter, _, what = key.partition("/")
        numbered[f"{order[parameter]}/{what}"] = tensor
    groups = (Group(parameters=("#0", "#1"), lr=0.02), Group(parameters=("#2",), lr=0.005))
    other, fresh = pair("adam")
    restore(fresh, names_of(other), groups, numbered)
    again = tensors_of(fresh, names_of(other))
    assert again.keys() == named.keys()
    assert all(torch.equal(again[key], named[key]) for key in named)
    assert [group["lr"] for group in fresh.param_groups] == [0.02, 0.005]


def test_a_parameter_that_got_no_gradient_yet_has_nothing_kept():
    net, optimizer = pair("adam")
    steps(net, optimizer, 1)
    kept = tensors_of(optimizer, names_of(net))
    some = {key: tensor for key, tensor in kept.items() if key.startswith("first.")}
    other, fresh = pair("adam")
    restore(fresh, names_of(other), groups_of(optimizer, names_of(net)), some)
    assert tensors_of(fresh, names_of(other)).keys() == some.keys()
    steps(other, fresh, 1)


# ---- what is refused ----


def refused(name, change=None, groups=None):
    """The message of a restoring that is refused; the optimiser is as before then."""
    net, optimizer = pair(name)
    steps(net, optimizer, 3)
    kept, names = dict(tensors_of(optimizer, names_of(net))), names_of(net)
    if change:
        change(kept)
    other, fresh = pair(name)
    own, before = groups_of(optimizer, names), [group["lr"] for group in fresh.param_groups]
    with pytest.raises(DataError) as error:
        restore(fresh, names_of(other), own if groups is None else groups, kept)
    assert not fresh.state
    assert [group["lr"] for group in fresh.param_groups] == before
    assert "\n" not in str(error.value)
    return str(error.value)


def fill(key, value):
    def change(kept):
        kept[key] = torch.full_like(kept[key], value)

    return change


ADAM = ["step", "exp_avg", "exp_avg_sq"]
KEPT = {"adam": ADAM, "adamw": ADAM, "sgd": ["momentum_buffer"], "multiplicative_adam": ADAM}
FIELDS = pytest.mark.parametrize(("name", "what"), [(n, w) for n, ws in KEPT.items() for w in ws])


@FIELDS
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite(name, what, bad):
    said = refused(name, fill(f"first.bias/{what}", bad))
    assert said == f"{what} of first.bias holds values that are not finite"


@FIELDS
def test_another_shape_or_kind(name, what):
    """torch wrote beyond the end of a tensor that was too small."""
    key = f"second.weight/{what}"
    for other in (torch.ones(1), torch.ones(2, 5), torch.ones(2, 4, 1), torch.ones(0)):
        said = refused(name, lambda kept, other=other: kept.update({key: other}))
        assert f"{what} of second.weight is torch.float32 {list(other.shape)}; expected " in said
    for kind in (torch.float64, torch.int32, torch.bool, torch.complex64):
        said = refused(name, lambda kept, kind=kind: kept.update({key: kept[key].to(kind)}))
        assert f"{what} of second.weight is {kind} " in said


@FIELDS
def test_one_too_many(name, what):
    said = refused(name, lambda kept: kept.update({"first.bias/more": kept[f"first.bias/{what}"]}))
    assert f"of first.bias; expected {', '.join(sorted(KEPT[name]))}" in said


@pytest.mark.parametrize("what", KEPT["adam"])
def test_one_too_few(what):
    said = refused("adam", lambda kept: kept.pop(f"first.bias/{what}"))
    left = ", ".join(sorted(set(KEPT["adam"]) - {what}))
    assert said.startswith(f"the optimiser keeps {left} of first.bias; expected ")


@pytest.mark.parametrize("name", ["adam", "adamw", "multiplicative_adam"])
@pytest.mark.parametrize("what", ["step", "exp_avg_sq"])
def test_values_that_cannot_be_negative(name, what):
    said = refused(name, fill(f"first.weight/{what}", -0.25))
    assert said == f"{what} of first.weight holds values below 0"


@pytest.mark.parametrize("key", ["third.weight/step", "step", "/step", "", "#3/step", "#-1/step",
                                 "first/weight/step", "first.weight"])  # fmt: skip
def test_tensors_of_nothing_that_is_trained(key):
    said = refused("adam", lambda kept: kept.update({key: torch.tensor(3.0)}))
    assert said == f"the optimiser keeps {key}, of which it trains nothing"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ([["first.weight", "first.bias"]], r"groups of [2] parameters, not [2, 1]"),
        ([["first.weight"], ["first.bias", "second.weight"]], "groups of [1, 2] parameters"),
        ([["first.bias", "first.weight"], ["second.weight"]],
         "trained first.bias, where first.weight is expected"),
        ([["first.weight", "other"], ["second.weight"]], "trained other, where first.bias is"),
        ([], "groups of [] parameters, not [2, 1]"),
    ],
)  # fmt: skip
def test_other_groups(parameters, told):
    groups = tuple(Group(parameters=tuple(each), lr=0.1) for each in parameters)
    assert told in refused("adam", groups=groups)


def test_every_optimiser_is_tried():
    assert OPTIMIZERS.keys() == SETTINGS.keys() - {"plain sgd"} == KEPT.keys()
