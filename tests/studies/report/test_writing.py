"""The command that writes a report."""

import pytest

from snnrun.errors import DataError
from snnrun.studies.report.writing import write_report
from tests.cli.running import run
from tests.cli.test_startup import imported
from tests.studies.report.folders import make, picture


@pytest.fixture
def runs(tmp_path):
    for number in (1, 2):
        picture(make(tmp_path / "results", f"run_{number}", {"seed": number}), "curves")
    return tmp_path / "results"


def test_a_report_is_written_and_told_of(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, told, _ = run("report", runs)
    size = (tmp_path / "report.html").stat().st_size
    assert (code, told) == (0, f"wrote report.html: 2 runs, 2 figures, {size:,} bytes\n")
    told = run("report", f"{runs}/run_*", "-o", "other.html", "--figures", "0")
    assert told[1].startswith("wrote other.html: 2 runs, 0 figures, 2 left out, ")


def test_an_earlier_report_is_replaced_whole_or_not_at_all(runs, tmp_path):
    page = tmp_path / "report.html"
    write_report([runs], page, 0)
    before = page.read_text()
    with pytest.raises(DataError, match="no such folder: "):
        write_report([runs, tmp_path / "absent"], page, 0)
    assert page.read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "results"]


def test_a_page_has_no_place_among_folders(runs, tmp_path):
    (tmp_path / "report.html").mkdir()
    code, out, err = run("report", runs, "-o", tmp_path / "report.html")
    assert (code, out) == (3, "")
    assert err == f"snnrun: cannot write {tmp_path / 'report.html'}: Is a directory\n"


def test_reports_are_written_without_torch(runs, tmp_path):
    modules = imported("report", str(runs), "-o", str(tmp_path / "report.html"))
    assert modules & {"torch", "numpy", "matplotlib"} == set()
