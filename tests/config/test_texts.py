"""Configs that are made to do harm end in bounded time, with one message."""

import os
import socket

import pytest

from snnrun.config.reading import read_config
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from tests.config.yinyang import YIN_YANG, problems, write


def refused(path, *overrides):
    """What is said of a config."""
    with pytest.raises(ConfigError) as error:
        load_config(path, overrides)
    return str(error.value)


def test_a_pipe_is_named(tmp_path):
    """Reading waited for a writer that never came."""
    os.mkfifo(tmp_path / "pipe.yaml")
    wanted = f"cannot read {tmp_path}/pipe.yaml: it is a pipe, not a file"
    assert refused(tmp_path / "pipe.yaml") == wanted
    path = write(tmp_path, "extends: pipe.yaml\n")
    assert refused(path) == f"{path}:1:1: extends: {wanted}"


def test_what_is_no_file_is_named(tmp_path):
    """What a device gave filled the memory."""
    assert refused("/dev/zero") == "cannot read /dev/zero: it is a device, not a file"
    with socket.socket(socket.AF_UNIX) as it:
        it.bind(str(tmp_path / "s.yaml"))
        assert refused(tmp_path / "s.yaml").startswith(f"cannot read {tmp_path}/s.yaml: ")


def test_a_file_is_of_bounded_size(tmp_path):
    path = write(tmp_path, YIN_YANG + "#" * 2**20)
    assert refused(path) == f"cannot read {path}: it holds {path.stat().st_size:,} bytes; " \
        "at most 1,048,576 are read"  # fmt: skip


def test_the_size_counts_for_all_files_together(tmp_path):
    for name in "abc":
        write(tmp_path, "#" * 400_000 + "\n{}", f"{name}.yaml")
    assert "c.yaml: it holds" in refused(write(tmp_path, "extends: [a.yaml, b.yaml, c.yaml]\n"))


def test_each_file_is_read_once(tmp_path):
    """Twenty-four lines made sixteen million readings."""
    for level in range(24):
        write(tmp_path, f"extends: [{level + 1}.yaml, {level + 1}.yaml]\n", f"{level}.yaml")
    write(tmp_path, "a: 1\n", "24.yaml")
    assert read_config(tmp_path / "0.yaml").data == {"a": 1}


def test_files_that_extend_are_at_most_a_hundred(tmp_path):
    for level in range(101):
        write(tmp_path, f"extends: {level + 1}.yaml\n", f"{level}.yaml")
    wanted = f"{tmp_path}/99.yaml:1:1: extends: {tmp_path}/100.yaml: the config holds more than"
    assert refused(tmp_path / "0.yaml") == f"{wanted} 100 files"
    write(tmp_path, YIN_YANG, "99.yaml")
    load_config(tmp_path / "0.yaml")


@pytest.mark.parametrize("name", ["a\\0b.yaml", "x" * 5000, "loop.yaml"])
def test_names_that_no_file_has(tmp_path, name):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert ":1:1: extends: cannot read" in refused(write(tmp_path, f'extends: "{name}"\n'))


@pytest.mark.parametrize("text", ["/*" * 300_000, '"\\"' + '\\"' * 300_000, '["' + "\\" * 400_001])
def test_comments_that_never_end(tmp_path, text):
    """From each beginning of one, the rest was looked through for its end."""
    assert "not valid JSON" in refused(write(tmp_path, text, "x.json"))


def test_a_deep_override(tmp_path):
    path = write(tmp_path, YIN_YANG)
    wanted = "override 1: names a key 50001 deep; expected at most 100"
    assert refused(path, "a" + ".b" * 50_000 + "=1") == wanted
    assert refused(path, "a" * 5000).endswith("'" + "a" * 57 + "...'")


def test_overrides_take_from_the_same_room(tmp_path):
    path = write(tmp_path, YIN_YANG)
    many = ["train.frozen=[" + "a," * 35_000 + "]"] * 3
    assert refused(path, *many) == "override 3: the config holds more than 100,000 values"
    told = refused(path, *["seed=" + "1" * 500_000] * 3).splitlines()
    assert told[-1] == "override 3: with it, the config holds more than 1,048,576 bytes of text"


def test_long_keys_and_values_are_cut(tmp_path):
    for new in ("\n? " + "k" * 300_000 + "\n: 1\n", "\nseed: " + "9" * 300_000, "\nseed: s" * 9000):
        found = problems(tmp_path, "seed: 2000", new)
        assert 0 < max(map(len, found)) < 1100
        assert len(found) <= 50
    found = problems(tmp_path, "name: yin_yang", "name: " + "n" * 300_000)
    assert found == [
        "yy.yaml:2:8: data.name: unknown data set '" + "n" * 52 + "..." + "n" * 19 + "'; "
        "`snnrun list datasets` shows all"
    ]


def test_of_very_many_problems_the_first_are_told(tmp_path):
    layers = "".join(f"    - {{sise: {number}}}\n" for number in range(5000))
    path = write(tmp_path, YIN_YANG.replace("    - {size: 3", layers + "    - {size: 3"))
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert len(error.value.problems) == 50
    assert error.value.more > 4000
    assert error.value.problems[0] == (
        f"{path}:9:8: model.layers.1.sise: unknown key; did you mean 'size'?"
    )


def test_defaults_count_too(tmp_path):
    """A config was trained with whose config.yaml could not have been opened again."""
    layers = "    - {size: 12}\n" * 16_000
    path = write(tmp_path, YIN_YANG.replace("    - {size: 3", layers + "    - {size: 3"))
    assert "with all defaults, " in refused(path)
