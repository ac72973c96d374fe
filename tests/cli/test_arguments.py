"""What the shell completes commands with."""

from types import SimpleNamespace

from snnrun.cli.arguments import (
    complete_config,
    complete_model,
    complete_name,
    complete_run,
    complete_shipped,
    complete_table,
)
from snnrun.cli.completing import complete_override
from tests.cli.running import shell
from tests.config.yinyang import YIN_YANG, write


def test_completion(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("configs", "experiment_results/xor_1", "experiment_results/xor_2"):
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, "", "configs/a.yaml")
    write(tmp_path, "", "b.json")
    assert complete_config("") == ["configs/a.yaml"]
    assert complete_config("b") == ["b.json"]
    assert complete_config("c") == ["configs/a.yaml"]
    assert complete_config("first_spike_x") == ["first_spike_xor"]
    assert complete_shipped("sweep/") == ["sweep/all_rules_mnist"]
    assert complete_run("") == ["experiment_results/xor_1/", "experiment_results/xor_2/"]
    assert complete_run("experiment_results/xor_2") == ["experiment_results/xor_2/"]
    assert complete_model("first") == ["first_spike"]
    assert "adam" in complete_name("ada")
    assert all(name.startswith("ada") for name in complete_name("ada"))
    assert complete_table("da") == ["datasets"]


def test_where_nothing_lies_the_configs_that_come_with_snnrun_are_completed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "first_spike_mnist" in complete_config("")
    write(tmp_path, "", "first_spike_mine.yaml")
    assert complete_config("first_spike_m")[:2] == ["first_spike_mine.yaml", "first_spike_mnist"]


def asked(incomplete, config=None):
    return complete_override(SimpleNamespace(params={"config": config}), incomplete)


def test_settings_are_completed_as_they_stand_in_the_config(tmp_path):
    """`train.opt` completed to nothing; a folder got a blank behind it."""
    path = write(tmp_path, YIN_YANG)
    assert asked("train.ep", path) == ["train.epochs=", "train.epochs=300"]
    assert "train.optimizer.lr=0.005" in asked("train.optimizer.", path)
    assert "train.optimizer.momentum=0.0" not in asked("train.optimizer.", path)
    assert asked("data=yin", path) == ["data=yin_yang"]
    assert asked("train.device=c", path) == ["train.device=cpu", "train.device=cuda"]
    assert asked("train.live_plot=", path) == ["train.live_plot=true", "train.live_plot=false"]
    assert asked("nothing=", path) == asked("nothing", path) == asked("no.thing=", path) == []


def test_settings_are_completed_without_a_config(tmp_path):
    broken = write(tmp_path, YIN_YANG.replace("epochs: 300", "epochs: many"), "broken.yaml")
    for config in (None, tmp_path / "absent.yaml", broken):
        assert any(word.startswith("train.epochs=") for word in asked("train.ep", config))


def test_the_shell_asks_for_completions(tmp_path):
    write(tmp_path, "", "mine.yaml")
    asked = {"COMP_WORDS": "snnrun train mi", "COMP_CWORD": "2"}
    _, out, _ = shell(cwd=tmp_path, _SNNRUN_COMPLETE="complete_bash", **asked)
    assert out.split() == ["mine.yaml"]
