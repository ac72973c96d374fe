"""Which run folders are meant."""

import pytest

from snnrun.errors import DataError, SnnrunWarning
from snnrun.studies.places import base_of, runs_at, runs_in
from tests.studies.folders import make


@pytest.fixture
def results(tmp_path):
    for name in ("mnist_1", "mnist_2", "digits_1", "sweep/run_1", "sweep/run_2", "de/ep/run"):
        make(tmp_path, name)
    (tmp_path / "sweep" / "table.csv").touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["mnist_1"], ["mnist_1"]),
        (["sweep"], ["sweep/run_1", "sweep/run_2"]),
        (["."], ["digits_1", "mnist_1", "mnist_2", "sweep/run_1", "sweep/run_2"]),
        (["mnist_*"], ["mnist_1", "mnist_2"]),
        (["s*"], ["sweep/run_1", "sweep/run_2"]),
        (["s*/*"], ["sweep/run_1", "sweep/run_2"]),
        (["mnist_2", "m*"], ["mnist_2", "mnist_1"]),
        (["[dm]*_1", "sweep/run_2"], ["digits_1", "mnist_1", "sweep/run_2"]),
    ],
)
def test_places(results, places, names):
    runs = runs_at([results / place for place in places])
    assert [str(run.relative_to(results)) for run in runs] == names


def test_a_folder_that_is_called_like_a_pattern(results):
    make(results, "mnist_[12]")
    assert runs_at([results / "mnist_[12]"]) == [results / "mnist_[12]"]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("minst_1", "no such folder: {}/minst_1; did you mean {}/mnist_1?"),
        ("minst_*", "no folder matches {}/minst_*; did you mean {}/mnist_2?"),
        ("zzz", "no such folder: {}/zzz"),
        ("zzz/zzz", "no such folder: {}/zzz/zzz"),
        ("empty", "{}/empty holds no run: nothing in it has a config.yaml"),
        ("e*", "{}/e* holds no run: nothing in it has a config.yaml"),
        ("sweep/table.csv", "no such folder: {}/sweep/table.csv"),
    ],
)
def test_a_place_without_runs_is_told_of(results, place, told):
    with pytest.raises(DataError) as error:
        runs_at([results / "mnist_1", results / place])
    assert str(error.value) == told.replace("{}", str(results))


def test_a_folder_that_cannot_be_looked_into_is_left_out(results):
    (results / "link").symlink_to("link")
    with pytest.warns(SnnrunWarning, match=r"cannot look into .*/link: .*; it is left out"):
        assert len(runs_in(results)) == 5


def test_files_that_a_shell_names_too_are_left_out(tmp_path):
    """`snnrun runs experiment_results/*` ended at the README there."""
    readme, run = tmp_path / "README.md", tmp_path / "run"
    readme.write_text("what lies here")
    run.mkdir()
    (run / "config.yaml").write_text("")
    assert runs_at([readme, run]) == [run]
    assert base_of([readme, run]) == tmp_path
    with pytest.raises(DataError, match=r"no such folder: .*README\.md"):
        runs_at([readme])
