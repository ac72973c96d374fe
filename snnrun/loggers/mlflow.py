"""A run in MLflow, which goes on when the run does; it is found again by a tag.

MLflow forgets nothing that was logged: a number that comes again as it was is left out, one that
differs is logged behind the one that it supersedes, and counts as the latest of its epoch.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from snnrun.loggers.logger import Ending, Logger, RunInfo
from snnrun.loggers.settings import MlflowSettings

#: The tag that tells which run of ours it is.
TAG = "snnrun.run"
_MOST_METRICS, _MOST_PARAMS, _LONGEST, _LONGEST_KEY = 1000, 100, 500, 250
_STRANGE = re.compile(r"[^\w\-. :/]", re.ASCII)
_STATES = {"finished": "FINISHED", "interrupted": "KILLED", "killed": "KILLED", "failed": "FAILED"}
T = TypeVar("T")


class Mlflow(Logger):
    """Sends numbers over the epoch, settings as parameters, results as metrics, and figures."""

    settings: MlflowSettings
    client: Any
    id: str
    epoch = 0

    def __init__(self, settings: MlflowSettings) -> None:
        super().__init__(settings)
        self.mlflow: Any = import_module("mlflow")
        self.entities: Any = import_module("mlflow.entities")

    def begin(self, run: RunInfo, epoch: int) -> None:
        """Begin the run, or go on with the one that has the tag."""
        uri = self.settings.uri
        if uri is None or uri.startswith("file:"):  # MLflow 3 asks whether a folder is meant
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        self.client = self.mlflow.MlflowClient(uri)
        experiment, tags = self._experiment(), {TAG: run.id}
        found = self.client.search_runs([experiment], f"tags.`{TAG}` = '{run.id}'", max_results=1)
        self._known: dict[str, dict[int, float]] | None = {} if found else None
        if found:
            its = found[0]
            self.client.update_run(its.info.run_id, "RUNNING")
        else:
            its = self.client.create_run(experiment, tags=tags, run_name=run.name)
        self.id = its.info.run_id
        self._parameters(its, run)

    def _experiment(self) -> str:
        """Return the id of the experiment, which another run may be making at the moment."""
        name = self.settings.experiment
        for last in (False, True):
            if found := self.client.get_experiment_by_name(name):
                return str(found.experiment_id)
            try:
                return str(self.client.create_experiment(name))
            except Exception:
                if last:
                    raise
        raise AssertionError("unreachable")

    def _parameters(self, found: Any, run: RunInfo) -> None:
        """Log the settings; those that were edited since cannot change, so a tag tells them."""
        params = []
        for key, value in run.settings.items():
            name, text = _STRANGE.sub("_", key)[:_LONGEST_KEY], str(value)[:_LONGEST]
            before = found.data.params.get(name)
            if before is None:
                params.append(self.entities.Param(name, text))
            elif before != text:
                self.client.set_tag(self.id, f"since.{name}", text)
        for some in _chunks(params, _MOST_PARAMS):
            self.client.log_batch(self.id, params=some)

    def numbers(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log numbers over the epoch."""
        self.epoch, now = max(self.epoch, epoch), int(1000 * time.time())
        named = {_STRANGE.sub("_", name): value for name, value in values.items()}
        metrics = [
            self.entities.Metric(name, value, now, epoch)
            for name, value in named.items()
            if not self._is_known(name, epoch, value)
        ]
        for some in _chunks(metrics, _MOST_METRICS):
            self.client.log_batch(self.id, metrics=some)

    def _is_known(self, name: str, epoch: int, value: float) -> bool:
        """Tell whether an earlier session logged just that."""
        if self._known is None:
            return False
        if name not in self._known:
            every = self.client.get_metric_history(self.id, name)
            latest = sorted(every, key=lambda each: each.timestamp)
            self._known[name] = {each.step: each.value for each in latest}
        return self._known[name].get(epoch) == value

    def figure(self, epoch: int, name: str, path: Path) -> None:
        """Keep a picture; one of the same name takes its place."""
        self.client.log_artifact(self.id, str(path), str(PurePosixPath(name).parent))

    def end(self, ending: Ending) -> None:
        """Log the results, and say how it ended."""
        self.numbers(self.epoch, ending.results)
        self.client.set_terminated(self.id, _STATES.get(ending.state, "FAILED"))


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield lists of so many."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
