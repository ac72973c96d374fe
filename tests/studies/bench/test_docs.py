"""docs/bench.md: its tables are those that the commands make from what was kept."""

import re
import runpy
from pathlib import Path

from snnrun.studies.bench.kernels import KERNELS
from snnrun.studies.bench.table import as_csv, read_csv
from tests.cli.running import run
from tests.studies.bench.test_formats import TABLE as MEASURED

ROOT = Path(__file__).parents[3]
PAGE, KEPT = ROOT / "docs/bench.md", ROOT / "benchmarks/results/bench.csv"
TABLE = runpy.run_path(str(ROOT / "benchmarks/table.py"))


def test_the_tables_are_those_of_the_kept_results():
    page = PAGE.read_text()
    assert TABLE["documented"](page) == page
    assert "| spikingjelly | 1" in page


def test_a_table_of_other_results_is_found():
    page = PAGE.read_text()
    line = next(line for line in page.splitlines() if line.startswith("| spikingjelly | 1"))
    assert TABLE["documented"](page.replace(line, line.replace("1", "7"))) == page


def test_what_is_kept_is_what_the_command_shows(tmp_path):
    page = PAGE.read_text()
    (tmp_path / "bench.csv").write_text(as_csv(MEASURED))
    found = TABLE["documented"](page, tmp_path)
    _, text, *_ = re.split("<!-- .*bench -->\n", found)
    code, shown, _ = run("bench", "--from", tmp_path / "bench.csv", "--format", "markdown")
    assert (code, shown) == (0, text)
    assert found.count("Not measured yet.") == 1  # the peers


def test_every_kernel_is_explained():
    page = PAGE.read_text().replace("`, `_double", "`, `first_spike_double")
    assert [name for name in KERNELS if f"`{name}`" not in page] == []


def test_every_kernel_was_measured():
    kept = read_csv(KEPT)
    assert list(dict.fromkeys(row.kernel for row in kept.rows)) == list(KERNELS)


def test_peers_stand_beside_each_other_by_threads():
    of = {"cpu": "X", "level": "avx2", "torch": "2", "steps": "4", "neurons": "1000"}
    rows = [
        {**of, "threads": "1", "peer": "snnrun", "over_ours": "1"},
        {**of, "threads": "1", "peer": "norse", "over_ours": "13.991"},
        {**of, "threads": "2", "peer": "snnrun", "over_ours": "1"},
        {**of, "threads": "2", "peer": "norse", "over_ours": ""},
    ]
    assert TABLE["peers"](rows).splitlines() == [
        "X, avx2, torch 2; on 1 / 2 threads.",
        "",
        "| neurons x steps | 1,000 x 4 |",
        "| --- | --- |",
        "| snnrun | 1 / 1 |",
        "| norse | 14 / - |",
    ]
