"""Whatever entries of the tables a config names, a run that is cut within an epoch goes on exactly.

The cases are computed from the tables (`composing.py`, `covering.py`): who registers an entry has
it tried. `smallest.yaml` says what makes an entry small, or possible.
"""

import random
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from snnrun.cli.launch import free_port
from snnrun.core.capabilities import Capability
from snnrun.core.registry import Entry
from snnrun.errors import DivergedError
from snnrun.learning import RULES
from snnrun.learning.settings import RuleSettings
from snnrun.runs.folder import RunDir
from snnrun.training.together import refuse_several
from tests.training import plugged
from tests.training.composing import Composer
from tests.training.covering import Search
from tests.training.exact import cut_of, differences, in_batches, resumed, unbroken
from tests.training.small_sets import small_sets
from tests.training.test_processes import environment

ROOT = Path(__file__).parent.parent.parent
PARALLEL = {name for name, entry in RULES.known.items() if entry.settings.parallel}


@pytest.fixture(scope="module")
def composer(tmp_path_factory):
    """Composes experiments whose data sets are a few samples each."""
    with small_sets(tmp_path_factory.mktemp("sets")):
        yield Composer()


@pytest.fixture(autouse=True)
def _whatever_is_told():
    """Networks as small as these may be silent, or settle nowhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def wrong(cases, folder, epochs):
    """Return what differs in which cases; print how many there were."""
    found, diverged = [], 0
    for number, case in enumerate(cases):
        place = folder / str(number)
        place.mkdir()
        experiment = in_batches(case.experiment, epochs)
        batches = cut_of(experiment, random.Random(number))
        one = ended(partial(unbroken, experiment, place))
        other = ended(partial(resumed, experiment, place, batches))
        ends = {type(one), type(other)}
        if ends == {str}:  # a stop looks at all that is saved, which may be earlier
            diverged += 1
        elif different := [one, other] if str in ends else differences(one, other):
            found.append((sorted(case.parts), batches, different))
    print(f"{len(cases)} cases, {len(found)} of them wrong, {diverged} diverged both times")
    return found


def ended(train):
    """Return the run of a training, or where and why it diverged: such rates fit no network."""
    try:
        return train()
    except DivergedError as error:
        return str(error).partition("; try ")[0]


def test_every_entry_is_in_a_case(composer):
    covering = Search(composer.tables, composer.complete, together=1).run()
    assert covering.misfits == set(), "these entries are in no case; see smallest.yaml"


#: Tables of which a config names an entry each; all others are of parts of data, models and rules.
OUTER = (
    "datasets", "encoders", "models", "rules", "augmentations", "optimizers", "schedulers", "train",
)  # fmt: skip


def test_every_entry_that_a_config_names_goes_on_exactly(composer, tmp_path):
    tables = {name: composer.tables[name] for name in OUTER}
    covering = Search(tables, composer.complete, together=1).run()
    assert wrong(covering.cases, tmp_path, epochs=1) == []


# ---- that this is a test ----


def test_who_registers_an_entry_has_it_tried(monkeypatch):
    plugged.plug(monkeypatch)
    composer = Composer()
    assert "normed" in composer.tables["models"]
    for part in (("models", "normed"), ("rules", "counting")):
        assert part in composer.complete(frozenset({part})).parts


def test_what_is_said_is_said_of_entries_that_there_are():
    composer = Composer()
    for table, entries in composer.said.items():
        assert set(entries) <= set(composer.tables[table])


def test_an_entry_that_is_in_no_case_is_named(monkeypatch):
    """No model offers what its rule needs."""
    lonely = Entry(LonelySettings, "", "", "needs what nobody offers")
    monkeypatch.setattr(RULES, "_known", {**RULES.known, "lonely": lonely})
    composer = Composer()
    tables = {"rules": ["surrogate", "lonely"]}
    assert Search(tables, composer.complete, 1).run().misfits == {frozenset({("rules", "lonely")})}


class LonelySettings(RuleSettings):
    """Needs neurons that spike once, in steps."""

    needs: ClassVar = frozenset({Capability.FIRST_SPIKE_LAYERS, Capability.MEMBRANES})


@pytest.mark.parametrize(("rule", "found"), [("Counting", False), ("Forgetting", True)])
def test_what_is_not_saved_is_seen(monkeypatch, tmp_path, rule, found):
    plugged.plug(monkeypatch, rule)
    experiment = in_batches(plugged.experiment())
    pair = unbroken(experiment, tmp_path), resumed(experiment, tmp_path, 3)
    assert bool(differences(*pair)) is found


# ---- minutes ----


#: How many sections are looked at for a case that a pair is in.
LOOKS = 1000


@pytest.mark.slow
def test_every_entry_goes_on_exactly(composer, tmp_path):
    covering = Search(composer.tables, composer.complete, together=1).run()
    assert wrong(covering.cases, tmp_path, epochs=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("outer", [True, False], ids=["outer", "inner"])
def test_every_pair_of_entries_that_fits_goes_on_exactly(composer, tmp_path, outer):
    tables = {name: each for name, each in composer.tables.items() if (name in OUTER) is outer}
    covering = Search(tables, composer.complete, together=2, patience=LOOKS).run()
    entries, pairs = sum(map(len, tables.values())), len(covering.covered)
    print(f"{entries} entries, {pairs} pairs, {len(covering.misfits)} in no case that was seen")
    assert wrong(covering.cases, tmp_path, epochs=2) == []


@pytest.mark.slow
@pytest.mark.usefixtures("composer")
def test_two_processes_go_on_exactly_with_every_rule_and_optimizer(tmp_path):
    """And with every model, in every pair of these that can be split."""
    split = Composer(refuse_several)
    tables = {name: split.tables[name] for name in ("rules", "optimizers", "models")}
    covering = Search(tables, split.complete, together=2).run()
    found = {part for pair in covering.covered for part in pair}
    assert {name for table, name in found if table == "rules"} == PARALLEL
    assert {name for table, name in found if table == "optimizers"} == {*tables["optimizers"]}
    words = []
    for number, case in enumerate(covering.cases):
        config, experiment = tmp_path / str(number) / "config.yaml", in_batches(case.experiment)
        config.parent.mkdir()
        config.write_text(experiment.dump_yaml())
        words += [str(config), str(cut_of(experiment, random.Random(number)))]
    in_two_processes(words)
    for config, batches in zip(words[::2], words[1::2], strict=True):
        folder = Path(config).parent
        different = differences(RunDir(folder / "whole"), RunDir(folder / "part"))
        assert different == [], (sorted(covering.cases[int(folder.name)].parts), batches)
    print(f"{len(covering.cases)} cases in two processes")


def in_two_processes(words):
    command = [sys.executable, "-m", "tests.training.cut_in_processes", *words]
    port = free_port()
    ranks = [
        subprocess.Popen(
            command, env=environment(rank, port), cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for rank in range(2)
    ]  # fmt: skip
    said = [each.communicate(timeout=1200)[0] for each in ranks]
    assert [each.returncode for each in ranks] == [0, 0], said
