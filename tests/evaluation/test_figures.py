"""All figures of a run: the right ones, in the right place, whatever happens to one of them."""

import re
from pathlib import Path

import pytest

from snnrun.api import train
from snnrun.errors import ConfigError, DataError, SnnrunError
from snnrun.evaluation import figures
from snnrun.evaluation.figures import Telling, draw_all, fitting, same_but_seed
from snnrun.experiment import Experiment
from snnrun.models.first_spike.settings import FirstSpikeSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.plots import PLOTS, Plot
from snnrun.runs.folder import RunDir

pytestmark = pytest.mark.usefixtures("quick_files")


def experiment(seed=0, data=None, size=3, learning=None, **changes):
    settings = {
        "seed": seed,
        "data": data or {"name": "yin_yang", "sizes": {"train": 30, "validation": 20, "test": 20}},
        "encoder": {"name": "latency"},
        "model": {"name": "first_spike",
                  "layers": [{"size": 4, "before": [{"name": "delay", "kind": "axonal"}]},
                             {"size": size, "bias_times": [0.9]}]},
        "learning": learning or {"name": "first_spike"},
        "train": {"epochs": 2, "batch_size": 10, "live_plot": False, "tensorboard": False},
    }  # fmt: skip
    settings["train"] |= changes
    return Experiment.model_validate(settings)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs that differ in their seed and one that differs in more."""
    folder = tmp_path_factory.mktemp("results")
    chosen = [experiment(0), experiment(1), experiment(1, epochs=3, savepoints=[1])]
    return [train(e, name=f"run{i}", results=folder).path for i, e in enumerate(chosen)]


@pytest.fixture
def two_figures(monkeypatch):
    chosen = {name: PLOTS[name] for name in ("curves", "confusion")}
    monkeypatch.setattr(figures, "PLOTS", chosen)
    return chosen


def drawn_of(folders, epoch=None, **options):
    return draw_all([(RunDir.open(folder), epoch) for folder in folders], **options)


def names(paths, folder):
    return sorted(str(path.relative_to(folder)) for path in paths)


def test_every_figure_of_a_real_run_is_written(runs):
    folder = runs[2] / "plots"
    written = drawn_of([runs[2]])
    stems = []
    for name, plot in fitting(experiment()).items():
        single = len(plot.splits) == 1
        stems += [name] if single else [f"{name}_{split}" for split in plot.splits]
    assert names(written, folder) == sorted(f"{s}.{kind}" for s in stems for kind in ("pdf", "png"))
    assert names(folder.iterdir(), folder) == names(written, folder)
    starts = {".pdf": b"%PDF", ".png": b"\x89PNG"}
    assert all(path.read_bytes().startswith(starts[path.suffix]) for path in written)


@pytest.mark.parametrize(("most", "shown"), [(12, 12), (None, 30)])
def test_of_a_costly_model_some_training_samples_are_shown(runs, monkeypatch, most, shown):
    """Minutes went into 50,000 training images at 1,600 spikes a group."""
    sizes, evaluate = {}, figures.evaluate_run

    def note(*arguments, **options):
        found = evaluate(*arguments, **options)
        sizes.setdefault(found.split, []).append(len(found.of("answers")["labels"]))
        return found

    monkeypatch.setattr(figures, "evaluate_run", note)
    monkeypatch.setattr(figures, "PLOTS", {"confusion": PLOTS["confusion"]})
    monkeypatch.setattr(FirstSpikeSettings, "shown_of_training", most)
    drawn_of([runs[0]])
    assert sizes == {"test": [20], "train": [shown]}  # and each once
    assert SbsSettings.shown_of_training == 4000


def test_figures_of_a_saved_epoch_lie_in_a_folder_of_its_own(runs, two_figures):
    written = drawn_of([runs[2]], epoch=1)
    assert {path.parent for path in written} == {runs[2] / "plots" / "epoch_0001"}


def test_runs_that_differ_in_their_seed_get_a_joint_figure(runs, monkeypatch):
    monkeypatch.setattr(figures, "PLOTS", {"curves": PLOTS["curves"]})
    written = drawn_of(runs)
    joint = [path for path in written if "runs" in path.stem]
    assert joint == [runs[0] / "plots" / f"curves_2_runs.{kind}" for kind in ("pdf", "png")]
    groups = same_but_seed([RunDir(path) for path in reversed(runs)])
    assert [[run.path for run in group] for group in groups] == [[runs[1], runs[0]]]


def test_runs_that_differ_in_the_loss_are_not_put_together(runs, tmp_path):
    other = RunDir(tmp_path)
    mse = {"name": "first_spike", "loss": {"name": "mse"}}
    other.write_experiment(experiment(0, learning=mse))
    assert same_but_seed([RunDir(runs[0]), other]) == []


def test_a_damaged_run_does_not_lose_the_others(runs, two_figures, tmp_path):
    (tmp_path / "config.yaml").write_text(experiment(0).dump_yaml())
    with pytest.raises(DataError, match=f"2 of 5 figures .*\n  {tmp_path}: .* no checkpoint"):
        drawn_of([tmp_path, runs[0]])
    assert (runs[0] / "plots" / "curves.pdf").is_file()


def test_one_bad_figure_does_not_lose_the_others(runs, two_figures, monkeypatch):
    bad = Plot("snnrun.plots.curves:no_such_function", "")
    monkeypatch.setattr(figures, "PLOTS", {"curves": PLOTS["curves"], "bad": bad} | two_figures)
    for path in (runs[0] / "plots").iterdir():
        path.unlink()
    with pytest.raises(
        SnnrunError, match=r"1 of 4 figures were not drawn:\n .*plots/bad: .*no_such_f"
    ):
        drawn_of([runs[0]])
    assert (runs[0] / "plots" / "confusion_test.png").is_file()


def test_missing_metrics_are_a_fault_of_the_run(runs, two_figures, tmp_path):
    run = RunDir(tmp_path)
    for path in runs[0].rglob("*"):
        if path.is_file() and path.name != "metrics.jsonl":
            copy = tmp_path / path.relative_to(runs[0])
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    with pytest.raises(DataError, match=r"curves: .*metrics\.jsonl holds no 'loss'"):
        drawn_of([run.path])


def test_a_full_disk_is_no_defect_of_ours(runs, two_figures, monkeypatch, tmp_path):
    """Matplotlib's own words for it were taken for an unexpected error."""

    def full(self, *_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match=r"3 of 3 .*\n .*cannot write .*No space left"):
        drawn_of([runs[2]])


