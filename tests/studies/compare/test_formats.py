"""A comparison as text, CSV, Markdown, LaTeX and HTML."""

import csv
import io
import re

import pytest

from snnrun.errors import ConfigError
from snnrun.studies.compare import compare
from snnrun.studies.compare.latex import escaped
from snnrun.studies.compare.table import table_of
from tests.studies.compare.cases import SIZE, sized, two
from tests.studies.folders import make


@pytest.fixture
def whole(tmp_path):
    return two(tmp_path)


def test_text_has_a_line_for_each_group_and_says_what_the_numbers_are(whole):
    table, sentences = str(whole).split("\n\n")
    head, *rows = [re.split(r"  +", line) for line in table.splitlines()]
    assert head == [
        "layers.0.size", "n", "accuracy (%)", "95 % interval", "difference", "p (t)", "p (flip)",
        "training (s)",
    ]  # fmt: skip
    assert rows == [
        ["5", "3", "70 ± 10", "45 to 95", "-20", "0.1", "0.25", "61.5"],
        ["30", "3", "90.0 ± 2.0 *", "85.0 to 95.0", "reference", "-", "-", "61.5"],
    ]
    told = " ".join(sentences.split())
    assert "test split after the epoch with the best validation, of n = 3 seeds" in told
    assert "from layers.0.size 30, of n = 3 pairs of runs with the same seed" in told
    assert "of 3 pairs, p (flip) is 0.25 or more" in told
    assert "known of 0 of 6 runs; what finds them: snnrun inference" in told


def test_csv_has_all_numbers_in_full(whole):
    few, many = csv.DictReader(io.StringIO(whole.to("csv")))
    group = whole.groups[0]
    assert float(few["accuracy/mean"]) == group.spreads["accuracy"].mean
    assert float(few["accuracy/p_t_holm"]) == group.tests["accuracy"].corrected_t
    assert (few[SIZE], few["n"], few["seeds"], few["reference"]) == ("5", "3", "[0, 1, 2]", "false")
    assert (many["reference"], many["accuracy/p_t"], many["spikes/mean"]) == ("true", "", "")
    assert float(many["seconds/mean"]) == 61.5


def test_a_setting_that_is_null_is_not_one_that_is_absent(tmp_path):
    for name, clip in (("a", None), ("b", 1.0)):
        make(tmp_path, name, {"train.clip": clip})
    rows = csv.DictReader(io.StringIO(compare(tmp_path).to("csv")))
    assert [row["train.clip"] for row in rows] == ["null", "1.0"]


def test_records_are_what_csv_holds(whole):
    first, second = whole.rows()
    assert first.keys() == second.keys()
    assert first["accuracy/difference"] == pytest.approx(-0.2)
    assert second["accuracy/p_flip"] is None


def test_markdown(whole):
    head, marks, first, second, *rest = whole.to("markdown").splitlines()
    assert head.startswith("| layers.0.size | n | accuracy (%) | 95 % interval |")
    assert marks == "| --- |" + " ---: |" * 7
    assert first.startswith("| 5 | 3 | 70 ± 10 |")
    assert second.startswith("| 30 | 3 | **90.0 ± 2.0** |")
    assert rest[0] == ""


def test_a_value_is_one_cell_of_a_table_whatever_is_in_it(tmp_path):
    for name in ("a|b_c", "50 % & #1 {x} ~ ^ \\ $"):
        make(tmp_path, name[:3], {"data.root": name})
    found = compare(tmp_path)
    lines = found.to("markdown").splitlines()[:4]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {lines[1].count("|")}
    assert r"a\|b\_c" in found.to("markdown")
    latex = found.to("latex")
    assert r"a$|$b\_c" in latex
    assert r"50 \% \& \#1 \{x\} \textasciitilde{} \textasciicircum{}" in latex


def test_the_least_p_that_there_can_be_is_told_with_its_correction(tmp_path):
    """Of three groups it told 0.25, of which Holm's method makes 0.5; of six pairs, nothing."""
    for size, first in ((5, 0.1), (10, 0.2), (30, 0.3)):
        sized(tmp_path / "three", [first, first + 0.03, first + 0.01], size)
        sized(tmp_path / "six", [first + 0.01 * (seed % 3) for seed in range(6)], size)
    sized(tmp_path / "one", [0.2, 0.3, 0.5, 0.3, 0.2, 0.1], 5)
    sized(tmp_path / "one", [0.3, 0.5, 0.6, 0.7, 0.4, 0.6], 10)
    told = {name: table_of(compare(tmp_path / name)).caption for name in ("one", "three", "six")}
    assert "over 2 comparisons; of 3 pairs, p (flip) is 0.5 or more." in told["three"]
    assert "over 2 comparisons; of 6 pairs, p (flip) is 0.0625 or more." in told["six"]
    assert "or more" not in told["one"]


