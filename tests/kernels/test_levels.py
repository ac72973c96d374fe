"""Compiled kernels equal their twins at every CPU level, not only at the one of this machine.

First spikes and random numbers are compared across levels where they are tested themselves.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snnrun.kernels.native import native

HERE = Path(__file__).parent
TWINS = [
    "lif/test_scan.py",
    "lif/test_sequence_kernel.py",
    "lif/test_sequence_numbers.py",
    "lif/test_counts.py",
    "lif/test_narrow.py",
    "lif/test_products.py",
    "../models/graph/test_engine.py",
    "sbs/test_twin.py",
    "lambertw",
]


# The baseline, which few machines are held to, among the slow tests.
@pytest.mark.parametrize(
    "level", [pytest.param("baseline", marks=pytest.mark.slow), "avx2", "avx512"]
)
def test_twins_at_every_cpu_level(compiled, level, tmp_path):
    if native().cpu_level() == level:
        pytest.skip(f"{level} is the level that all other tests run at")
    environment = {**os.environ, "SNNRUN_CPU": level}
    ask = [sys.executable, "-c", "import snnrun._native"]
    known = subprocess.run(ask, env=environment, capture_output=True, text=True, check=False)
    if "does not run on this machine" in known.stderr:
        pytest.skip(f"this machine has no {level}")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-k",
        "not torch_compiles_through_it and not torch_finds_nothing_wrong",  # who calls, not what
    ]
    done = subprocess.run(
        [*command, *(str(HERE / each) for each in TWINS)],
        env=environment | {"PYTHONPATH": str(HERE.parent.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
