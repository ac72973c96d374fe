"""Run folders of networks from files of other programs: config and weights, no history."""

import re
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from snnrun.core.position import Position
from snnrun.experiment import Experiment
from snnrun.runs import checkpoint, environment
from snnrun.runs.folder import RunDir
from snnrun.training.learner import Learner

_NAMED = re.compile(r"(data|encoder)=(\w+)")


def spelled_out(overrides: Sequence[str]) -> list[str]:
    """Return overrides in which ``data=mnist`` is spelled out.

    Example:
        >>> spelled_out(["data=mnist", "train.epochs=2"])
        ['data={name: mnist}', 'train.epochs=2']
    """
    return [
        _NAMED.sub(r"\1={name: \2}", each) if _NAMED.fullmatch(each) else each for each in overrides
    ]


def written(
    run: RunDir, experiment: Experiment, learner: Learner, source: dict[str, Any]
) -> RunDir:
    """Fill a run folder; it vanishes where that fails."""
    at = Position(experiment.train.epochs)
    try:
        checkpoint.save(run.checkpoints, at, learner.state_dict())
        run.write_json("source.json", source)
        run.write_json("environment.json", environment.describe(sys.argv, experiment))
        run.write_json("status.json", {"state": "shared", "epoch": at.epoch})
        run.write_experiment(experiment)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run
