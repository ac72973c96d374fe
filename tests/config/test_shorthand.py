"""A component in one word: `data: mnist`, `data=mnist`, in lists and free maps, with settings."""

import pytest

from snnrun.experiment import load_config
from tests.config.graph import GRAPH, register
from tests.config.yinyang import YIN_YANG, problems, write


def plain(path, *overrides):
    return load_config(path, overrides).model_dump()


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("{name: yin_yang}", "yin_yang"),
        ("{name: adam, lr: 5e-3}", "adam"),
        ("{name: ttfs, xi: 0.3}", "ttfs"),
    ],
)
def test_a_name_alone_in_a_file(tmp_path, written, short):
    long, alone = (
        write(tmp_path, YIN_YANG.replace(written, each), f"{number}.yaml")
        for number, each in enumerate((f"{{name: {short}}}", short))
    )
    assert plain(long) == plain(alone)


def test_a_name_alone_in_an_override(tmp_path):
    path = write(tmp_path, YIN_YANG)
    found = plain(path, "train.optimizer=sgd", "train.optimizer.lr=0.5", "train.scheduler=null")
    assert found["train"]["optimizer"] == {
        **plain(path, "train.optimizer={name: sgd}")["train"]["optimizer"], "lr": 0.5,
    }  # fmt: skip
    assert plain(path, "data=yin_yang", "data.r_big=0.4")["data"]["r_big"] == 0.4


def test_a_name_alone_in_a_list(tmp_path):
    path = write(tmp_path, YIN_YANG + "  loggers: [tensorboard]\n")
    assert [each["name"] for each in plain(path)["train"]["loggers"]] == ["tensorboard"]


def test_a_name_alone_merges_as_a_map_with_it_does(tmp_path):
    write(tmp_path, YIN_YANG, "base.yaml")
    for text, lr in (("adam", 5e-3), ("sgd", 0.01)):
        path = write(tmp_path, f"extends: base.yaml\ntrain: {{optimizer: {text}}}\n", "top.yaml")
        long = f"extends: base.yaml\ntrain: {{optimizer: {{name: {text}}}}}\n"
        assert plain(path) == plain(write(tmp_path, long, "long.yaml"))
        assert text == "sgd" or plain(path)["train"]["optimizer"]["lr"] == lr


def test_a_wrong_name_alone(tmp_path):
    assert problems(tmp_path, "{name: yin_yang}", "yin_yan") == [
        "yy.yaml:2:1: data.name: unknown data set 'yin_yan'; did you mean 'yin_yang'? "
        "`snnrun list datasets` shows all"
    ]


def test_the_entry_of_a_free_map(tmp_path, monkeypatch):
    register(monkeypatch)
    long = write(tmp_path, GRAPH, "long.yaml")
    short = write(tmp_path, GRAPH.replace("X: {name: input}", "X: input"), "short.yaml")
    assert plain(long) == plain(short)
