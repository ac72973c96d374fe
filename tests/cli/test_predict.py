"""The verb ``predict``: what it takes, prints and writes, and how it refuses."""

import io
import json
import os

import numpy as np
import pytest
from typer.testing import CliRunner

import snnrun
from snnrun.cli.predicting import complete_samples
from snnrun.cli.verbs import app
from snnrun.predicting import predict
from tests import tiny
from tests.cli.running import run as command

POINTS = np.array([[0.3, 0.7, 0.7, 0.3], [0.75, 0.5, 0.25, 0.5], [0.5, 0.9, 0.5, 0.1]])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return snnrun.train(tiny.experiment(folder), results=folder)


@pytest.fixture
def points(tmp_path):
    np.save(tmp_path / "points.npy", POINTS)
    return tmp_path / "points.npy"


def piped(run, content: bytes, *options: str):
    """Exit code, stdout and stderr of a command that reads standard input."""
    result = CliRunner().invoke(app, ["predict", str(run.path), "-", *options], input=content)
    return result.exit_code, result.stdout, result.stderr


def test_a_row_a_sample_on_stdout_and_what_became_of_them_on_stderr(trained, points):
    code, out, err = command("predict", trained.path, points)
    found = predict(trained, POINTS)
    assert code == 0
    head, *rows = out.splitlines()
    assert head == "file,index,class,score,margin,time"
    cells = [row.split(",") for row in rows]
    assert [row[:3] for row in cells] == [
        [str(points), str(number), name] for number, name in enumerate(found.names)
    ]
    assert [np.float32(row[5]) for row in cells] == found.time.tolist()
    assert err.splitlines() == [
        "3 x float64 [4], as they are",
        "epoch 4; score: minus the time of the label spike, tau_syn",
    ]


def test_every_class_can_be_told(trained, points):
    _, out, _ = command("predict", trained.path, points, "--all", "--quiet")
    assert out.splitlines()[0] == (
        "file,index,class,score,margin,time,score_yang,score_yin,score_dot,"
        "time_yang,time_yin,time_dot"
    )


def test_it_is_written_in_the_format_of_the_file(trained, points, tmp_path):
    found = predict(trained, points)
    for name in ("out.csv", "out.json", "out.npz"):
        code, out, err = command("predict", trained.path, points, "-o", tmp_path / name)
        assert (code, out) == (0, "")
        assert err.splitlines()[-1] == f"wrote {tmp_path / name}"
    assert (tmp_path / "out.csv").read_text() == found.csv_text()
    told = json.loads((tmp_path / "out.json").read_text())
    assert (told["epoch"], told["classes"]) == (4, ["yang", "yin", "dot"])
    assert [row["class"] for row in told["predictions"]] == found.names
    with np.load(tmp_path / "out.npz") as arrays:
        assert np.array_equal(arrays["times"], found.times)
        assert np.array_equal(arrays["scores"], found.scores)
        assert arrays["classes"].tolist() == ["yang", "yin", "dot"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "points.npy", "out.csv", "out.json", "out.npz",
    }  # fmt: skip


def test_an_epoch_can_be_named(trained, points):
    _, out, err = command("predict", trained.path, points, "--epoch", "2")
    assert out == predict(trained, points, 2).csv_text()
    assert err.splitlines()[-1].startswith("epoch 2; ")


