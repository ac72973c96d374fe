"""Every paper in ``configs/papers`` can be trained as it says; what is wrong with one is told."""

from pathlib import Path

import pytest

import snnrun
from snnrun.config import shipped
from snnrun.errors import ConfigError
from snnrun.studies.reproducing import papers
from tests.studies.small import BASE

ROOT = Path(__file__).parents[2]
PAPERS = sorted(path.parent for path in ROOT.glob("configs/papers/*/paper.yaml"))
TABLES = [(folder, name) for folder in PAPERS for name in papers.Paper.read(folder).facts.tables]
FACTS = """title: On tests
authors: Nobody
tables:
  small:
    what: two sizes
    minutes: 0.1
    reported: [{at: {model.layers.0.size: 3}, mean: 50.0, source: a guess, seen: false}]
"""
SWEEP = """config: base.yaml
set: {train.epochs: 1}
seeds: 2
grid: {model.layers.0.size: [3, 7]}
"""


def write_paper(folder, facts=FACTS, sweep=SWEEP):
    """A paper of two sizes and two seeds, each a training of a tenth of a second."""
    folder.mkdir()
    (folder / "base.yaml").write_text(BASE)
    (folder / "small.yaml").write_text(sweep)
    (folder / "paper.yaml").write_text(facts)
    return folder


def test_all_papers_are_found():
    assert papers.home() == ROOT / "configs" / "papers"
    assert papers.names() == [folder.name for folder in PAPERS]
    assert {"delgrad", "diehl_cook", "fast_and_deep", "notebook", "sbs"} < set(papers.names())
    assert len(TABLES) > 15


@pytest.mark.parametrize(("folder", "table"), TABLES, ids=lambda part: getattr(part, "name", part))
def test_every_table_can_be_trained(folder, table):
    """Its runs are right, and every number that is reported is of one of its points."""
    paper = papers.Paper.read(folder)
    plan = paper.plan(table)
    cases = plan.cases()
    assert len(cases) == len(list(plan.settings.planned())) * len(plan.settings.seeds)
    assert plan.settings.search is None
    assert plan.name == table
    for case in cases:
        assert not case.experiment.train.live_plot


@pytest.mark.parametrize("folder", PAPERS, ids=lambda folder: folder.name)
def test_every_sweep_is_of_a_table(folder):
    sweeps = {path.stem for path in folder.glob("*.yaml")} - {"paper"}
    assert sweeps == set(papers.Paper.read(folder).facts.tables)


@pytest.mark.parametrize("folder", PAPERS, ids=lambda folder: folder.name)
def test_accuracies_are_in_percent_and_say_where_they_stand(folder):
    facts = papers.Paper.read(folder).facts
    entries = [*facts.tables.values(), *facts.absent]
    for number in (number for entry in entries for number in entry.reported):
        assert 1 < number.mean <= 100
        assert number.std is None or number.std < 20
        assert len(number.source) > 3


def test_an_installed_package_holds_the_configs():
    """As a package of their own they made all of snnrun be found twice from a checkout."""
    assert "install(DIRECTORY configs DESTINATION snnrun)" in (ROOT / "CMakeLists.txt").read_text()
    assert str(ROOT) not in list(snnrun.__path__)


def test_an_installation_without_configs_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "snnrun")
    with pytest.raises(ConfigError, match="snnrun holds no configs/papers; expected it there or"):
        papers.names()
    (tmp_path / "snnrun" / "configs" / "papers").mkdir(parents=True)
    assert papers.home() == tmp_path / "snnrun" / "configs" / "papers"


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        (
            "size: 3}",
            "size: 4}",
            r"tables\.small: the sweep has no point model.layers.0.size=4; it has "
            r"model.layers.0.size=3; model.layers.0.size=7",
        ),
        (
            "minutes: 0.1",
            "minutes: 0.1\n    number: density",
            r"small: number: the sweep does not show 'density'; it shows accuracy",
        ),
        (
            "minutes",
            "minuets",
            r"paper.yaml:6:5: tables.small.minuets: unknown key; did you mean 'minutes'",
        ),
        ("seen: false", "seen: maybe", r"paper.yaml:7:\d+: tables.small.reported.0.seen: "),
        ("  small:", "  ../small:", r"expected names of sweeps beside this file, got '\.\./small'"),
    ],
)
def test_what_is_wrong_with_a_file_of_facts_is_told(tmp_path, old, new, wrong):
    assert FACTS.count(old) == 1
    folder = write_paper(tmp_path / "mine", FACTS.replace(old, new))
    with pytest.raises(ConfigError, match=wrong):
        papers.paper(str(folder)).plan("small")


def test_a_paper_without_its_sweep_is_told(tmp_path):
    folder = write_paper(tmp_path / "mine")
    (folder / "small.yaml").unlink()
    with pytest.raises(ConfigError, match=r"no such file: .*mine/small\.yaml"):
        papers.paper(str(folder)).plan("small")
