"""snnrun: train, evaluate and compare spiking neural networks from one config file.

The verbs of the command line are functions here: :func:`train`, :func:`inference`,
:func:`predict`, :func:`evaluate`, :func:`resume`, :func:`replay`, :func:`validate`, :func:`share`,
:func:`sweep`, :func:`compare`, and :func:`load`, :func:`load_config`. What they take and return
are :class:`Experiment`, :class:`RunDir`, :class:`Learner`, :class:`Record` and
:class:`Evaluation`. All are imported when they are first used, so that ``import snnrun`` costs
nothing. So is ``snnrun.nn``, building blocks for programs. docs/python.md shows them at work.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnrun import nn
    from snnrun.api import evaluate, inference, load, replay, resume, train, validate
    from snnrun.core.record import Record
    from snnrun.experiment import Experiment, load_config
    from snnrun.predicting import predict
    from snnrun.runs.evaluation import Evaluation
    from snnrun.runs.folder import RunDir
    from snnrun.studies.compare import compare
    from snnrun.studies.running import sweep
    from snnrun.studies.sharing import share
    from snnrun.training.learner import Learner

    __version__: str

_HOMES = {
    "Evaluation": "snnrun.runs.evaluation",
    "Experiment": "snnrun.experiment",
    "Learner": "snnrun.training.learner",
    "Record": "snnrun.core.record",
    "RunDir": "snnrun.runs.folder",
    "compare": "snnrun.studies.compare",
    "evaluate": "snnrun.api",
    "inference": "snnrun.api",
    "load": "snnrun.api",
    "load_config": "snnrun.experiment",
    "predict": "snnrun.predicting",
    "replay": "snnrun.api",
    "resume": "snnrun.api",
    "share": "snnrun.studies.sharing",
    "sweep": "snnrun.studies.running",
    "train": "snnrun.api",
    "validate": "snnrun.api",
}
__all__ = [
    "Evaluation",
    "Experiment",
    "Learner",
    "Record",
    "RunDir",
    "__version__",
    "compare",
    "evaluate",
    "inference",
    "load",
    "load_config",
    "nn",
    "predict",
    "replay",
    "resume",
    "share",
    "sweep",
    "train",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "nn":
        return import_module("snnrun.nn")
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'snnrun' has no attribute {name!r}")


def _version() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("snnrun")
    except PackageNotFoundError:
        return "unknown"


def __dir__() -> list[str]:
    return [*__all__, *globals()]
