"""Commands that are asked to end before anything was trained, or by whom nothing is trained."""

import signal

import pytest

import snnrun
from snnrun.core.signals import NAMES
from snnrun.runs.folder import RunDir
from tests.cli.running import shell
from tests.tiny import experiment, same_result, write_config

SEND = """COMPONENTS = dict()
import os, signal
{where}
def send(*_):
    os.kill(os.getpid(), signal.{name})
"""
#: A plug-in is imported before anything else is.
AT_ONCE = SEND.format(where="", name="{name}") + "send()\n"
#: And when the folder of a run is there, with nothing in it yet.
IN_A_NEW_FOLDER = SEND.format(where="from snnrun.runs.folder import RunDir", name="{name}") + (
    "write = RunDir.write_experiment\n"
    "RunDir.write_experiment = lambda *told: send() or write(*told)\n"
)


#: And where Python drops whatever a handler raises.
IN_A_CALLBACK = SEND.format(where="", name="{name}") + (
    "class Sends:\n"
    "    def __del__(self):\n"
    "        send()\n"
    "        sum(range(9))\n"
    "made = Sends()\n"
    "del made\n"
)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> RunDir:
    folder = tmp_path_factory.mktemp("unbroken")
    return snnrun.train(experiment(folder), results=folder)


@pytest.fixture(autouse=True)
def _not_ignored():
    """As in a terminal, whatever runs these tests ignores."""
    before = {which: signal.signal(which, signal.SIG_DFL) for which in NAMES}
    yield
    for which, handler in before.items():
        signal.signal(which, handler)


def plugin(folder, text, sent):
    path = folder / "sends.py"
    path.write_text(text.format(name=sent.name))
    return "--plugin", path


@pytest.mark.parametrize("sent", NAMES, ids=lambda sent: sent.name)
def test_a_command_that_began_nothing_says_so(tmp_path, sent):
    """It ended without a word."""
    config = write_config(tmp_path)
    added = plugin(tmp_path, AT_ONCE, sent)
    results = tmp_path / "results"
    done = shell("train", config, "--results", results, *added)
    assert done == (128 + sent, "", f"snnrun: stopped by {NAMES[sent]}\n")
    assert not results.exists()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=lambda sent: sent.name)
@pytest.mark.parametrize("text", [IN_A_NEW_FOLDER, IN_A_CALLBACK], ids=["folder", "callback"])
def test_a_run_that_was_to_begin_is_saved(unbroken, tmp_path, text, sent):
    """It left a folder in which nothing told what had become of it; or, where Python ignored what
    was raised, training went on to its end.
    """
    added = plugin(tmp_path, text, sent)
    results = tmp_path / "results"
    code, _, told = shell("train", write_config(tmp_path), "--results", results, *added)
    assert code == (75 if sent == signal.SIGTERM else 130), told
    (folder,) = results.iterdir()
    run = RunDir.open(folder)
    assert (run.status()["state"], run.status()["reason"]) == ("interrupted", NAMES[sent])
    assert f"stopped by {NAMES[sent]}; saved epoch 0" in told
    assert same_result(unbroken, snnrun.resume(run))


@pytest.mark.parametrize("verb", ["eval", "inference"])
def test_readers_say_what_ended_them(unbroken, tmp_path, verb):
    done = shell(verb, unbroken.path, *plugin(tmp_path, AT_ONCE, signal.SIGHUP))
    assert done == (129, "", "snnrun: stopped by SIGHUP\n")


def test_several_processes_end_with_the_first(tmp_path):
    """It told of a checkpoint that there was not."""
    added = plugin(tmp_path, AT_ONCE, signal.SIGTERM)
    done = shell(
        "train", write_config(tmp_path), "--results", tmp_path / "new", "--nproc", 2, *added
    )
    assert done == (143, "", "snnrun: stopped by SIGTERM\n")


def test_the_backend_of_a_notebook_is_not_looked_for(tmp_path):
    """A command that a notebook starts inherits it, and may not have it."""
    config, results = write_config(tmp_path), tmp_path / "results"
    chosen = "train.live_plot=true", "train.epochs=1", "train.savepoints=[]"
    backend = {"MPLBACKEND": "module://of_a_notebook"}
    code, _, told = shell("train", config, "-q", "--results", results, *chosen, **backend)
    assert (code, told) == (0, "")
    assert list(results.glob("*/live_accuracy.png"))
