"""How a model is run while it learns: as it is, in bfloat16, or compiled."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.errors import ConfigError
from snnrun.learning.surrogate.settings import SurrogateRuleSettings
from snnrun.models.model import Model


class Running:
    """Runs a model as settings say.

    With bfloat16, torch rounds what goes into products, and keeps what is sensitive as it is;
    weights and their gradients stay float32.

    Raises:
        ConfigError: torch cannot do it here.
    """

    def __init__(self, settings: SurrogateRuleSettings, model: Model) -> None:
        self.settings = settings
        self._compiled: Callable[..., Record] | None = None
        if settings.precision == "bfloat16":
            _refuse_bfloat16(model)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a copy, which compiles its own model."""
        return {**self.__dict__, "_compiled": None}

    def __call__(self, model: Model, x: Tensor, random: Random) -> Record:
        """Return the record of a batch."""
        rounded = self.settings.precision == "bfloat16"
        context = torch.autocast(x.device.type, torch.bfloat16) if rounded else nullcontext()
        with context:
            return self._run(model)(x, random)

    def _run(self, model: Model) -> Callable[..., Record]:
        if not self.settings.compile:
            return model
        if self._compiled is None:
            self._compiled = compiled(model)
        return self._compiled


def compiled(model: Model) -> Callable[..., Record]:
    """Return a model that torch compiles when it is first called."""
    _refuse_compiling()
    run: Callable[..., Record] = torch.compile(model.forward)

    def guarded(x: Tensor, random: Random) -> Record:
        from torch._dynamo.exc import TorchDynamoException

        try:
            return run(x, random)
        except TorchDynamoException as error:
            raise ConfigError(
                f"learning.compile: torch cannot compile this model: {_why(error)}; expected false"
            ) from error

    return guarded


def _refuse_compiling() -> None:
    """Refuse to compile where there is no compiler."""
    from torch._inductor.cpp_builder import get_cpp_compiler

    try:
        get_cpp_compiler()
    except RuntimeError as error:
        raise ConfigError(
            "learning.compile: torch finds no C++ compiler here; expected g++ or clang++ (CXX "
            "names another), or false"
        ) from error


def _refuse_bfloat16(model: Model) -> None:
    """Refuse bfloat16 where numbers are float64, or where torch cannot multiply in it."""
    if any(each.dtype == torch.float64 for each in model.parameters()):
        raise ConfigError(
            "learning.precision: bfloat16 is for networks in float32; expected "
            "train.precision float32"
        )
    ones = torch.ones(2, 2, requires_grad=True)
    try:
        with torch.autocast("cpu", torch.bfloat16):
            (ones @ ones).sum().backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise ConfigError(
            f"learning.precision: torch has no bfloat16 here: {_first(error)}; expected float32"
        ) from error


def _why(error: Exception) -> str:
    """Return the first line of an error, and what the compiler said of itself, if it ran."""
    said = next((line for line in str(error).splitlines() if "error: " in line), "").strip()
    first = _first(error)
    return first if not said or said in first else f"{first}: {said}"


def _first(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
