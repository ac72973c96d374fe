"""Tables as LaTeX sets them, where it is installed."""

import shutil
import subprocess

import pytest

from snnrun.studies.compare import compare
from tests.studies.folders import make

PAGE = r"""\documentclass{article}
\usepackage{booktabs, graphicx}
\begin{document}
\input{table}
\end{document}
"""
RULES = ("first spikes & delays", "random_feedback", "Diehl & Cook's STDP", "OTTT", "SbS, 50 %")


@pytest.fixture
def typeset(tmp_path):
    """Sets a table on a page; returns what LaTeX says of it."""
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex and booktabs (Debian: texlive-latex-recommended)")

    def run(text):
        (tmp_path / "table.tex").write_text(text)
        (tmp_path / "page.tex").write_text(PAGE)
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        told = done.stdout.decode(errors="replace")
        assert done.returncode == 0, told
        return told

    return run


def runs(folder, more):
    """Make three runs of each rule, which differ in other settings too."""
    for place, rule in enumerate(RULES):
        for seed, accuracy in enumerate([0.91, 0.93, 0.9]):
            changes = {"learning.name": rule, "seed": seed, **{key: place for key in more}}
            test = {"4": {"accuracy": accuracy - place / 50 - place * seed / 99, "loss": 1}}
            make(folder, f"{place}_{seed}", changes, test=test)
    return compare(folder)


@pytest.mark.parametrize("more", [0, 2, 6])
def test_a_table_with_tests_and_costs_is_no_wider_than_a_page(tmp_path, typeset, more):
    names = ["train.epochs", "train.batch_size", *(f"model.a_{number}" for number in range(4))]
    text = runs(tmp_path / "runs", names[:more]).to("latex")
    assert text.count(r"\begin{tabular}") == (3 if more > 3 else 2)
    assert "Overfull" not in typeset(text)
