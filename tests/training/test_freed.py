"""A training goes with its last user: who trains many in a row needs the memory of one."""

import gc
import weakref

import pytest

from snnrun.experiment import load_config
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher
from tests import tiny
from tests.graphs import SMALL
from tests.training.test_processes import ALWAYS, CONFIGS


class Look(Watcher):
    """Keeps what leads to a training, and does not hold it."""

    def started(self, training):
        self.training = weakref.ref(training)
        self.learner = weakref.ref(training.learner)
        self.source = weakref.ref(training.dataset.train)


@pytest.fixture
def collecting_nothing():
    gc.disable()
    yield
    gc.enable()


def left(path, overrides=()):
    """Return what of a training is there still, after it, without the collector's help.

    It is the second: modules of torch that the first imports keep the frames that it stood in.
    """
    for look in (Look(), Look()):
        Training(load_config(path, overrides), [look]).start(None)
    return [name for name, each in vars(look).items() if each() is not None]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.name)
def test_nothing_is_left_of_a_training(path, collecting_nothing):
    assert left(path, [*ALWAYS, "train.epochs=1"]) == []


def test_nothing_is_left_of_a_graph_that_learned(tmp_path, collecting_nothing):
    assert left(tiny.write_config(tmp_path, SMALL), ["train.epochs=1"]) == []