def test_latex_has_a_minus_before_each_number_and_words_between_them(tmp_path):
    """Ends of which the first is below 0 were a product with t and o; a mean did not compile."""
    sized(tmp_path, [0.1, 0.3], 5)
    sized(tmp_path, [1.5, 1.7], 30)
    found = compare(tmp_path, metrics=["accuracy", "loss"], baseline="layers.0.size=30")
    assert r" & 20 $\pm$ 14 & $-$107 to 147 & $-$140 & " in found.to("latex")
    assert r" & \textbf{$-$0.60 $\pm$ 0.14} & $-$1.87 to 0.67 & reference & " in found.to("latex")


def test_latex_is_a_table_with_rules_and_a_caption(whole):
    text = whole.to("latex")
    for begin, count in (("table", 1), ("tabular", 2)):
        assert text.count(rf"\begin{{{begin}}}") == text.count(rf"\end{{{begin}}}") == count
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 2
    assert r"\caption{Numbers of the test split after the epoch with the best validation" in text
    assert "of n = 3 seeds: mean $\\pm$ standard deviation, 95 \\% confidence" in text
    assert r"\textbf{90.0 $\pm$ 2.0}" in text
    assert "& $-$20 &" in text
    for kinds, table in re.findall(r"\\begin{tabular}{(\w+)}(.*?)\\end{tabular}", text, re.DOTALL):
        rows = [line for line in table.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(kinds)}
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    unescaped = re.sub(r"\\.", "", plain)
    assert unescaped.count("{") == unescaped.count("}")
    assert unescaped.count("$") % 2 == 0
    assert not set("%#_^~") & set(unescaped)


def test_latex_prints_a_text_as_it_is():
    assert escaped("a_b & 5 % {~^} \\ <|>") == (
        r"a\_b \& 5 \% \{\textasciitilde{}\textasciicircum{}\} \textbackslash{} $<$$|$$>$"
    )


def test_settings_that_are_no_columns_stand_in_a_table_of_their_own(tmp_path):
    for rule, extra in (("eprop", 1.0), ("ottt", 2.0)):
        changes = {f"train.x{number}": extra for number in range(4)}
        make(tmp_path, rule, {"learning.name": rule, **changes})
    found = compare(tmp_path)
    _, settings, _ = str(found).split("\n\n")
    assert [line.split() for line in settings.splitlines()] == [
        ["setting", "eprop", "ottt"],
        *([f"train.x{number}", "1.0", "2.0"] for number in range(4)),
    ]
    assert found.to("latex").count(r"\begin{tabular}") == 3
    assert "| train.x0 | 1.0 | 2.0 |" in found.to("markdown")
    assert found.to("html").count("<table>") == 2


def test_a_notebook_shows_a_table(whole):
    html = whole._repr_html_()
    assert html.count("<tr>") == 3
    assert "<td><b>90.0 ± 2.0</b></td>" in html
    assert repr(whole) == "<comparison of 6 runs in 2 groups; print() shows it>"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.tex", "latex"),
        ("a.md", "markdown"),
        ("a.csv", "csv"),
        ("a.txt", "text"),
        ("a.html", "html"),
    ],
)
def test_a_file_has_the_format_that_its_name_says(whole, tmp_path, name, form):
    whole.save(tmp_path / name)
    assert (tmp_path / name).read_text() == whole.to(form)


def test_a_format_that_there_is_not(whole, tmp_path):
    with pytest.raises(ConfigError, match=r"a\.doc: expected a name that ends in \.txt, \.csv"):
        whole.save(tmp_path / "a.doc")
    whole.save(tmp_path / "a.doc", "csv")
    assert (tmp_path / "a.doc").read_text() == whole.to("csv")
    with pytest.raises(ConfigError, match="no format called 'latecs'; did you mean 'latex'"):
        whole.to("latecs")


def test_one_run_of_a_group_has_no_deviation(tmp_path):
    sized(tmp_path, [0.6], 5)
    sized(tmp_path, [0.9], 30)
    table = str(compare(tmp_path)).split("\n\n")[0]
    assert [re.split(r"  +", line)[:4] for line in table.splitlines()] == [
        ["layers.0.size", "n", "accuracy (%)", "training (s)"],
        ["5", "1", "60", "61.5"],
        ["30", "1", "90 *", "61.5"],
    ]
