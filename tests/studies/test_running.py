"""A sweep runs once; what is finished is skipped, what was stopped goes on."""

import csv
import shutil
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

import snnrun
from snnrun.cli.verbs import app
from snnrun.errors import ConfigError, DataError, Interrupted, PluginError, SnnrunError
from snnrun.runs.checkpoint import Position
from snnrun.runs.evaluation import stored
from snnrun.runs.folder import RunDir
from snnrun.studies import running
from snnrun.studies.cases import cases
from snnrun.studies.compare.numbers import numbers_of as numbers_at
from snnrun.studies.folder import draw_table
from snnrun.studies.gathering import gather
from snnrun.studies.plan import load_sweep
from snnrun.studies.running import sweep
from snnrun.studies.shown import numbers_of
from snnrun.training.loop import Training
from tests.studies.small import write_sweep
from tests.tiny import numbers
from tests.training.stopped import StopAfter


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep file and the folder of its runs; what was said."""
    folder = tmp_path_factory.mktemp("sweep")
    path, said = write_sweep(folder), []
    return path, sweep(path, results=folder, say=said.append), said


@pytest.fixture
def trained(monkeypatch):
    """The names of the runs that are trained, or go on, from now on."""
    names, train, resume = [], running.api.train, running.api.resume

    def note_train(*arguments, **options):
        names.append(options["folder"].name)
        return train(*arguments, **options)

    def note_resume(run, **options):
        names.append(run.path.name)
        return resume(run, **options)

    monkeypatch.setattr(running.api, "train", note_train)
    monkeypatch.setattr(running.api, "resume", note_resume)
    return names


def runs(folder):
    return {path.parent.name: RunDir(path.parent) for path in folder.glob("*/config.yaml")}


def test_a_sweep_in_its_own_folder_stays_as_it_was_written(tmp_path, monkeypatch):
    """``snnrun sweep sweep/sweep.yaml --results .`` wrote over the file, comments and all."""
    folder = tmp_path / "sweep"
    folder.mkdir()
    path = write_sweep(folder).rename(folder / "sweep.yaml")
    text = f"# of my own\n{path.read_text()}"
    path.write_text(text)
    monkeypatch.chdir(tmp_path)
    assert sweep("sweep/sweep.yaml", results=Path()).resolve() == folder
    assert path.read_text() == text
    assert len(runs(folder)) == len(cases(path))


def test_a_sweep_that_its_own_file_does_not_say_is_not_written_over_it(tmp_path):
    folder = tmp_path / "sweep"
    folder.mkdir()
    path = write_sweep(folder)
    path.write_text(path.read_text().replace("config: base.yaml", ""))
    text = path.read_text()
    with pytest.raises(ConfigError, match=r"sweep\.yaml would be written over; name another"):
        sweep(path, results=tmp_path, config=folder / "base.yaml")
    assert path.read_text() == text


def test_the_table_holds_what_the_runs_logged(whole):
    _, folder, said = whole
    rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    assert len(rows) == len(said) == len(runs(folder)) == 8
    for row in rows:
        run = RunDir(folder / row["run"])
        experiment = run.experiment()
        assert float(row["accuracy"]) == run.curve("test", "accuracy")[1][0]
        assert float(row["density/layer_0"]) == run.curve("test", "density/layer_0")[1][0]
        assert int(row["seed"]) == experiment.seed
        assert float(row["model.tau_mem"]) == experiment.model.tau_mem
    assert said[0].startswith(
        "1 of 8  model.threshold=0.5, model.tau_mem=9.0, model.layers.0.size=3"
    )


def test_a_second_time_nothing_runs(whole, trained):
    path, folder, _ = whole
    before = (folder / "table.csv").read_text()
    assert snnrun.sweep(path, results=folder.parent) == folder
    assert trained == []
    assert (folder / "table.csv").read_text() == before


def test_the_figure_of_the_table_is_drawn_again_from_the_folder(whole):
    _, folder, _ = whole
    drawn = [folder / f"{n}.{kind}" for n in ("table", "settings") for kind in ("pdf", "png")]
    assert all(path.read_bytes().startswith((b"%PDF", b"\x89PNG")) for path in drawn)
    before = drawn[1].read_bytes()
    for path in drawn:
        path.unlink()
    result = CliRunner().invoke(app, ["eval", str(folder)])
    assert result.output.split() == list(map(str, drawn))
    assert drawn[1].read_bytes() == before


def test_the_folder_holds_the_sweep(whole):
    path, folder, _ = whole
    kept, read = load_sweep(folder / "sweep.yaml"), load_sweep(path)
    assert kept.model_copy(update={"config": read.config}) == read
    assert (folder / kept.config).resolve() == (path.parent / read.config).resolve()
    assert [str(case) for case in cases(folder / "sweep.yaml")] == [str(c) for c in cases(path)]


def test_the_folder_in_place_of_the_file_is_told_how_it_goes_on(whole):
    with pytest.raises(ConfigError, match=r"folder of a sweep, .* snnrun sweep FILE"):
        sweep(whole[1])


def test_a_new_seed_runs_alone(whole, trained, tmp_path):
    path, folder, _ = whole
    other = path.with_name("more.yaml")
    other.write_text(path.read_text().replace("[4, 5]", "[4, 6]"))
    shutil.copytree(folder, tmp_path / "more")
    sweep(other, results=tmp_path)
    assert trained == ["run_009", "run_010", "run_011", "run_012"]
    rows = list(csv.DictReader((tmp_path / "more" / "table.csv").read_text().splitlines()))
    assert [row["seed"] for row in rows] == ["4", "6"] * 4


def test_a_stopped_run_goes_on(whole, trained, tmp_path, monkeypatch):
    """Stopped after its second batch of four, run 1 is continued and ends as if unbroken."""
    path, unbroken = write_sweep(tmp_path), whole[1]
    original = Training.__init__
    stop = StopAfter(2)
    monkeypatch.setattr(
        Training,
        "__init__",
        lambda self, experiment, watchers, world: original(self, experiment, [stop], world),
    )
    with pytest.raises(Interrupted, match="run 1 of 8; the same command goes on"):
        sweep(path, results=tmp_path)
    monkeypatch.setattr(Training, "__init__", original)
    (stopped,) = runs(tmp_path / "sweep").values()
    assert stopped.status()["state"] == "interrupted"
    trained.clear()
    sweep(path, results=tmp_path)
    assert trained == [stopped.path.name, *(f"run_{number:03d}" for number in range(2, 9))]
    first = next(run for name, run in runs(unbroken).items() if name.startswith("run_001"))
    assert numbers(stopped) == numbers(first)
    weights = [
        (run.checkpoints / Position(1).name / "weights.safetensors").read_bytes()
        for run in (stopped, first)
    ]
    assert weights[0] == weights[1]


def test_a_sweep_that_has_no_table_yet_or_a_damaged_one(whole, tmp_path):
    (tmp_path / "sweep.yaml").write_bytes((whole[1] / "sweep.yaml").read_bytes())
    with pytest.raises(DataError, match=r"holds no table.csv yet: no run of the sweep is done"):
        draw_table(tmp_path)
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"table.csv is damaged: its first line lacks seed, sec"):
        draw_table(tmp_path)


def test_a_run_that_diverges_does_not_lose_the_others(tmp_path):
    """It ended the sweep, and so it did again whenever the sweep was called again."""
    write_sweep(tmp_path)
    path, said = tmp_path / "wild.yaml", []
    path.write_text(
        "config: base.yaml\nset: {train.optimizer.name: sgd, train.epochs: 1}\n"
        "grid: {train.optimizer.lr: [1.0e+38, 0.01]}\n"
    )
    sweep(path, results=tmp_path, say=said.append)
    assert said[0].startswith(
        "1 of 2  train.optimizer.lr=1e+38, seed=0: membranes of layer_0 holds "
    )
    assert said[1].startswith("2 of 2  train.optimizer.lr=0.01, seed=0: accuracy 0.")
    for _ in range(2):
        said.clear()
        folder = sweep(path, results=tmp_path, say=said.append)
        rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
        assert rows[0]["accuracy"] == "nan"
        assert 0 < float(rows[1]["accuracy"]) < 1
    assert len(runs(folder)) == 2
    assert said == ["2 of 2 runs were done before"]
    assert (folder / "table.pdf").is_file()


def of_two_depths(folder, name):
    """A sweep over networks with one and two hidden layers that shows one more number."""
    write_sweep(folder)
    path = folder / "depths.yaml"
    path.write_text(
        "config: base.yaml\ngrid: {model.layers: [[{size: 3}], [{size: 3}, {size: 4}]]}\n"
        f"shows: [accuracy, {name}]\n"
    )
    return path


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("density/layer_2", "; did you mean 'density/layer_1'?"),
        ("density_layer_0", "; did you mean 'density/layer_0'?"),
        ("step", r"\. There are: accuracy, loss, density/layer_0, "),
    ],
)
def test_a_number_that_no_run_logs_is_refused_before_anything_runs(tmp_path, wrong, hint):
    """Its column was nan, once everything had been trained."""
    path = of_two_depths(tmp_path, wrong)
    with pytest.raises(ConfigError, match=f"no run logs '{wrong}' of the test split{hint}"):
        sweep(path, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_number_that_some_runs_log_may_be_shown(tmp_path):
    path = of_two_depths(tmp_path, "density/layer_1")
    folder = sweep(path, results=tmp_path)
    rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    assert rows[0]["density/layer_1"] == "nan"
    assert 0 <= float(rows[1]["density/layer_1"]) < 1


def test_the_names_are_those_that_a_run_logs(whole):
    _, folder, _ = whole
    run = next(iter(runs(folder).values()))
    logged = {row["name"] for row in run.logged() if row["split"] == "test"}
    assert set(numbers_of(run.experiment())) == logged


def test_warnings_tell_which_run_they_come_from(tmp_path):
    """They named a layer, and no run."""
    write_sweep(tmp_path)
    path = tmp_path / "silent.yaml"
    path.write_text(
        "config: base.yaml\nset: {model.threshold: 1.0e+5}\n"
        "grid: {train.eval_batch_size: [100, 200]}\n"
    )
    with warnings.catch_warnings():
        warnings.resetwarnings()
        result = CliRunner().invoke(app, ["sweep", str(path), "--results", str(tmp_path)])
    said = [line for line in result.stderr.splitlines() if "layer_0 is silent" in line]
    assert len(said) == 2
    for number, size, line in zip((1, 2), (100, 200), said, strict=True):
        run = f"run {number} of 2, train.eval_batch_size={size}, seed=0"
        assert line.startswith(f"snnrun: warning: {run}: layer_0 is silent: ")


def failing(monkeypatch, error, sizes=(3,)):
    """Training of networks of these sizes fails with an error."""
    train = running.api.train

    def fail(experiment, **options):
        if experiment.model.layers[0].size in sizes:
            raise error
        return train(experiment, **options)

    monkeypatch.setattr(running.api, "train", fail)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (DataError("no data"), DataError, "no data"),
        (PluginError("no plug-in"), ConfigError, "no plug-in"),
        (RuntimeError("what\never"), SnnrunError, "unexpected RuntimeError: what"),
    ],
)
def test_a_run_that_fails_is_told_and_tried_again_by_the_same_command(
    tmp_path, monkeypatch, error, kind, text
):
    path, said = write_sweep(tmp_path), []
    path.write_text(path.read_text().replace("[4, 5]", "[4]"))
    with monkeypatch.context() as patch:
        failing(patch, error)
        first = f"run 1 of 4, model.threshold=0.5, .*: {text}; 2 runs failed; the same command tri"
        with pytest.raises(kind, match=first):
            sweep(path, results=tmp_path, say=said.append)
    assert [" failed: " in line for line in said] == [True, False, True, False]
    assert len((tmp_path / "sweep" / "table.csv").read_text().splitlines()) == 3
    sweep(path, results=tmp_path)
    assert len((tmp_path / "sweep" / "table.csv").read_text().splitlines()) == 5


def test_a_worker_stops_where_every_run_fails(tmp_path, monkeypatch):
    failing(monkeypatch, DataError("no data"), sizes=(3, 7))
    with pytest.raises(DataError, match="no data; 3 runs failed"):
        sweep(write_sweep(tmp_path), results=tmp_path)


def test_a_storage_that_goes_away_ends_a_worker_with_a_line(tmp_path, monkeypatch):
    path, train = write_sweep(tmp_path), running.api.train
    path.write_text(f"{path.read_text()}storage: sqlite\n")

    def lose(experiment, **options):
        run = train(experiment, **options)
        (tmp_path / "sweep" / "study.db").write_bytes(b"no database")
        return run

    monkeypatch.setattr(running.api, "train", lose)
    with pytest.raises(DataError, match=r"study.db, cannot be used: DatabaseError: .* is kept"):
        sweep(path, results=tmp_path)
    assert RunDir(tmp_path / "sweep" / "run_001").status()["state"] == "finished"


def test_runs_are_found_again_where_the_journal_is_gone(whole, trained, tmp_path):
    path, folder, _ = whole
    shutil.copytree(folder, tmp_path / "sweep")
    (tmp_path / "sweep" / "study.journal").unlink()
    sweep(path, results=tmp_path)
    assert trained == []
    assert (tmp_path / "sweep" / "table.csv").read_text() == (folder / "table.csv").read_text()


def test_what_is_to_be_measured_is_kept_of_the_best_epoch(tmp_path):
    write_sweep(tmp_path)
    path = tmp_path / "measured.yaml"
    path.write_text("config: base.yaml\nmeasures: [cost, input_noise, robustness]\n")
    (run,) = runs(sweep(path, results=tmp_path)).values()
    found = stored(run, run.best())
    assert set(found.facts["measures"]) == {"cost", "input_noise"}  # no first spikes
    (gathered,) = gather([run.path])
    share = numbers_at(gathered, "test", run.best())["accuracy_noise_0.3"]
    assert share == found.of("input_noise")["right"][3] / found.of("input_noise")["samples"]


def test_hours_that_are_over_are_told(tmp_path):
    path, said = write_sweep(tmp_path), []
    path.write_text(path.read_text() + "\nhours: 1e-9\n")
    sweep(path, results=tmp_path, say=said.append)
    assert said[-1].startswith("the hours of training (1e-09) are over; ")
    assert said[-1].endswith(" runs were not begun")
