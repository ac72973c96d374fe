"""The table in each format, and read back."""

import json
from dataclasses import replace

import pytest

from snnrun.errors import ConfigError, DataError
from snnrun.studies.bench import formats
from snnrun.studies.bench.table import MACHINE, Row, Table, as_csv, read_csv

WORDS = ("Processor X", "2", "avx2", "0.1.0", "2.13.0", "2.4.6", "3.11.7", "Linux", "2026-11-30")
ROW = Row(
    "lif_sequence", "20 steps, 64 x 512", 655360, "step of a neuron", 20.0, 20.0, 1, 9,
    twin_ms=51.5, twin_spread=0.25, ms=1.25, spread=0.0625, times_faster=41.2,
    triad_gb_s=16.0, product_gflop_s=128.0, of_bandwidth=0.655, of_arithmetic=0.082,
)  # fmt: skip
OTHER = replace(ROW, kernel="uniform", threads=2, operations=None, of_arithmetic=None)
TABLE = Table(dict(zip(MACHINE, WORDS, strict=True)), [ROW, OTHER])
TWINS = Table(
    TABLE.machine | {"level": "twins"},
    [
        replace(row, ms=None, spread=None, times_faster=None, triad_gb_s=None,
                product_gflop_s=None, of_bandwidth=None, of_arithmetic=None)
        for row in TABLE.rows
    ],
)  # fmt: skip


@pytest.mark.parametrize("table", [TABLE, TWINS])
def test_csv_is_read_back_as_it_was(tmp_path, table):
    file = tmp_path / "bench.csv"
    file.write_text(as_csv(table))
    assert read_csv(file) == table
    assert file.read_text().count("\n") == 3
    assert all(line.startswith("Processor X,2,") for line in file.read_text().splitlines()[1:])


def test_text_is_aligned_under_its_machine():
    lines = formats.as_text(TABLE).splitlines()
    assert lines[:2] == [
        "Processor X, 2 cores, Linux, 2026-11-30",
        "snnrun 0.1.0, kernels for avx2, torch 2.13.0, numpy 2.4.6, Python 3.11.7",
    ]
    assert lines[3:6] == [
        "kernel        threads          ms     twin, ms  times faster  of bandwidth  of arithmetic",
        "lif_sequence        1  1.25 ± 3 %  51.5 ± 12 %          41.2          66 %            8 %",
        "uniform             2  1.25 ± 3 %  51.5 ± 12 %          41.2          66 %",
    ]
    assert "uniform       20 steps, 64 x 512  step of a neuron   655,360     20" in lines
    assert "relied" not in "".join(lines)


def test_markdown_has_the_same_cells():
    lines = formats.as_markdown(TABLE).splitlines()
    assert "| lif_sequence | 1 | 1.25 ± 3 % | 51.5 ± 12 % | 41.2 | 66 % | 8 % |" in lines
    assert "| uniform | 20 steps, 64 x 512 | step of a neuron | 655,360 | 20 |  |" in lines
    assert sum(line.startswith("|---|") for line in lines) == 2


def test_json_has_machine_and_rows():
    found = json.loads(formats.as_json(TABLE))
    assert found["machine"]["cpu"] == "Processor X"
    assert [Row(**row) for row in found["rows"]] == TABLE.rows


def test_without_kernels_the_twins_stand_alone():
    text = formats.as_text(TWINS)
    assert "no compiled kernels" in text
    assert "the readable twins alone were timed" in " ".join(text.split())
    assert "kernel        threads     twin, ms\n" in text
    assert "bandwidth" not in text


def test_a_machine_that_was_busy_is_told_of():
    busy = Table(TABLE.machine, [ROW, replace(ROW, spread=0.5)])
    said = " ".join(formats.as_text(busy).split())
    assert "1 of 2 times have a spread above 20 %: something else was probably running" in said


@pytest.mark.parametrize(
    ("name", "file", "function"),
    [
        (None, None, formats.as_text),
        (None, "a.csv", as_csv),
        (None, "a.md", formats.as_markdown),
        (None, "a.json", formats.as_json),
        (None, "a.dat", formats.as_text),
        ("markdown", "a.csv", formats.as_markdown),
    ],
)
def test_the_format_is_that_of_the_file_unless_it_is_named(tmp_path, name, file, function):
    assert formats.chosen(name, file and tmp_path / file) is function


def test_an_unknown_format_is_refused():
    with pytest.raises(
        ConfigError, match=r"unknown format 'jsn'; did you mean 'json'\? known: text"
    ):
        formats.chosen("jsn", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a table that `snnrun bench --format csv` wrote"),
        ("kernel,ms\nlif,3\n", "expected a table"),
        (as_csv(TABLE).replace("51.5", "soon"), "could not convert string to float: 'soon'"),
        (as_csv(TABLE).replace("Processor X", "Processor Y", 1), "those of several"),
        ("\0", "expected a table"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, text, said):
    file = tmp_path / "bench.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=said):
        read_csv(file)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "bench.csv"):
        with pytest.raises(DataError, match=str(path)):
            read_csv(path)
