"""Layers that sum over processes while they run: what is left where one of these is lost."""

from pathlib import Path

import pytest
import torch

from snnrun.core.position import Position
from snnrun.errors import Interrupted
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher
from tests.models.feedforward.test_joint_norm import Losing

NORMS = Path(__file__).parent / "split/norms/config.yaml"


class StateOf(Watcher):
    """Keeps what the learner knew after each batch, by its number."""

    def __init__(self):
        self.states = {}

    def batch_done(self, training):
        state = training.learner.state_dict()
        self.states[training.at.batch] = {name: each.clone() for name, each in state.items()}


# An update of one batch takes 9 sums: of 4 norms forward, of 4 backward, and of the gradients.
@pytest.mark.parametrize("sums", [20, 24, 26])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_an_update_that_a_lost_process_cut_leaves_no_trace(tmp_path, sums, accumulate):
    """The running means had been those of a batch whose gradients were never followed."""
    run, seen = RunDir(tmp_path / "run"), StateOf()
    config = load_config(NORMS, [f"train.accumulate={accumulate}"])
    run.checkpoints.mkdir(parents=True)
    run.write_experiment(config)
    with pytest.raises(Interrupted, match=r"process 1 is gone; saved epoch 0, batch 2\. Go on"):
        Training(config, [seen], Losing(2, at=sums)).start(run)
    saved = checkpoint.load(run.checkpoints / Position(0, 2).name)
    for name, tensor in seen.states[2].items():
        assert torch.equal(saved.tensors[name], tensor), name
