"""Whether a model carries something from one batch over to the next, which no part may do.

Parts that are neither ours nor torch's are tried out before a training: a copy of the model is
shown the batches A, A, B and A in evaluation mode, with the same random numbers. The last two
answers to A must be the same bits. What a part keeps may differ (a cache, a count) as long as
nothing is read from it: it is overwritten, and A is shown once more.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from snnrun.core.batch import Batch
from snnrun.errors import PluginError

OURS = ("snnrun", "torch")


class Kept(NamedTuple):
    """A tensor that a part of the model keeps, as it is and as it was."""

    part: str
    attribute: str
    tensor: Tensor
    value: Tensor


def is_foreign(model: nn.Module) -> bool:
    """Tell whether a part of the model is neither ours nor torch's."""
    return next(_foreign(model), None) is not None


def refuse_carrying(model: nn.Module, one: Batch, other: Batch) -> None:
    """Refuse a model of which a part answers differently after other samples were shown.

    Args:
        model: stays as it is.
        one, other: different samples, of different numbers.

    Raises:
        PluginError: naming the part and, if it is a tensor, what it keeps.
    """
    try:
        model = copy.deepcopy(model).eval()
    except Exception:  # what cannot be copied is not tried out
        return
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        _try_out(model, one, other)


def _try_out(model: nn.Module, one: Batch, other: Batch) -> None:
    fresh = copy.deepcopy(model)
    _answers(model, one)
    first = _answers(model, one)
    before = {(each.part, each.attribute): each.value for each in _kept(model)}
    try:
        _answers(model, other)
    except Exception as error:
        _answers(fresh, other)  # raises if the samples alone are to blame
        raise _refusal(model, next(iter(before), (next(_foreign(model))[0], ""))) from error
    moved = _changed(model, before)
    second = _answers(model, one)
    part = _first_difference(first, second)
    if part is not None:
        near = [each[:2] for each in moved if each.part == part] or [(part, "")]
        raise _refusal(model, near[0])
    for each in _changed(model, before):  # not what is a function of the samples before it alone
        if each.tensor.is_floating_point() and _is_read(model, each, one, second):
            raise _refusal(model, each[:2])


def _changed(model: nn.Module, before: dict[tuple[str, str], Tensor]) -> list[Kept]:
    """Return what parts keep that is not as it was."""
    return [each for each in _kept(model) if not _same(before.get(each[:2]), each.value)]


def _is_read(model: nn.Module, kept: Kept, batch: Batch, expected: dict[str, list[Tensor]]) -> bool:
    """Tell whether large numbers in what a part keeps change its answers."""
    large = 1e4 * (1 + kept.value.abs().max().item())
    for number in (large, -large):
        for each in _kept(model):
            if each[:2] == kept[:2]:
                each.tensor.fill_(number)
        if _first_difference(expected, _answers(model, batch)) is not None:
            return True
    return False


def _refusal(model: nn.Module, kept: tuple[str, str]) -> PluginError:
    part, attribute = kept
    kind = type(model.get_submodule(part))
    name = f"{part} " if part else ""
    what = f"{attribute} " if attribute else "something "
    return PluginError(
        f"model: {name}({kind.__module__}.{kind.__qualname__}) keeps {what}from one batch to the "
        "next, so that its answers depend on the samples before; each call is shown all steps of "
        "its samples, and must begin anew"
    )


def _foreign(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the parts that are neither ours nor torch's, with their names."""
    for name, part in model.named_modules():
        if type(part).__module__.split(".")[0] not in OURS:
            yield name, part


def _answers(model: nn.Module, batch: Batch) -> dict[str, list[Tensor]]:
    """Return what each foreign part gives for a batch, in the order in which they are done."""
    found: dict[str, list[Tensor]] = {}

    def hook(name: str) -> Callable[..., None]:
        def note(part: nn.Module, given: Any, out: Any) -> None:
            found.setdefault(name, []).extend(each.clone() for _, each in _tensors("", out))

        return note

    hooks = [part.register_forward_hook(hook(name)) for name, part in _foreign(model)]
    torch.default_generator.manual_seed(0)
    try:
        model(batch.inputs, batch.random)
    finally:
        for each in hooks:
            each.remove()
    return found


def _first_difference(one: dict[str, list[Tensor]], other: dict[str, list[Tensor]]) -> str | None:
    """Return the first part whose answers differ, those inside it first."""
    for name, answers in other.items():
        pairs = zip(one.get(name, []), answers, strict=False)
        if len(one.get(name, [])) != len(answers) or not all(_same(*pair) for pair in pairs):
            return name
    return None


def _kept(model: nn.Module) -> list[Kept]:
    """Return the tensors that foreign parts keep, but for parameters."""
    return [
        Kept(part, path, tensor, tensor.clone())
        for part, module in _foreign(model)
        for attribute, value in (*vars(module).items(), *module.named_buffers(recurse=False))
        if attribute not in ("_parameters", "_buffers", "_modules")
        for path, tensor in _tensors(attribute, value)
    ]


def _tensors(path: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors in a value, and where in it they are."""
    if isinstance(value, Tensor):
        yield path, value.detach()
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _tensors(f"{path}[{index}]", each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _tensors(f"{path}[{key!r}]", each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _tensors(f"{path}.{field.name}", getattr(value, field.name, None))


def _same(one: Tensor | None, other: Tensor) -> bool:
    """Tell whether two tensors have the same bits, or both no number."""
    if one is None or one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool(((one == other) | ((one != one) & (other != other))).all())
