"""What runs cost: time, memory, and what inference has kept of spikes and operations."""

import json
import shutil

import pytest

import snnrun
from snnrun.runs.evaluation import file_of
from snnrun.runs.numbers import total_energy
from snnrun.studies.compare import compare
from tests.studies.compare.cases import two
from tests.studies.folders import make


def test_costs_are_those_that_inference_has_kept(trained):
    few, many = compare(trained, epoch="last").groups
    for group in (few, many):
        for run, cost in zip(group.runs, group.costs, strict=True):
            kept = snnrun.inference(run.path)
            assert cost.spikes == kept.of("spikes")["layers.0/spikes"] > 0
            layers = [each for name, each in kept.of("cost").items() if "/" in name]
            assert cost.operations == pytest.approx(sum(map(float, layers)))
            assert cost.energy == pytest.approx(total_energy(kept))
            assert (cost.seconds, cost.memory) == (run.summary["seconds"], run.summary["memory"])
    mean = sum(cost.spikes for cost in few.costs) / 2
    assert few.cost_spreads["spikes"].mean == pytest.approx(mean)
    assert many.cost_spreads["operations"].mean > few.cost_spreads["operations"].mean


def test_what_is_missing_is_told_with_the_command_that_makes_it(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "runs")
    run = sorted((tmp_path / "runs").iterdir())[0]
    shutil.rmtree(run / "evaluation")
    found = compare(tmp_path / "runs", epoch=3)
    assert found.groups[0].costs[0].spikes is None
    assert found.groups[0].cost_spreads["spikes"].n == 1
    told = f"are known of 3 of 4 runs; what finds them: snnrun inference {run} 3"
    assert any(told in note for note in found.notes)
    snnrun.inference(run, 3)
    assert not any("are known of" in note for note in compare(tmp_path / "runs", epoch=3).notes)


def test_an_epoch_that_inference_looked_at_has_its_own_numbers_and_costs(trained):
    group = compare(trained, epoch=3).groups[0]
    for run, cost in zip(group.runs, group.costs, strict=True):
        kept = snnrun.inference(run.path, 3)
        assert (cost.epoch, cost.spikes) == (3, kept.of("spikes")["layers.0/spikes"])
        assert group.values["accuracy"][run.settings["seed"]] == kept.accuracy


def test_an_evaluation_of_another_epoch_is_taken_and_told(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "runs")
    for path in (tmp_path / "runs").glob("size_3*/summary.json"):
        summary = {k: v for k, v in json.loads(path.read_text()).items() if k != "crc"}
        summary |= {"best": {"epoch": 2}, "test": {"2": {"accuracy": 0.5}}}
        path.write_text(json.dumps(summary))
    found = compare(tmp_path / "runs", epoch="best")
    other = found.groups[0].costs
    assert [(cost.epoch, cost.spikes > 0) for cost in other] == [(6, True)] * 2
    late = sum(run.best["epoch"] != 6 for group in found.groups for run in group.runs)
    assert f"of {late} runs, spikes, operations and energy are those of another epoch" in " ".join(
        found.notes
    )
    assert compare(trained, epoch=3, split="validation").groups[0].costs[0].spikes is None


def test_one_that_is_damaged_or_of_other_weights_is_no_cost(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "runs")
    first, second, *_ = sorted((tmp_path / "runs").iterdir())
    file_of(first, 3, "test").unlink()
    file_of(first, 6, "test").write_bytes(b"damaged")
    shutil.copy(file_of(first.parent / second.name, 6, "test"), file_of(first, 6, "test"))
    costs = [cost for group in compare(tmp_path / "runs").groups for cost in group.costs]
    assert [cost.spikes is None for cost in costs] == [True, False, False, False]


def test_memory_that_earlier_versions_did_not_tell(tmp_path):
    two(tmp_path)
    make(tmp_path, "later", {"seed": 5}, memory=300_000_000)
    found = compare(tmp_path)
    assert "6 runs of an earlier version do not tell their memory" in found.notes
    assert "memory (MB)" in str(found)
    assert "300" in str(found)
