"""Result folders of other programs in which a file is none, or tells of billions of epochs."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from snnrun.compat import open_run
from snnrun.compat.arrays import read_array
from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.runs import checkpoint
from tests.bounded import bounded, refusal
from tests.cli.running import run as command
from tests.compat.foreign import save_history, save_network, save_run
from tests.compat.originals import FIRST, SECOND, changed
from tests.compat.sbs_originals import save_first, save_second

NO_FILES = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
    "loop": lambda path: path.symlink_to(path.name),
}
CONFIGS = Path(__file__).parents[2] / "configs"
BINDSNET = Path(__file__).parents[1] / "golden/correlation/bindsnet_saved.pt"


pytestmark = pytest.mark.usefixtures("elsewhere")


def of_fastanddeep(plain):
    def save(folder):
        save_run(folder, plain, True, epochs=(2,))
        save_history(folder / "epoch_2", plain, 2)

    return save


FOLDERS = {
    "fastanddeep_first": of_fastanddeep(FIRST),
    "fastanddeep_second": of_fastanddeep(SECOND),
    "pytorch_sbs_first": save_first,
    "pytorch_sbs_second": save_second,
}


@pytest.mark.filterwarnings("ignore::snnrun.errors.SnnrunWarning")
@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("saved", FOLDERS)
def test_what_is_no_file_is_told_or_left_out(tmp_path, saved, kind):
    """Networks and curves were read without an end."""
    FOLDERS[saved](tmp_path / "whole")
    names = sorted(
        path.relative_to(tmp_path / "whole")
        for path in (tmp_path / "whole").rglob("*")
        if path.is_file() and "PatternStorage" not in path.name and "Label" not in path.name
    )
    assert len(names) > 5
    for name in names:
        theirs = shutil.copytree(tmp_path / "whole", tmp_path / "theirs")
        (theirs / name).unlink()
        NO_FILES[kind](theirs / name)
        with bounded(20):
            code, _, err = command("inference", theirs)
        assert code in (0, 2, 3), (name, err)
        assert code == 0 or err.count("snnrun: ") == 1, (name, err)
        assert "unexpected" not in err
        shutil.rmtree(theirs)
        shutil.rmtree("experiment_results", ignore_errors=True)


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", ["net.pt", "net.nir"])
def test_what_is_imported_is_a_file(tmp_path, name, kind):
    NO_FILES[kind](tmp_path / name)
    assert name in refusal("import", tmp_path / name, "data=digits")


@pytest.mark.parametrize("epoch", ["2000000000", "999999999", "9" * 30, "9" * 200])
def test_no_training_has_billions_of_epochs(tmp_path, epoch):
    """Each of them was gone through, to write what was kept of it."""
    save_run(tmp_path / "theirs", FIRST, True)
    (tmp_path / "theirs" / "epoch_6").rename(tmp_path / "theirs" / f"epoch_{epoch}")
    said = refusal("inference", tmp_path / "theirs")
    assert f"epoch_{epoch}: no training has as many epochs; expected up to 100,000" in said


@pytest.mark.parametrize("step", ["100000000", "9" * 9])
def test_the_steps_of_a_folder_may_be_far_apart(tmp_path, step):
    save_second(tmp_path / "theirs")
    for path in (tmp_path / "theirs").rglob("Weight_L*_S2.npy"):
        path.rename(path.with_name(path.name.replace("_S2.", f"_S{step}.")))
    with bounded(10):
        run, _ = open_run("theirs")
    assert checkpoint.saved(run.checkpoints)[-1] == Position(int(step) + 1)


def test_epochs_without_their_network_are_named(tmp_path):
    """They were told to have no checkpoint yet, and to be trained anew."""
    save_run(tmp_path / "theirs", FIRST, True, epochs=(2, 6))
    for path in (tmp_path / "theirs").rglob("yin_yang_network.pt"):
        path.unlink()
    said = refusal("inference", tmp_path / "theirs")
    assert "no file *_network.pt in it, or in epoch_2, epoch_6" in said


@pytest.mark.parametrize("other", ["sbs_digits", "first_spike_digits", "stbp_digits"])
def test_a_config_of_another_program_beside_their_networks(tmp_path, other):
    """The network of it was taken for one of first spikes, whatever it was."""
    save_run(tmp_path / "theirs", FIRST, True, epochs=(2,))
    shutil.copy(CONFIGS / f"{other}.yaml", tmp_path / "theirs/config.yaml")
    said = refusal("inference", tmp_path / "theirs")
    assert "theirs/config.yaml is no config of fastAndDeep or DelGrad; expected" in said


def test_a_network_that_no_memory_holds_is_not_made(tmp_path):
    """It was an unexpected RuntimeError of torch."""
    save_run(tmp_path / "theirs", FIRST, True, epochs=(2,))
    huge = changed(FIRST, network_layout__layer_sizes=[10**11, 3])
    (tmp_path / "theirs/config.yaml").write_text(yaml.safe_dump(huge))
    with bounded():
        code, _, said = command("inference", tmp_path / "theirs")
    assert code == 2
    assert "model.layers.0" in said
    assert "of memory or more; this machine has" in said


def test_an_array_that_is_none(tmp_path):
    path = tmp_path / "a.npy"
    broken = b"\x93NUMPY\x01\x00\x40\x00{'descr': '<f8', 'fortran_order': False, 'shape': (20, 3, "
    huge = (
        b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (10000000,)}"
    )
    for content in (b"", broken, broken.ljust(80), huge.ljust(74), b"\x93NUMPY\x09\x00" * 9):
        path.write_bytes(content)
        with bounded(), pytest.raises(DataError, match=r"a\.npy: no array of numbers: "):
            read_array(path)
    np.save(path, np.array(["text"]))
    with pytest.raises(DataError, match=r"a\.npy: no array of numbers: \[1\] of <U4"):
        read_array(path)


YAML = {
    "deep": "a: " + "[" * 100_000,
    "merged over and over": "a0: &a0 {x: 1}\n"
    + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 30)),
    "named over and over": "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)),
    "many": "[" + "[]," * 500_000 + "]",
    "a number": "9" * 5000,
    "itself": "&a [*a]",
}


@pytest.mark.parametrize("name", YAML)
def test_an_optimiser_that_is_none_starts_anew(tmp_path, name):
    save_run(tmp_path / "theirs", FIRST, True)
    (tmp_path / "theirs/epoch_6/yin_yang_optim_state.yaml").write_text(YAML[name])
    with bounded(10):
        run, _ = open_run("theirs")
    (note,) = (each for each in run.read_json("source.json")["notes"] if "optim_state" in each)
    assert "epoch 6: " in note
    assert note.endswith("the optimiser starts anew")
    assert len(note) < 500


def test_a_network_in_a_pipe_beside_others(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    save_network(tmp_path / "theirs/epoch_2/yin_yang_network.pt", FIRST, 2, False)
    (tmp_path / "theirs/epoch_6/yin_yang_network.pt").unlink()
    os.mkfifo(tmp_path / "theirs/epoch_6/yin_yang_network.pt")
    assert "network.pt: it is a pipe, not a file" in refusal("inference", tmp_path / "theirs")