def test_standard_input_holds_arrays_or_rows(trained, tmp_path):
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, POINTS)
    np.savez(npz, x=POINTS)
    rows = "".join(f"{x},{y}\n" for x, y in POINTS[:, :2])
    wanted = predict(trained, POINTS).csv_text().replace("samples,", "standard input,")
    for content in (npy.getvalue(), npz.getvalue(), rows.encode(), b"x,y\n" + rows.encode()):
        code, out, _ = piped(trained, content)
        assert (code, out) == (0, wanted)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x93NUMPY\x01", "no array of numbers: "),
        (b"\x00\xff", "is no array, no table and no picture"),
        (b"1,2,3\n", "has rows of 3 columns; expected 4 or 2, for samples of shape [4] or [2]"),
        (b"x,y\n0.1,0.2\n0.3,much\n", "line 3: column 'y' holds 'much'; expected a number"),
        (b"0.1,0.2\n0.3\n", "line 2 has 1 columns; expected 2"),
        (b"x,y\n", "has a header, and no rows below it"),
        (b"0.1,,0.9,0.5\n0.1,0.2,0.9,0.8\n", "line 1: column 1 holds ''; expected a number"),
        (b"0.1,much,0.9,0.5\n", "line 1: column 1 holds 'much'; expected a number"),
        (b"PK\x05\x06" + 18 * b"\0", "holds 0 arrays"),
        (b"0.1,2\n", "float64 from 0.1 to 2; expected numbers from 0 to 1"),
        (b"0.1,nan\n", "sample 0 holds nan; expected numbers from 0 to 1"),
    ],
)
def test_what_is_wrong_with_standard_input_is_told(trained, content, said):
    code, out, err = piped(trained, content)
    assert (code, out) == (3, "")
    assert err.startswith(f"snnrun: standard input: {said}")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.npy", None, "there is no such file; did you mean {folder}/absent.csv?"),
        ("empty.npy", b"", "is empty"),
        ("junk.npy", b"junk", "no array of numbers: "),
        ("junk.npz", b"junk", "no archive of arrays: "),
        ("hollow.npz", b"PK\x05\x06" + 18 * b"\0", "holds no array\n"),
        ("gap.csv", b"0.1,,0.9,0.5\n0.1,0.2,0.9,0.8\n", "line 1: column 1 holds ''; expected a"),
        ("junk.png", b"junk", "is a picture; expected samples of shape [4] or [2] in .npy, .npz"),
        ("notes.pdf", b"%PDF", "is of no known kind; expected .npy, .npz, .csv, .tsv, .txt, a pi"),
        ("folder/notes.pdf", b"%PDF", "holds no file of samples; expected .npy, .npz, .csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_nothing_is_written(
    trained, tmp_path, name, content, said
):
    (tmp_path / "absent.csv").write_text("1,1\n")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    path = path.parent if "/" in name else path
    before = sorted(tmp_path.rglob("*"))
    code, out, err = command("predict", trained.path, path, "-o", tmp_path / "out.csv")
    assert (code, out) == (3, "")
    assert err.startswith(f"snnrun: {path}: {said.format(folder=tmp_path)}")
    assert len(err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_arrays_of_an_archive_are_named(trained, tmp_path):
    path = tmp_path / "xy.npz"
    np.savez(path, values=POINTS, labels=np.zeros(3))
    assert command("predict", trained.path, path)[::2] == (
        3, f"snnrun: {path}: holds several arrays, values, labels; name one: {path}/values\n",
    )  # fmt: skip
    assert command("predict", trained.path, f"{path}/value")[::2] == (
        3, f"snnrun: {path}: holds no array 'value'; did you mean 'values'?\n",
    )  # fmt: skip
    assert command("predict", trained.path, f"{path}/values")[0] == 0


def test_settings_stand_among_the_files(trained, points, tmp_path, monkeypatch):
    """One was looked for as a file; one that is a file is one."""
    monkeypatch.chdir(tmp_path)
    plain = command("predict", trained.path, points)
    assert command("predict", trained.path, "train.device=cpu", points) == plain
    code, out, err = command("predict", trained.path, points, "model.tau_mem=2")
    assert (code, out) == (2, "")
    assert err.startswith("snnrun: model.tau_mem=2: the run learned with ")
    code, _, err = command("predict", trained.path, "train.device=cpu")
    assert code == 2
    assert err == "snnrun: expected a file, a folder, or - for stdin, beside 'train.device=cpu'\n"
    np.save("seed=3.npy", POINTS)
    assert command("predict", trained.path, "seed=3.npy")[0] == 0


def test_a_link_to_nothing_and_an_empty_name_are_no_files(trained, tmp_path, monkeypatch):
    """An empty name, as of a variable that was never set, took all files below the folder."""
    monkeypatch.chdir(tmp_path)
    np.save("points.npy", POINTS)
    (tmp_path / "link.npy").symlink_to("absent.npy")
    assert command("predict", trained.path, "")[::2] == (
        3, "snnrun: the name of a file is empty; expected .npy, .npz, .csv, .tsv, .txt, a picture, "
        "a folder of these, or - for stdin\n",
    )  # fmt: skip
    said = "snnrun: link.npy: is a link to what is not there, or may not be read\n"
    assert command("predict", trained.path, "link.npy")[::2] == (3, said)


@pytest.mark.parametrize("form", [".csv", ".json", ".npz"])
def test_names_of_files_need_be_no_text(trained, tmp_path, form):
    """The table was not written, by an unexpected UnicodeEncodeError."""
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.npy")
    try:
        np.save(name, POINTS)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    out = tmp_path / f"out{form}"
    assert command("predict", trained.path, name, "-q", "-o", out) == (0, "", "")
    if form == ".csv":
        assert out.read_text(encoding="utf-8").splitlines()[1].startswith(rf"{tmp_path}/\udcff.npy")


@pytest.mark.parametrize(
    ("out", "code", "said"),
    [
        ("out.txt", 2, "predictions are written as .csv, .json, .npz"),
        ("absent/out.csv", 3, "expected a file in a folder that is there"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_first(tmp_path, out, code, said):
    answer = command("predict", tmp_path / "no_run", "x.npy", "-o", tmp_path / out)
    assert answer == (code, "", f"snnrun: {tmp_path / out}: {said}\n")


@pytest.mark.parametrize("given", ["points.npz/x", "points.npz", "", "link.npz"])
def test_samples_are_not_written_over(trained, tmp_path, given):
    """``predict RUN x.npz -o x.npz`` left predictions where the samples were."""
    np.savez(tmp_path / "points.npz", x=POINTS)
    (tmp_path / "link.npz").symlink_to("points.npz")
    before = (tmp_path / "points.npz").read_bytes()
    out = tmp_path / "points.npz"
    answer = command("predict", trained.path, tmp_path / given, "-o", out)
    told = f"snnrun: {out}: holds samples that were given; expected another file to write\n"
    assert answer == (3, "", told)
    assert out.read_bytes() == before


def test_a_folder_that_is_no_run_is_told(tmp_path, points):
    code, _, err = command("predict", tmp_path, points)
    assert (code, len(err.splitlines())) == (3, 1)


def test_files_are_completed(tmp_path, points):
    (tmp_path / "more").mkdir()
    assert complete_samples(f"{tmp_path}/") == [f"{tmp_path}/more/", str(points)]
