"""Several processes find what one does: each shows its share of every batch."""

import pickle
import warnings

import numpy as np
import pytest
import torch

import snnrun
from snnrun.cli.console import edge
from snnrun.core.events import Events
from snnrun.errors import SnnrunWarning
from tests import tiny
from tests.cli.running import shell
from tests.graphs import SMALL


@pytest.fixture(scope="module", params=["graph", "first_spike"])
def run(request, tmp_path_factory):
    """A run of a graph, whose training no two processes share, and one of a network of layers."""
    folder = tmp_path_factory.mktemp(request.param)
    config = tiny.write_config(folder)
    if request.param == "graph":
        config.write_text(SMALL.replace("epochs: 2", "epochs: 1, eval_batch_size: 7"))
    return snnrun.train(config, results=folder)


def evaluated(run, *options):
    """Return what inference prints and keeps; what was kept before is forgotten."""
    for file in run.path.glob("evaluation/*/*"):
        file.unlink()
    code, out, err = shell("inference", run.path, *options)
    assert (code, err) == (0, "")
    (file,) = run.path.glob("evaluation/*/*.npz")
    with np.load(file) as arrays:
        return out, {name: arrays[name] for name in arrays.files if name != "facts"}


def test_two_processes_print_and_keep_what_one_does(run):
    (said, kept), (printed, found) = evaluated(run), evaluated(run, "--nproc", "2")
    assert printed == said
    assert found.keys() == kept.keys()
    for name, array in kept.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-12, err_msg=name)


def test_spikes_go_to_other_processes_without_who_draws_them():
    one = Events.of(torch.ones(2, 1, 3))
    one.again = lambda *_: one  # no process could have that
    other = pickle.loads(pickle.dumps(one))
    assert torch.equal(other.dense(torch.ones(1)), one.dense(torch.ones(1)))
    assert other.again is None


@pytest.mark.parametrize(("rank", "said"), [("0", "snnrun: warning: once\n"), ("1", "")])
def test_the_first_of_several_processes_alone_warns(rank, said, monkeypatch, capsys):
    monkeypatch.setenv("RANK", rank)
    with warnings.catch_warnings(), edge():
        warnings.simplefilter("always")
        warnings.warn("once", SnnrunWarning, stacklevel=1)
    assert capsys.readouterr().err == said
