"""snnrun: train, evaluate and compare spiking neural networks from one config file.

The verbs of the command line are functions here: :func:`train`, :func:`inference`,
:func:`evaluate`, :func:`resume`, :func:`replay`, :func:`sweep`, :func:`compare`, and
:func:`load`, :func:`load_config`. They are imported when they are first used, so that
``import snnrun`` costs nothing. So is ``snnrun.nn``, building blocks for programs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnrun import nn
    from snnrun.api import evaluate, inference, load, replay, resume, train, validate
    from snnrun.experiment import load_config
    from snnrun.studies.compare import compare
    from snnrun.studies.running import sweep

_HOMES = {
    "compare": "snnrun.studies.compare",
    "evaluate": "snnrun.api",
    "inference": "snnrun.api",
    "load": "snnrun.api",
    "load_config": "snnrun.experiment",
    "replay": "snnrun.api",
    "resume": "snnrun.api",
    "sweep": "snnrun.studies.running",
    "train": "snnrun.api",
    "validate": "snnrun.api",
}
__all__ = [
    "compare",
    "evaluate",
    "inference",
    "load",
    "load_config",
    "nn",
    "replay",
    "resume",
    "sweep",
    "train",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "nn":
        return import_module("snnrun.nn")
    raise AttributeError(f"module 'snnrun' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *globals()]
