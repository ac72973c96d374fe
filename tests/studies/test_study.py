"""docs/study.md: its tables are those that were kept, of every rule of the sweep."""

import csv
import runpy
import sys
from pathlib import Path

import pytest
import yaml

from snnrun.studies.compare.statistics import Spread

ROOT = Path(__file__).parents[2]
PAGE, SWEEP = ROOT / "docs/study.md", ROOT / "configs/sweep/all_rules_mnist.yaml"


def kept(name):
    text = (ROOT / f"benchmarks/results/{name}.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def study():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        yield runpy.run_path(str(ROOT / "benchmarks/study.py"))


def test_the_tables_are_those_that_were_kept(study):
    page = PAGE.read_text()
    assert study["documented"](page) == page
    lines = [line for line in page.splitlines() if line.startswith("| OTTT | 98.")]
    assert len(lines) == 3
    for line in lines:
        assert study["documented"](page.replace(line, line.replace("98.", "99."))) == page


def test_every_rule_was_trained_from_every_seed():
    settings = yaml.safe_load(SWEEP.read_text())
    for table in ("all_rules_mnist", "noise_parts"):
        assert [row["rule"] for row in kept(table)] == list(settings["configs"])
    assert {int(row["n"]) for row in kept("all_rules_mnist")} == {settings["seeds"]}


def test_a_number_is_kept_as_it_was(study):
    row = {"n": "3", "a/mean": "0.98234", "a/deviation": "0.0012", "a/low": "", "a/high": ""}
    assert study["spread"](row, "a") == Spread(3, 0.98234, 0.0012)
