"""The tour, run from its first cell to its last, in a folder of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOUR = Path(__file__).parents[2] / "docs" / "tour.ipynb"
_WRITTEN = re.compile(r"^%%writefile (\S+)\n")
#: Pictures are shown by IPython, which comes with Jupyter; where it is absent, they are there.
_STAND_IN = """
import sys, types
from pathlib import Path
def Image(path, width):
    assert Path(path).read_bytes().startswith(b"\\x89PNG")
try:
    import IPython.display
except ImportError:
    sys.modules["IPython.display"] = types.SimpleNamespace(Image=Image)
"""


def cells():
    """Return the cells of code."""
    content = json.loads(TOUR.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def plain(cell):
    """Return a cell as Python has it."""
    source = "".join(cell["source"])
    if written := _WRITTEN.match(source):
        body = source[written.end() :] + "\n"
        return f"Path({written[1]!r}).write_text({body!r})"
    return source


def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))


def test_all_cells_run_in_order(tmp_path, monkeypatch):
    environment(tmp_path, monkeypatch)
    program = "\n\n".join([_STAND_IN, *map(plain, cells())])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    right = [float(each) for each in re.findall(r"([\d.]+)% of", done.stdout)]
    assert len(right) == 2
    assert min(right) > 88


def test_it_is_shown_as_it_ran():
    ran = cells()
    assert [cell["execution_count"] for cell in ran] == list(range(1, len(ran) + 1))
    outputs = [output for cell in ran for output in cell["outputs"]]
    assert all(output["output_type"] != "error" for output in outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
    assert not [text for text in map(str, outputs) if re.search(r"['\" (]/\w+/\w", text)]


def test_cells_are_short():
    assert max(len(cell["source"]) for cell in cells()) <= 25


@pytest.mark.slow
def test_a_kernel_runs_it(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat", reason="needs Jupyter: `make docs` installs it")
    client = pytest.importorskip("nbclient", reason="needs Jupyter: `make docs` installs it")
    environment(tmp_path, monkeypatch)
    notebook = nbformat.read(TOUR, 4)
    ours = sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"
    kernel = tmp_path / "kernels" / "tour"
    kernel.mkdir(parents=True)
    words = {"argv": ours, "display_name": "tour", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(words))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    resources = {"metadata": {"path": str(tmp_path)}}
    runner = client.NotebookClient(notebook, timeout=900, kernel_name="tour", resources=resources)
    runner.execute()
    printed = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]
    assert len(printed) >= 10
    assert (tmp_path / "resting.py").is_file()
