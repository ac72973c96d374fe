"""The saved optimisers of fastAndDeep and DelGrad: ``*_optim_state.yaml``.

The originals load these files with a YAML loader that calls whatever a tag names. Here each of the
few tags that their files use builds plain data, tensors as arrays; any other tag is refused.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from snnrun.config.tree import check_depth
from snnrun.errors import DataError
from snnrun.runs.torch_files import read_stream, view
from snnrun.runs.whole import brief, read_numbers

_VALUES = 250_000
_UNEXPECTED = (
    OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
_Base: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_TAG = "tag:yaml.org,2002:python/"


@dataclass(frozen=True)
class Memory:
    """What an optimiser knows of one parameter: its learning rate, and numbers by name."""

    rate: float
    values: dict[str, Any]


def read_optimizer(path: Path) -> list[Memory]:
    """Return what is known of each trained parameter, in the order of the network's layers.

    Raises:
        DataError: the file is absent, damaged, or asks for anything but plain data.
    """
    try:
        text = read_numbers(path).decode()
        _check_size(text)
        check_depth(text)
        optimizer = yaml.load(text, _Loader)[0]
        state = optimizer["state"]
        return [
            Memory(_rate(group["lr"]), dict(state.get(key, {})))
            for group in optimizer["param_groups"]
            for key in group["params"]
        ]
    except yaml.YAMLError as error:
        reason = brief(getattr(error, "problem", None) or error)
        raise DataError(f"{path}: {reason}; nothing was run") from error
    except _UNEXPECTED as error:
        raise DataError(f"{path}: no state of an optimiser: {brief(error)}") from error


def _rate(given: Any) -> float:
    """Return a learning rate.

    Raises:
        ValueError: it is none.
    """
    rate = float(given)
    if not 0 <= rate < math.inf:
        raise ValueError(f"a learning rate of {rate:g}; expected 0 or more")
    return rate


def _check_size(text: str) -> None:
    """Refuse a text of more lists, maps and values than any optimiser has, before it is read.

    Raises:
        ValueError: it has.
    """
    count = sum(map(text.count, (",", "[", "{", ": ", ":\n", "- ")))
    if count > _VALUES:
        raise ValueError(f"it holds more than {_VALUES:,} values")


class _Loader(_Base):  # type: ignore[misc]
    """Knows plain YAML and the tags below; maps take nothing over from others."""

    def flatten_mapping(self, node: Any) -> None:
        """Leave ``<<`` alone: maps that take over maps twice, again and again, fill any memory."""


def _tuple(loader: Any, node: Any) -> tuple[Any, ...]:
    return tuple(loader.construct_sequence(node, deep=True))


def _storage(loader: Any, node: Any) -> Any:
    (raw,) = _tuple(loader, node)
    return read_stream(raw, (), "a tensor of the optimiser")


def _tensor(loader: Any, node: Any) -> Any:
    return view(*_tuple(loader, node)[:4])


def _dict(loader: Any, node: Any) -> dict[Any, Any]:
    return dict(*_tuple(loader, node))


for tag, build in {
    "tuple": _tuple,
    "object/apply:torch.storage._load_from_bytes": _storage,
    "object/apply:torch._utils._rebuild_tensor_v2": _tensor,
    "object/apply:collections.OrderedDict": _dict,
    "object/apply:collections.Counter": _dict,
}.items():
    _Loader.add_constructor(_TAG + tag, build)
