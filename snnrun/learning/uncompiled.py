"""Optimisers that do not load the compiler of torch.

torch wraps the methods of its optimisers so that its compiler leaves them alone, and the first
call of any imports the compiler: two seconds of every training that compiles nothing. The methods
under the wrappers are the same, and only models are compiled here, never the step of an optimiser.
"""

import functools
import inspect
from collections.abc import Callable
from typing import cast

import torch
from torch.optim import Optimizer

_WRAPPED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


@functools.cache
def uncompiled(kind: Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    """Return a class that steps as ``kind`` does, to the bit; what is not torch's own, as it is."""
    ours = isinstance(kind, type) and kind.__module__.startswith("torch.optim.")
    return _unwrapped(cast(type[Optimizer], kind)) if ours else kind


def _unwrapped(kind: type[Optimizer]) -> type[Optimizer]:
    """Methods that the class has of its own stay."""
    methods = {
        name: inspect.unwrap(getattr(kind, name))
        for name in _WRAPPED
        if getattr(kind, name) is getattr(Optimizer, name)
    }
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, **methods})
