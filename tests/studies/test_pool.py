"""Who takes which run: nothing twice, nothing lost, whoever stops or dies in between."""

import time
from contextlib import ExitStack

import pytest
from optuna.trial import TrialState

from snnrun.errors import ConfigError, DataError
from snnrun.runs.lock import SILENT
from snnrun.studies.cases import Plan
from snnrun.studies.claims import RUNS, WORKER, worker
from snnrun.studies.pool import Pool
from tests.studies.small import write_sweep

SEARCH = (
    "config: base.yaml\nsearch:\n  trials: 5\n  space: {model.tau_mem: {low: 5.0, high: 20.0}}\n"
)


@pytest.fixture
def plan(tmp_path):
    """Four runs: two sizes, two seeds."""
    write_sweep(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text("config: base.yaml\nseeds: 2\ngrid: {model.layers.0.size: [3, 7]}\n")
    return Plan.read(path)


def joined(plan, folder, storage="journal"):
    """A worker's sight of a sweep, of which there may be several in one process."""
    changed = plan.settings.model_copy(update={"storage": storage})
    plan = Plan(changed, plan.base, plan.name)
    pool = Pool(plan, folder, plan.cases())
    pool.join()
    return pool


def finish(pool, claim, value=0.5, state=TrialState.COMPLETE):
    pool.trials.tell(claim, value, state, **{RUNS: [{"run": "r", "seed": 0, "seconds": 9.0}]})


def taken(pool):
    """Take all that is left, one after another; what the runs are."""
    found = []
    while True:
        with pool.take() as claim:
            if claim is None:
                return found
            found += [(case.point.get("model.layers.0.size"), case.seed) for case in claim.cases]
            finish(pool, claim)


@pytest.mark.parametrize("storage", ["journal", "sqlite"])
def test_two_workers_have_different_runs(plan, tmp_path, storage):
    one, two = joined(plan, tmp_path, storage), joined(plan, tmp_path, storage)
    with ExitStack() as stack:
        claims = [stack.enter_context(pool.take()) for pool in (one, two, one, two)]
        assert [claim.number for claim in claims] == [0, 1, 2, 3]
        assert len({claim.cases[0].digest for claim in claims}) == 4
        with one.take() as none:
            assert none is None


def test_what_a_worker_left_is_taken_over_before_anything_new(plan, tmp_path):
    one, two = joined(plan, tmp_path), joined(plan, tmp_path)
    with one.take() as claim:
        number = claim.number
        with two.take() as other:
            assert other.number == 1
    with two.take() as again:
        assert again.number == number
        assert again.folder(again.cases[0], tmp_path).name == "run_001"
        finish(two, again)
    assert [number for number, _ in enumerate(taken(one))] == [0, 1, 2]
    assert taken(two) == []


def test_what_is_done_is_done_for_whoever_comes_later(plan, tmp_path):
    assert taken(joined(plan, tmp_path)) == [(3, 0), (3, 1), (7, 0), (7, 1)]
    later = joined(plan, tmp_path)
    assert taken(later) == []
    assert [trial.state.name for trial in later.trials.done()] == ["COMPLETE"] * 4
    assert later.trials.seconds() == 36.0


def test_more_seeds_join_and_those_that_left_the_file_are_not_run(plan, tmp_path):
    with joined(plan, tmp_path).take() as claim:
        assert claim.cases[0].seed == 0
    seeds = plan.settings.model_copy(update={"seeds": (1, 2)})
    pool = joined(Plan(seeds, plan.base, plan.name), tmp_path)
    assert sorted(taken(pool)) == [(3, 1), (3, 2), (7, 1), (7, 2)]
    assert [trial.number for trial in pool.trials.planned()] == [1, 4, 3, 5]


def test_one_that_failed_here_is_left_to_others(plan, tmp_path):
    one, two = joined(plan, tmp_path), joined(plan, tmp_path)
    with one.take() as claim:
        one.given_up.add(claim.number)
    assert len(taken(one)) == 3
    assert taken(two) == [(3, 0)]


def test_no_run_is_begun_once_the_hours_are_used(plan, tmp_path):
    """A run takes 9 s here: with 0.004 h, which are 14.4 s, the third is not begun."""
    hours = plan.settings.model_copy(update={"hours": 0.004})
    assert len(taken(joined(Plan(hours, plan.base, plan.name), tmp_path))) == 2


def edited(plan, grid):
    """The sweep, once its file has another grid."""
    path = plan.base / "small.yaml"
    path.write_text(f"config: base.yaml\nseeds: 2\ngrid: {grid}\n")
    return Plan.read(path)


def test_a_worker_from_before_an_edit_leaves_the_new_runs_to_others(plan, tmp_path):
    """It took them for runs that the sweep no longer has, and nobody trained them."""
    old = joined(plan, tmp_path)
    new = joined(edited(plan, "{model.layers.0.size: [7, 9]}"), tmp_path)
    assert sorted(taken(new)) == [(7, 0), (7, 1), (9, 0), (9, 1)]
    old = joined(plan, tmp_path)  # back again: 3 is voided no more
    new = joined(edited(plan, "{model.layers.0.size: [7, 9, 11]}"), tmp_path)
    with pytest.raises(ConfigError, match="begun again with other runs since this worker read it"):
        taken(old)
    assert sorted(taken(new)) == [(11, 0), (11, 1)]


def test_keys_that_came_into_the_sweep_later_are_told_of_earlier_runs(plan, tmp_path):
    assert len(taken(joined(plan, tmp_path))) == 4
    rate = plan.cases()[0].experiment.train.optimizer.lr
    grid = f"{{model.layers.0.size: [3, 7], train.optimizer.lr: [{rate}, {2 * rate}]}}"
    pool = joined(edited(plan, grid), tmp_path)
    points = [pool.trials.point(trial) for trial in pool.trials.done()]
    assert [point["train.optimizer.lr"] for point in points] == [rate] * 4


def test_a_run_put_into_a_database_twice_is_run_once(plan, tmp_path):
    """Two machines without a common folder joined at the same moment."""
    one = joined(plan, tmp_path)
    case = one.cases[0]
    told = {"point": case.point, "seed": case.seed, "digest": case.digest}
    one.trials.study.enqueue_trial({}, {"case": told})
    assert len(taken(one)) == 4
    assert (
        one.trials.study.get_trials()[4].user_attrs["void"] == "the sweep has no such run any more"
    )


def test_machines_without_a_common_folder_see_each_other_by_the_time(plan, tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    here, there = tmp_path / "here", tmp_path / "there"
    one, two = joined(plan, here, url), joined(plan, there, url)
    with one.take() as claim:
        with two.take() as other:
            assert (claim.number, other.number) == (0, 1)
            silent = {**worker(here), "time": time.time() - SILENT - 1}
            claim.trial.set_user_attr(WORKER, silent)
        with two.take() as again:
            assert again.number == 0
            finish(two, again, 0.75)
        finish(one, claim, 0.25)  # too late: it is done
    assert [trial.value for trial in one.trials.done()] == [0.75]


def search(folder, text=SEARCH):
    write_sweep(folder)
    path = folder / "search.yaml"
    path.write_text(text)
    return Plan.read(path)


def drawn(pool):
    values = []
    while True:
        with pool.take() as claim:
            if claim is None:
                return values
            values.append(claim.cases[0].point["model.tau_mem"])
            finish(pool, claim, values[-1])


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_search_draws_the_same_however_often_it_is_stopped(tmp_path, sampler):
    """A sampler that was seeded anew by each worker drew its first points over and over."""
    plan = search(tmp_path, SEARCH.replace("trials: 5", f"trials: 15\n  sampler: {sampler}"))
    whole = drawn(joined(plan, tmp_path / "whole"))
    broken = []
    while len(broken) < 15:
        pool = joined(plan, tmp_path / "broken")
        for _ in range(2):
            with pool.take() as claim:
                if claim:
                    broken.append(claim.cases[0].point["model.tau_mem"])
                    finish(pool, claim, broken[-1])
        with pool.take() as claim:  # and leave one half done
            pass
    assert broken == whole
    assert len(set(whole)) == 15


def test_a_search_tries_as_many_points_as_it_says(tmp_path):
    plan = search(tmp_path)
    one, two = joined(plan, tmp_path), joined(plan, tmp_path)
    with ExitStack() as stack:
        claims = [stack.enter_context(pool.take()) for pool in (one, two, one, two, one, two)]
        assert [claim.number if claim else None for claim in claims] == [0, 1, 2, 3, 4, None]
        for claim in claims[:3]:
            finish(one, claim)
    assert len(drawn(two)) == 2
    more = search(tmp_path, SEARCH.replace("trials: 5", "trials: 7"))
    assert len(drawn(joined(more, tmp_path))) == 2


@pytest.mark.parametrize("change", [("high: 20.0", "high: 21.0"), ("search:", "seeds: 2\nsearch:")])
def test_a_search_that_was_changed_meanwhile_is_refused(tmp_path, change):
    drawn(joined(search(tmp_path), tmp_path))
    with pytest.raises(
        ConfigError, match="was begun with another space, seeds or config; to begin"
    ):
        joined(search(tmp_path, SEARCH.replace(*change)), tmp_path)


@pytest.mark.parametrize("first", ["drawn", "standing"])
def test_a_sweep_is_not_turned_into_a_search_nor_back(plan, tmp_path, first):
    plans = {"drawn": search(tmp_path), "standing": plan}
    joined(plans.pop(first), tmp_path)
    if first == "drawn":
        drawn(joined(search(tmp_path), tmp_path))
    (other,) = plans.values()
    begun = "as a search" if first == "drawn" else "without a search"
    with pytest.raises(ConfigError, match=f"was begun {begun}; to begin anew, give"):
        joined(other, tmp_path)


def test_a_search_whose_journal_is_gone_is_not_begun_anew(tmp_path):
    pool = joined(search(tmp_path), tmp_path / "r")
    drawn(pool)
    (tmp_path / "r" / "run_001").mkdir()
    (tmp_path / "r" / "run_001" / "config.yaml").touch()
    (tmp_path / "r" / "study.journal").unlink()
    with pytest.raises(
        DataError, match=r"study.journal is gone or empty, but .*r holds runs of the"
    ):
        joined(search(tmp_path), tmp_path / "r")


def test_points_that_cannot_be_trained_are_skipped_and_counted(tmp_path):
    text = SEARCH.replace("model.tau_mem: {low: 5.0, high: 20.0}", "model.layers.0.size: [3, 0]")
    pool = joined(
        search(tmp_path, text.replace("trials: 5", "trials: 8\n  sampler: random")), tmp_path
    )
    found = taken(pool)
    assert {size for size, _ in found} == {3}
    states = [trial.state.name for trial in pool.trials.planned()]
    assert len(states) == 8
    assert states.count("COMPLETE") == len(found) > 0
    wrong = next(trial for trial in pool.trials.planned() if trial.state is TrialState.FAIL)
    assert "model.layers.0.size: must be 1 or more" in wrong.user_attrs["reason"]


def test_a_space_in_which_nothing_can_be_trained(tmp_path):
    text = SEARCH.replace("model.tau_mem: {low: 5.0", "model.tau_mem: {low: -20.0")
    text = text.replace("high: 20.0", "high: -1.0").replace("trials: 5", "trials: 90")
    pool = joined(search(tmp_path, text), tmp_path)
    with pytest.raises(ConfigError, match=r"the last 20 points cannot be trained; model.tau_mem=-"):
        taken(pool)
