"""What the shell completes commands with."""

from snnrun.cli.arguments import (
    complete_config,
    complete_model,
    complete_name,
    complete_run,
    complete_shipped,
    complete_table,
)
from tests.cli.running import shell
from tests.config.yinyang import write


def test_completion(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("configs", "experiment_results/xor_1", "experiment_results/xor_2"):
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, "", "configs/a.yaml")
    write(tmp_path, "", "b.json")
    assert complete_config("") == ["configs/a.yaml"]
    assert complete_config("b") == ["b.json"]
    assert complete_config("c") == ["configs/"]
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


def test_the_shell_asks_for_completions(tmp_path):
    write(tmp_path, "", "mine.yaml")
    asked = {"COMP_WORDS": "snnrun train mi", "COMP_CWORD": "2"}
    _, out, _ = shell(cwd=tmp_path, _SNNRUN_COMPLETE="complete_bash", **asked)
    assert out.split() == ["mine.yaml"]