def test_what_was_drawn_is_told_beside_what_was_not(runs, monkeypatch):
    bad = Plot("snnrun.plots.curves:no_such_function", "")
    monkeypatch.setattr(figures, "PLOTS", {"curves": PLOTS["curves"], "bad": bad})
    with pytest.raises(SnnrunError) as caught:
        drawn_of([runs[2]])
    assert str(caught.value).endswith(f"\nThe others lie in {runs[2] / 'plots'}")


def test_a_run_that_is_named_twice_is_drawn_once(runs, two_figures):
    """It stood beside itself in a joint figure, with no spread."""
    twice = [runs[2], runs[2].parent / "." / runs[2].name / "plots" / ".."]
    assert names(drawn_of(twice), runs[2]) == names(drawn_of([runs[2]]), runs[2])


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="no run folder"):
        drawn_of([tmp_path])


def test_some_figures_in_some_formats_are_told_as_they_come(runs, tmp_path):
    """`eval` was silent for minutes, then listed forty paths, and drew all or none."""
    told, busy = [], []
    options = {"plots": ["curves", "confusion"], "formats": ["svg", "png"], "out": tmp_path}
    written = drawn_of([runs[2]], **options, telling=Telling(told.append, busy.append))
    files = [f"{n}.{k}" for n in ("confusion_test", "confusion_train", "curves")
             for k in ("png", "svg")]  # fmt: skip
    assert names(written, tmp_path) == sorted(files)
    assert told == written
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")
    assert any(re.fullmatch(r"test split: [\d,]+ of [\d,]+ samples", each) for each in busy)
    assert "drawing confusion_train" in busy


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"plots": ["confusoin"]}, "did you mean 'confusion'.* These fit: curves, "),
        ({"plots": ["kernels"]}, "kernels: needs a stack of Spike-By-Spike layers, .*; these fit"),
        ({"formats": ["jpg"]}, "figures are written as pdf, png, svg; got 'jpg'"),
        ({"formats": []}, "got 'none'"),
    ],
)
def test_figures_that_there_are_not(runs, options, message):
    with pytest.raises(ConfigError, match=message):
        drawn_of([runs[2]], **options)
