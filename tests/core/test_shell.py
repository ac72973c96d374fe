"""Commands that are shown can be copied into a shell, whatever their paths are called."""

import re
import shlex
from pathlib import Path

import pytest

import snnrun
from snnrun.core.shell import typed
from snnrun.errors import Interrupted
from snnrun.training.watchers.progress import summary
from tests import tiny
from tests.training.stopped import StopAfter

#: Commands in messages, behind which a path stands that need not be one word.
_BARE = re.compile(r"snnrun [a-z]+ \{(?!typed\()[^}]*path[^}]*\}")


@pytest.mark.parametrize("name", ["my run", "-o", "it's", "$HOME", "a;b", "run", "a\nb", "ünï"])
def test_a_shell_reads_the_path_again(name):
    (word,) = shlex.split(typed(name))
    assert word == (f"./{name}" if name.startswith("-") else name)


def test_what_a_training_tells_to_type_holds_the_folder_as_one_word(tmp_path):
    """``snnrun eval my results/run`` was to be typed, of a folder with a blank."""
    experiment, results = tiny.experiment(tmp_path, "train.epochs=1"), tmp_path / "my results"
    run = snnrun.train(experiment, results=results)
    commands = [shlex.split(line) for line in summary(run).splitlines() if "  snnrun" in line]
    assert [words[2] for words in commands] == [str(run.path)] * 3
    with pytest.raises(Interrupted) as stopped:
        snnrun.train(experiment, results=results, watchers=[StopAfter(1)])
    assert Path(shlex.split(str(stopped.value))[-1]).parent == results


def test_no_path_in_a_command_is_bare():
    assert _BARE.search("f'snnrun eval {run.path}'")
    sources = list(Path(snnrun.__file__).parent.rglob("*.py"))
    assert len(sources) > 100
    assert not [str(file) for file in sources if _BARE.search(file.read_text(encoding="utf-8"))]
