"""A sweep that is shared can be drawn, compared and reported where its data and configs are not."""

import shutil

import pytest

import snnrun
from snnrun.errors import DataError
from snnrun.experiment import load_config
from snnrun.studies import heat_map
from snnrun.studies.folder import draw_table
from snnrun.studies.plan import load_sweep
from snnrun.studies.sharing import share
from tests.tiny import CONFIG, write_config

SWEEP = """
config: tiny.yaml
set: {train.epochs: 2, train.savepoints: []}
grid: {train.optimizer.lr: [0.01, 0.001]}
storage: sqlite
"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    write_config(folder)
    (folder / "lr.yaml").write_text(SWEEP)
    return snnrun.sweep(folder / "lr.yaml", results=folder / "results")


def test_it_holds_its_runs_and_tables(sweep, tmp_path):
    runs = share(sweep, tmp_path / "packed")
    names = {path.name for path in (tmp_path / "packed").iterdir()}
    assert names == {
        "run_001", "run_002", "settings.pdf", "settings.png", "sweep.yaml", "table.csv", "table.md",
        "table.pdf", "table.png", "tiny.yaml",
    }  # fmt: skip
    assert [run.path.name for run in runs] == ["run_001", "run_002"]
    assert (tmp_path / "packed" / "table.csv").read_text() == (sweep / "table.csv").read_text()
    assert runs[0].status()["state"] == "shared"


def test_it_can_be_drawn_and_compared(sweep, tmp_path):
    folder = tmp_path / "packed"
    share(sweep, folder)
    assert [path.name for path in draw_table(folder, tmp_path)] == [
        "table.pdf", "table.png", "settings.pdf", "settings.png",
    ]  # fmt: skip
    one, other = (snnrun.compare(place, epoch="last").to("csv") for place in (sweep, folder))
    assert other == one.replace(str(sweep), str(folder))


def test_a_figure_holds_runs_that_ended_while_it_was_drawn(sweep, tmp_path, monkeypatch):
    """Of two workers, one drew without the last run of the other, and was the last to write."""
    folder = tmp_path / "packed"
    share(sweep, folder)
    text = (folder / "table.csv").read_text()
    (folder / "table.csv").write_text("".join(text.splitlines(keepends=True)[:2]))
    drawn, draw = [], heat_map.draw

    def meanwhile(rows, columns):
        drawn.append(len(rows))
        (folder / "table.csv").write_text(text)
        return draw(rows, columns)

    monkeypatch.setattr(heat_map, "draw", meanwhile)
    draw_table(folder)
    assert drawn == [1, 2]


def test_configs_that_are_called_alike_stay_apart(tmp_path):
    """The third one took the place of the second, one called ``sweep.yaml`` that of the sweep, and
    one that has gone that of another.
    """
    sizes = {"gone": 4, "one": 5, "two": 6, "three": 7}
    for name, size in sizes.items():
        place = tmp_path / name / "set"
        place.mkdir(parents=True)
        write_config(place, CONFIG.replace("size: 14", f"size: {size}"))
        (place / "tiny.yaml").rename(place / "sweep.yaml")
    configs = "".join(f"  {name}: {name}/set/sweep.yaml\n" for name in sizes)
    (tmp_path / "all.yaml").write_text(f"set: {{train.epochs: 1}}\nconfigs:\n{configs}")
    made = snnrun.sweep(tmp_path / "all.yaml", results=tmp_path / "results")
    (tmp_path / "gone" / "set" / "sweep.yaml").unlink()
    share(made, tmp_path / "packed")
    packed = load_sweep(tmp_path / "packed" / "sweep.yaml").configs
    gone = packed.pop("gone")
    assert not (tmp_path / "packed" / gone.config).exists()
    for name, each in packed.items():
        layers = load_config(tmp_path / "packed" / each.config).model_dump()["model"]["layers"]
        assert layers[0]["size"] == sizes[name]


def test_its_config_comes_along(sweep, tmp_path):
    folder = tmp_path / "packed"
    share(sweep, folder)
    text = (folder / "sweep.yaml").read_text()
    assert "config: tiny.yaml\n" in text
    assert "storage: journal\n" in text  # a database may be named with a password
    again = snnrun.sweep(folder / "sweep.yaml", results=tmp_path / "results")
    assert (
        snnrun.RunDir(again / "run_001").curve("test", "loss")[1]
        == (snnrun.RunDir(sweep / "run_001").curve("test", "loss")[1])
    )


def test_where_its_config_has_gone_its_runs_have_theirs(sweep, tmp_path):
    moved = shutil.copytree(sweep, tmp_path / "elsewhere" / "lr")
    (run, _) = share(moved, tmp_path / "packed")
    assert not (tmp_path / "packed" / "tiny.yaml").exists()
    assert run.experiment().train.epochs == 2


def test_runs_that_saved_nothing_are_left_out(sweep, tmp_path):
    copy = shutil.copytree(sweep, tmp_path / "lr")
    shutil.rmtree(copy / "run_002" / "checkpoints")
    assert [run.path.name for run in share(copy, tmp_path / "packed")] == ["run_001"]
    shutil.rmtree(copy / "run_001" / "checkpoints")
    with pytest.raises(DataError, match=r"no run of the sweep .* has saved a network yet"):
        share(copy, tmp_path / "none")


def test_of_each_run_its_best_epoch(sweep, tmp_path):
    runs = share(sweep, tmp_path / "packed", "best")
    assert [run.status()["epoch"] for run in runs] == [
        snnrun.RunDir(sweep / run.path.name).best() for run in runs
    ]


def test_one_run_that_fails_leaves_nothing(sweep, tmp_path):
    with pytest.raises(DataError, match="has no epoch 7"):
        share(sweep, tmp_path / "packed", 7)
    assert not (tmp_path / "packed").exists()
