"""What is looked at in the tensors of a checkpoint before any of them is used."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from snnrun.errors import DataError

NOT_FINITE = "holds values that are not finite"
_STEPS = 2**53  # that no optimiser takes
_TYPES = {
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16,
    torch.float32, torch.float64, torch.complex64, torch.complex128,
}  # fmt: skip


def check_types(path: Path, *given: Mapping[str, Tensor]) -> None:
    """Refuse numbers of a type that only torch has: figures and other programs cannot read them.

    Raises:
        DataError: naming the first.
    """
    for name, tensor in (each for tensors in given for each in tensors.items()):
        if tensor.dtype not in _TYPES:
            raise DataError(f"{path} is damaged: {name} holds {tensor.dtype}; expected float32")


def check_steps(path: Path, optimizer: Mapping[str, Tensor]) -> None:
    """Refuse numbers of steps that no optimiser counts to; others are refused with its settings.

    Raises:
        DataError: naming the first.
    """
    for name, tensor in optimizer.items():
        if name.endswith("/step") and tensor.numel() == 1 and not tensor.is_complex():
            step = float(tensor)
            if (step >= _STEPS and step != math.inf) or step % 1 > 0:
                raise DataError(f"{path} is damaged: {name} is {step:g}; expected a count")


def check_fit(path: Path, have: Mapping[str, Tensor], want: Mapping[str, Tensor]) -> None:
    """Refuse tensors of other names, shapes or kinds of number than those that are wanted.

    Raises:
        DataError: naming the first that is missing, unknown, of another shape or kind, or not
            finite.
    """
    for name in sorted(have.keys() | want.keys()):
        one, other = have.get(name), want.get(name)
        if one is None or other is None or one.shape != other.shape:
            raise DataError(
                f"{path} does not fit the network: {name} is {_shape(one)} in the checkpoint "
                f"and {_shape(other)} in the network"
            )
        if _kind(one) != _kind(other):
            raise DataError(
                f"{path} does not fit the network: {name} holds {one.dtype} in the checkpoint "
                f"and {other.dtype} in the network"
            )
    check_finite(path, have)


def check_finite(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Refuse tensors with values that are not finite.

    Raises:
        DataError: naming the first.
    """
    for name in not_finite(tensors):
        raise DataError(f"{path}: {name} {NOT_FINITE}")


def not_finite(tensors: Mapping[str, Tensor]) -> Iterable[str]:
    """Yield the names of tensors with nan or inf in them."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not _is_finite(tensor):
            yield name


def _is_finite(tensor: Tensor) -> bool:
    """Tell whether all values are finite; those of a finite sum are, which is found sooner."""
    return bool(tensor.sum().isfinite()) or bool(tensor.isfinite().all())


def _kind(tensor: Tensor) -> tuple[bool, bool, bool]:
    """Tell what kind of number a tensor holds; how precisely is not of interest."""
    return tensor.is_floating_point(), tensor.is_complex(), tensor.dtype == torch.bool


def _shape(tensor: Tensor | None) -> str:
    return "absent" if tensor is None else str(list(tensor.shape))
