"""The JSON files of a run folder: what is damaged, or of another kind, is found and named."""

import json

import pytest

from snnrun.errors import DataError
from snnrun.runs import json_files, whole
from snnrun.runs.folder import RunDir

CONTENT = {
    "status.json": {"state": "interrupted", "reason": "SIGTERM", "epoch": 3, "best": {"loss": 0.5}},
    "summary.json": {
        "model": "lif",
        "epoch": 3,
        "test": {"3": {"accuracy": 0.5}},
        "last": {},
        "settings": {"model.shape": [[1, 2], [3]], "train.clip": None},
    },
    "environment.json": {"python": "3.11.7", "plugins": {"mine": {"version": "1.5"}}, "gpus": []},
    "source.json": {"sha256": {"a.pt": "5d"}, "weights": {"3": "5e"}, "notes": ["one"]},
}


@pytest.mark.parametrize("name", CONTENT)
def test_what_was_written_comes_back(tmp_path, name):
    run = RunDir(tmp_path)
    run.write_json(name, CONTENT[name])
    assert run.read_json(name) == CONTENT[name]
    run.write_json(name, run.read_json(name))
    assert run.read_json(name) == CONTENT[name]


@pytest.mark.parametrize("name", CONTENT)
def test_a_file_of_an_earlier_version_is_taken_as_it_is(tmp_path, name):
    (tmp_path / name).write_text(json.dumps(CONTENT[name], indent=2) + "\n")
    assert RunDir(tmp_path).read_json(name) == CONTENT[name]


@pytest.mark.parametrize("bit", [0, 1, 5])
@pytest.mark.parametrize("name", CONTENT)
def test_every_flipped_bit_is_found(tmp_path, name, bit):
    """A version that was another in environment.json told that the bits may differ."""
    path = tmp_path / name
    RunDir(tmp_path).write_json(name, CONTENT[name])
    whole_file = path.read_bytes()
    for place in range(len(whole_file)):
        changed = bytearray(whole_file)
        changed[place] ^= 1 << bit
        if bytes(changed).split() == whole_file.split():
            continue  # one blank for another at the very end
        path.write_bytes(changed)
        with pytest.raises(DataError, match=rf"{name} is damaged: "):
            json_files.read(path)


DEEP = json.loads("[" * 30 + "]" * 30)
WRONG = {
    "status.json": [
        ("state", 3), ("state", None), ("reason", []), ("epoch", "x"), ("epoch", -1),
        ("epoch", True), ("epoch", 2.5), ("epoch", 10**400), ("best", 3), ("best", {"loss": "x"}),
        ("best", {"loss": [1]}), ("seconds", "x"), ("seconds", -1), ("epochs", None),
    ],
    "summary.json": [
        ("model", {}), ("judged_by", 3), ("test", []), ("test", {"x": {}}), ("test", {"3": 3}),
        ("settings", 3), ("settings", {"a": DEEP}), ("settings", [3]),
        ("settings", {"a." * 101: 1}), ("settings", {"a" * 2**18 + "a": 1}),
        ("settings", {str(n): n for n in range(10_001)}),
        ("test", {"3": {"loss": "x"}}), ("test", {"9" * 5000: {}}), ("last", 3),
        ("last", {"train": None}),
    ],
    "environment.json": [
        ("plugins", 3), ("plugins", {"mine": 3}), ("plugins", {"mine": {"version": []}}),
        ("continued", 4), ("continued", {}), ("continued", [3]),
    ],
    "source.json": [
        ("sha256", 3), ("sha256", {"a": 3}), ("weights", []), ("weights", {"x": "5e"}),
        ("weights", {"3": 3}), ("notes", "one"), ("notes", [3]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "key", "value"), [(name, *each) for name, every in WRONG.items() for each in every]
)
def test_an_entry_of_another_kind_is_named(tmp_path, name, key, value):
    """They were unexpected errors, or, in one run, hid all others in the list of runs."""
    path = tmp_path / name
    path.write_text(json.dumps({**CONTENT[name], key: value}))
    with pytest.raises(DataError) as error:
        json_files.read(path)
    said = str(error.value)
    assert said.startswith(f"{path} is damaged: ")
    assert key in said or "digits" in said
    assert "\n" not in said
    assert len(said) < len(str(path)) + 300


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{", "[" * 100_000, '{"a":' * 100_000,
                                  "{" + '"a":[' * 9000 + "]" * 9000 + "}", "\udcff",
                                  "[" + "1," * whole.VALUES + "1]"])  # fmt: skip
@pytest.mark.parametrize("name", CONTENT)
def test_what_is_no_map_is_told(tmp_path, name, text):
    (tmp_path / name).write_text(text, errors="surrogateescape")
    with pytest.raises(DataError, match=rf"{name} is damaged: ") as error:
        RunDir(tmp_path).read_json(name)
    assert "\n" not in str(error.value)


def test_more_than_any_text_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(whole, "TEXT", 20)
    RunDir(tmp_path).write_json("status.json", CONTENT["status.json"])
    with pytest.raises(DataError, match=r"cannot read .*status\.json: it holds .* at most 20 are"):
        json_files.read(tmp_path / "status.json")
