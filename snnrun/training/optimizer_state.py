"""What an optimiser keeps, as tensors by name; checked before it reaches torch again.

A tensor is called ``<parameter>/<what>``, for example ``model.layers.0.weights/exp_avg``. torch
trusts what it is given: a tensor of another shape is written beyond its end.
"""

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from snnrun.errors import DataError
from snnrun.runs.progress import Group
from snnrun.runs.tensors import NOT_FINITE

Names = dict[Tensor, str]


def names_of(learner: nn.Module) -> Names:
    """Return the name of each parameter of a learner."""
    return {parameter: name for name, parameter in learner.named_parameters()}


def groups_of(optimizer: Optimizer, names: Names) -> tuple[Group, ...]:
    """Return names and learning rates of the groups of parameters."""
    return tuple(
        Group(parameters=tuple(names[each] for each in group["params"]), lr=float(group["lr"]))
        for group in optimizer.param_groups
    )


def tensors_of(optimizer: Optimizer, names: Names) -> dict[str, Tensor]:
    """Return what is kept of every parameter, by name, in their order; numbers as tensors."""
    return {
        f"{names[parameter]}/{what}": torch.as_tensor(value)
        for group in optimizer.param_groups
        for parameter in group["params"]
        for what, value in sorted(optimizer.state.get(parameter, {}).items())
        if value is not None
    }


def restore(
    optimizer: Optimizer, names: Names, groups: tuple[Group, ...], tensors: Mapping[str, Tensor]
) -> None:
    """Give an optimiser what one for the same parameters kept.

    Args:
        optimizer: for the same parameters, in the same groups.
        names: of the parameters.
        groups: what :func:`groups_of` returned; ``#<number>`` stands for the parameter in that
            place, as in format 1.
        tensors: what :func:`tensors_of` returned.

    Raises:
        DataError: it is of other parameters, or of another kind, shape or range than it should be.
    """
    _check_groups(groups_of(optimizer, names), groups)
    every = [each for group in optimizer.param_groups for each in group["params"]]
    places = {f"#{number}": parameter for number, parameter in enumerate(every)}
    places |= {names[parameter]: parameter for parameter in every}
    kept: dict[Tensor, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        place, _, what = name.rpartition("/")
        if place not in places:
            raise DataError(f"the optimiser keeps {name}, of which it trains nothing")
        kept.setdefault(places[place], {})[what] = tensor
    for parameter, values in kept.items():
        _check_values(names[parameter], values, _kept_by(optimizer, parameter))
    for group, saved in zip(optimizer.param_groups, groups, strict=True):
        group["lr"] = saved.lr
    optimizer.state.clear()
    for parameter, values in kept.items():
        on_device = {what: value.to(parameter.device) for what, value in values.items()}
        optimizer.state[parameter] = on_device


def _check_groups(own: tuple[Group, ...], saved: tuple[Group, ...]) -> None:
    sizes = [[len(group.parameters) for group in groups] for groups in (own, saved)]
    if sizes[0] != sizes[1]:
        raise DataError(f"the optimiser trained groups of {sizes[1]} parameters, not {sizes[0]}")
    for mine, theirs in zip(own, saved, strict=True):
        for name, other in zip(mine.parameters, theirs.parameters, strict=True):
            if not other.startswith("#") and other != name:
                raise DataError(f"the optimiser trained {other}, where {name} is expected")


def _kept_by(optimizer: Optimizer, parameter: Tensor) -> dict[str, Tensor]:
    """Return what an optimiser keeps of a parameter like this, found out by a step of its twin."""
    trial = nn.Parameter(torch.zeros_like(parameter, device="cpu"))
    trial.grad = torch.zeros_like(trial)
    (group,) = (each for each in optimizer.param_groups if _holds(each, parameter))
    twin = copy(optimizer)
    twin.state, twin.param_groups = defaultdict(dict), [{**group, "params": [trial]}]
    twin.step()
    kept = twin.state[trial].items()
    return {what: torch.as_tensor(value) for what, value in kept if value is not None}


def _holds(group: Mapping[str, Any], parameter: Tensor) -> bool:
    return any(each is parameter for each in group["params"])


def _check_values(name: str, values: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Refuse anything but finite numbers of the right kind and shape, in the right range."""
    if values.keys() != wanted.keys():
        found, due = (", ".join(sorted(each)) for each in (values, wanted))
        raise DataError(f"the optimiser keeps {found} of {name}; expected {due}")
    for what, value in values.items():
        like = wanted[what]
        if value.shape != like.shape or value.dtype != like.dtype:
            raise DataError(
                f"{what} of {name} is {value.dtype} {list(value.shape)}; "
                f"expected {like.dtype} {list(like.shape)}"
            )
        check_range(name, what, value)


def check_range(name: str, what: str, value: Tensor) -> None:
    """Refuse numbers that no optimiser keeps of a parameter.

    Raises:
        DataError: some are not finite, or below 0 where none can be.
    """
    if not value.isfinite().all():
        raise DataError(f"{what} of {name} {NOT_FINITE}")
    if (what == "step" or what.endswith("_sq")) and (value < 0).any():
        raise DataError(f"{what} of {name} holds values below 0")
