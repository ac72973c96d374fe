"""The door to the compiled kernels: choosing them, doing without, threads and forks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAYER = """
import numpy as np
from snnrun.kernels.first_spike import arrays
rng = np.random.default_rng(0)
def layer(threads):
    neuron = arrays.Neuron(1.0, 1, 1.0, 1.0)
    weights = rng.normal(1.0, 1.0, (20, 40))
    return arrays.forward(rng.random((1000, 20)), weights, neuron, threads).times
"""


def python(code, **environment):
    """Run code in a fresh process."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("SNNRUN_")}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command,
        env={**known, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_without_the_module_the_twins_run_and_say_so_once():
    hide = "import sys; sys.modules['snnrun._native'] = None\n"
    done = python(hide + LAYER + "assert np.isfinite(layer(1)).any(); layer(1)")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert "not compiled" in done.stderr


def test_twins_by_choice_are_silent():
    done = python(
        LAYER + "from snnrun.kernels.native import native\nlayer(1)\nprint(native())",
        SNNRUN_NATIVE="0",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "None\n", "")


def test_cpu_level_is_chosen_by_name(compiled):
    ask = "from snnrun.kernels.native import native; print(native().cpu_level())"
    assert python(ask, SNNRUN_CPU="baseline").stdout == "baseline\n"
    assert python(ask).stdout.strip() in {"baseline", "avx2", "avx512"}


def test_another_module_is_chosen_by_its_path(compiled, tmp_path):
    """Such as one that was built with a sanitizer."""
    other = tmp_path / Path(compiled.__file__).name
    shutil.copy(compiled.__file__, other)
    ask = "from snnrun.kernels.native import native; print(native().__file__)"
    assert python(ask, SNNRUN_NATIVE=str(other)).stdout.strip() == str(other)
    absent = python(ask, SNNRUN_NATIVE=str(tmp_path / "none.so"))
    assert absent.returncode != 0
    assert "none.so" in absent.stderr


def test_unknown_cpu_level_is_refused(compiled):
    done = python("import snnrun._native", SNNRUN_CPU="avx1024")
    assert done.returncode != 0
    assert (
        "SNNRUN_CPU=avx1024 does not run on this machine; levels that do: baseline" in done.stderr
    )


#: What a process did before it forks.
BEFORE = {
    "kernels": "layer(2)",
    "torch, kernels": "import torch\ntorch.set_num_threads(2)\nlayer(2)",
    "torch": "import torch\ntorch.set_num_threads(2)\n(torch.ones(9, 1 << 20) * 2).sum()",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("before", BEFORE)
def test_a_child_process_can_use_threads_too(before, compiled):
    """No thread survives a fork: neither the parent's nor those of torch are waited for."""
    fork = f"""
import os
{BEFORE[before]}
child = os.fork()
if child == 0:
    layer(2)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
layer(2)
"""
    done = python(LAYER + fork)
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr


def test_python_threads_at_once(compiled):
    """Two Python threads inside the kernels at the same time: the pool serves one of them."""
    together = """
from concurrent.futures import ThreadPoolExecutor
arrivals, weights = rng.random((700, 20)), rng.normal(1.0, 1.0, (20, 40))
neuron = arrays.Neuron(1.0, 1, 1.0, 1.0)
def work(_):
    return arrays.forward(arrivals, weights, neuron, 3).times
expected = work(0)
with ThreadPoolExecutor(4) as pool:
    assert all(np.array_equal(x, expected) for x in pool.map(work, range(100)))
"""
    done = python(LAYER + together)
    assert done.returncode == 0, done.stderr
