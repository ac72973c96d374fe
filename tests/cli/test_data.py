"""The verb ``data``: what it tells of sets of each kind, draws and fetches."""

from types import SimpleNamespace

import pytest

from snnrun.data import downloads
from snnrun.data.sets.mnist import FILES
from tests import tiny
from tests.cli.running import ROOT, run
from tests.data.recordings import write_event_sets


def test_a_set_that_is_made_is_told_and_drawn(tmp_path):
    config = tiny.write_config(tmp_path)
    code, out, err = run("data", config, "-o", tmp_path / "figures")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "yin_yang: points of the plane in the yin, the yang or a dot"
    assert "lies in     no files: made, or part of an installed package" in lines
    assert "shape       [4]" in lines
    assert "targets     3 classes: yang, yin, dot" in lines
    (train,) = (line.split() for line in lines if line.startswith("train"))
    assert (train[1], train[4:]) == ("230", ["7,360", "bytes", "all"])
    (head,) = (line for line in lines if line.startswith("class"))
    rows = [line.split() for line in lines[lines.index(head) + 1 :][:3]]
    assert [row[0] for row in rows] == ["yang", "yin", "dot"]
    assert [sum(int(row[column]) for row in rows) for column in (1, 2, 3)] == [230, 60, 70]
    assert "encoder latency: one spike an input; its time is linear in the value" in lines
    assert "a sample: 4 inputs, of which 4 spike" in lines
    assert lines[-3:] == [
        "drawn: 3 training samples and their code",
        str(tmp_path / "figures/samples.pdf"),
        str(tmp_path / "figures/samples.png"),
    ]
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "samples.pdf", "samples.png",
    ]  # fmt: skip


def test_the_figure_lies_among_the_results_unless_it_is_not_wanted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = tiny.write_config(tmp_path)
    _, out, _ = run("data", config, "--no-figure")
    assert "samples.png" not in out
    assert not (tmp_path / "experiment_results").exists()
    _, out, _ = run("data", config, "--each", 2)
    assert out.splitlines()[-3] == "drawn: 6 training samples and their code"
    assert (tmp_path / "experiment_results/data/tiny/samples.png").is_file()


def test_overrides_change_what_is_told(tmp_path):
    config = tiny.write_config(tmp_path)
    _, out, _ = run("data", config, "data.sizes.train=90", "encoder.late=3", "--no-figure")
    assert "\ntrain            90  " in out
    assert run("data", config, "data.sises.train=90")[0] == 2


def test_events_are_told_as_they_are_counted(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    write_event_sets(tmp_path)
    config = ROOT / "configs" / "vgg_dvs128.yaml"
    what = ("data={name: n_mnist, frames: 4, validation: test}", "train.augment=[]")
    code, out, err = run("data", config, *what, "-o", tmp_path / "figures")
    assert (code, err) == (0, "")
    assert f"lies in     {tmp_path}/N-MNIST\n" in out
    assert "shape       [4, 2, 34, 34], the first axis is time\n" in out
    assert "values      values of 0 and more; " in out
    assert "a sample: 4 steps of [2, 34, 34]\n" in out
    assert (tmp_path / "figures/samples.png").is_file()


def test_an_environment_has_no_samples():
    pytest.importorskip("gymnasium")
    code, out, _ = run("data", ROOT / "configs" / "reward_cartpole.yaml")
    assert code == 0
    assert out.splitlines() == [
        "gymnasium: episodes; there are no samples, a network acts and is rewarded",
        "observed  [4] numbers, scaled to 0 to 1",
        "actions   2",
        "episodes  50 train, 20 validate, 50 test",
    ]


@pytest.fixture
def absent(tmp_path, monkeypatch):
    """A data folder without MNIST."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    return tmp_path / "MNIST" / "raw"


MNIST = ROOT / "configs" / "first_spike_mnist.yaml"


def test_absent_files_are_named_as_ever(absent):
    code, out, err = run("data", MNIST)
    assert (code, out) == (3, "")
    assert err == (
        f"snnrun: {absent}: lacks {', '.join(FILES)}; set data.download=true to fetch them, "
        "or put them there (SNNRUN_DATA names the data folder)\n"
    )


def test_what_cannot_be_fetched_is_named_with_its_address(absent, monkeypatch):
    def fail(root, download):
        print("trying one mirror after the other")
        raise RuntimeError("Error downloading:\n<urlopen error no network>")

    fail.mirrors = ["https://mirror/"]
    fail.resources = [(f"{name}.gz", "md5") for name in FILES]
    door = SimpleNamespace(datasets=SimpleNamespace(MNIST=fail))
    monkeypatch.setattr(downloads, "torchvision", lambda: door)
    code, out, err = run("data", MNIST, "--fetch")
    assert (code, out) == (3, "")
    urls = ", ".join(f"https://mirror/{name}.gz" for name in FILES)
    assert err == (
        f"snnrun: {absent}: cannot download {', '.join(FILES)}: <urlopen error no network>; put "
        f"them there by hand, unpacked, from {urls} (SNNRUN_DATA names the data folder)\n"
    )


def test_what_is_there_is_not_fetched(absent, monkeypatch):
    monkeypatch.setattr(downloads, "torchvision", lambda: pytest.fail("asked for a download"))
    absent.mkdir(parents=True)
    for name in FILES:
        (absent / name).write_bytes(b"")
    _, out, _ = run("data", MNIST, "--fetch")
    assert out == f"{absent}: is there already; nothing was fetched\n"


def test_what_nobody_can_fetch_is_told_to_be_fetched_by_hand(absent):
    code, _, err = run("data", ROOT / "configs" / "shd_recurrent.yaml", "--fetch")
    assert code == 3
    assert err == (
        f"snnrun: {absent.parent.parent / 'SHD'}: lacks shd_train.h5, shd_test.h5; get them from "
        "https://zenkelab.org/datasets and put them there (SNNRUN_DATA names the data folder); "
        "snnrun cannot fetch them\n"
    )


def test_a_set_without_files_has_nothing_to_fetch(tmp_path):
    code, out, _ = run("data", tiny.write_config(tmp_path), "--fetch", "--no-figure")
    assert (code, out.splitlines()[0]) == (0, "yin_yang has no files to fetch")
