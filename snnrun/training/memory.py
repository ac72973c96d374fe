"""Where memory runs out: one message that names the place and a batch size to try.

What an error passed through on its way up tells where it came from: the batch, the part of the
model, and whether anything was learned. Nothing is looked at before memory has run out.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from torch import nn

from snnrun.core.batch import Batch
from snnrun.errors import OutOfMemoryError, ran_out_of_memory

_BYTES = re.compile(r"(?:tried|able) to allocate ([\d.]+) ?(bytes|[KMGT]iB)", re.IGNORECASE)
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@contextmanager
def memory_told(
    model: nn.Module, where: Callable[[], str], key: Callable[[], str]
) -> Iterator[None]:
    """Tell in one message where memory ran out inside the block.

    Args:
        model: whose parts are named.
        where: says what was done.
        key: says which number of samples should be smaller.

    Raises:
        OutOfMemoryError: memory ran out.
    """
    try:
        yield
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        raise OutOfMemoryError(told(error, model, where(), key())) from None


def told(error: BaseException, model: nn.Module, where: str, key: str) -> str:
    """Return the message.

    Args:
        error: what torch, numpy or the kernels raised.
        model: whose parts are named.
        where: what was done.
        key: of the config, the number of samples shown at once.
    """
    frames = list(_locals(error.__traceback__))
    batch = next((len(v) for each in frames for v in each.values() if type(v) is Batch), None)
    layer = _layer(frames, model)
    parts = [
        f"memory ran out in {where}",
        f"at {layer} of the model" if layer else "",
        f"with batches of {batch} samples" if batch else "",
    ]
    text, size = ", ".join(part for part in parts if part), _size(error)
    more = f": {size} more were wanted" if size else ""
    if batch == 1:
        return f"{text}{more}; one sample at a time is the least: expected more memory"
    hint = f"{key}={batch // 2}" if batch else f"a smaller {key}, or train.in_memory=false"
    return f"{text}{more}; try {hint}"


def _locals(trace: TracebackType | None) -> Iterator[dict[str, Any]]:
    """Yield the names that each call knew, the innermost first."""
    calls = []
    while trace is not None:
        calls.append(trace.tb_frame.f_locals)
        trace = trace.tb_next
    yield from reversed(calls)


def _layer(frames: list[dict[str, Any]], model: nn.Module) -> str:
    """Return the innermost part of the model that a call knew; '' for none, or the whole."""
    names: dict[int, str] = {id(part): name for name, part in model.named_modules() if name}
    for known in frames:
        for value in known.values():
            if isinstance(value, nn.Module) and id(value) in names:
                return names[id(value)]
    return ""


def _size(error: BaseException) -> str:
    """Return how much was asked for, if the error says so."""
    found = _BYTES.search(str(error))
    if found is None:
        return ""
    number, unit = float(found[1]), next(u for u in _UNITS if u.lower() == found[2].lower())
    size = number * _UNITS[unit]
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
