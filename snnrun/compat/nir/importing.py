"""Make a run folder of a .nir file: config and weights, no history, as a shared run."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from snnrun.compat.imported import spelled_out, written
from snnrun.compat.nir.chain import chain, input_shape
from snnrun.compat.nir.constants import WRITERS, Writer
from snnrun.compat.nir.files import read
from snnrun.compat.nir.network import Network, network_of
from snnrun.compat.nir.remarks import config_in, epoch_in, step_in
from snnrun.compat.runs import digests
from snnrun.config.reading import document_of
from snnrun.core.registry import near
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import Experiment, experiment_of
from snnrun.runs.folder import RESULTS, RunDir
from snnrun.runs.tensors import check_fit
from snnrun.training.learner import Learner, build_learner, load_data, training_values

_DEFAULTS: dict[str, Any] = {
    "encoder": {"name": "rate"},
    "learning": {"name": "surrogate"},
    "train": {"batch_size": 100},
}


def import_file(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    written_by: str = "nir",
    dt: float | None = None,
    name: str | None = None,
    results: Path = RESULTS,
) -> RunDir:
    """Return a new run folder with the network of a .nir file.

    Args:
        path: the file.
        overrides: settings such as ``data=mnist`` and ``encoder.steps=25``, which go before those
            of the file.
        written_by: the library that wrote it, one of :data:`WRITERS`.
        dt: seconds of a step; None: what the file says, else what the library has.
        name: what the run folder is called, before the date; the file's name by default.
        results: the folder that holds run folders.

    Raises:
        ConfigError: no such library, or no step; the settings are wrong, or no data set is named.
        DataError: the file cannot be read, or holds what there is not here; nir is not installed.
    """
    writer = _writer(written_by, dt)
    overrides = spelled_out(overrides)
    graph = read(path)
    try:
        said = (step_in(graph.metadata) or writer.dt) if dt is None else dt
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    network, shape, plain = _network(path, graph, writer._replace(dt=said), overrides)
    experiment = experiment_of(plain, str(path), overrides)
    learner = _learner(path, experiment, network, shape)
    source = {
        "format": "nir",
        "folder": str(path.parent),
        "sha256": digests(path.parent, [path]),
        "written_by": written_by,
        "dt": said,
    }
    return written(RunDir.create(results, name or path.stem), experiment, learner, source)


def _writer(name: str, dt: float | None) -> Writer:
    if dt is not None and not 0 < dt < math.inf:
        raise ConfigError(f"a step of {dt:g} s; expected more than 0")
    if name not in WRITERS:
        guess = near(name, WRITERS)
        hint = f"did you mean {guess!r}? " if guess else ""
        raise ConfigError(f"unknown library {name!r}; {hint}known: {', '.join(WRITERS)}")
    return WRITERS[name]


def _network(
    path: Path, graph: Any, writer: Writer, overrides: list[str]
) -> tuple[Network, tuple[int, ...], dict[str, Any]]:
    """Return the network of a graph, the shape of its input, and the config that has it.

    Raises:
        ConfigError: no data set is named.
        DataError: a node is none of a network here.
    """
    plain = _DEFAULTS | config_in(graph.metadata)
    plain["train"] = {"epochs": epoch_in(graph.metadata), **_DEFAULTS["train"], **plain["train"]}
    chosen = document_of(plain, str(path), overrides).data
    if "data" not in chosen:
        raise ConfigError(
            f"{path} says nothing of data; add data=NAME, such as data=mnist (snnrun list datasets)"
        )
    precision = (chosen.get("train") or {}).get("precision")
    try:
        given, links = chain(graph)
        shape = input_shape(given, links)
        kind = np.float64 if precision == "float64" else np.float32
        network = network_of(links, shape, writer, kind)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return network, shape, {**plain, "model": network.model}


def _learner(
    path: Path, experiment: Experiment, network: Network, shape: tuple[int, ...]
) -> Learner:
    """Return the learner with the weights of a network.

    Raises:
        DataError: samples are not of the shape of its input, or weights do not fit.
    """
    given = experiment.model_input
    image = (shape[0], 1, shape[1]) if len(shape) == 2 else shape
    flat = isinstance(given, int) or len(shape) == 1
    if (math.prod(shape) != math.prod([given] if isinstance(given, int) else given)) or (
        not flat and image != given
    ):
        raise DataError(f"{path}: its input is {list(shape)}, but samples are {given}")
    learner = build_learner(experiment)
    if learner.encoder.state_dict():
        learner.encoder.fit(training_values(load_data(experiment)))
    wanted = learner.state_dict()
    theirs = {
        f"model.{name}": torch.from_numpy(np.array(each)) for name, each in network.tensors.items()
    }
    tensors = wanted | {name: each.to(learner.dtype) for name, each in theirs.items()}
    check_fit(path, tensors, wanted)
    learner.load_state_dict(tensors)
    return learner
