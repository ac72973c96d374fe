"""A short run of configs that are absurd; see ``hostile``, which takes any number of them."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_absurd_configs_are_refused_in_a_line_and_in_time():
    command = [sys.executable, "-m", "tests.config.hostile", "60", "7000"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    found = re.search(r": (\d+) loaded, (\d+) refused, 0 found wanting; ", ended.stdout)
    assert found, ended.stdout
    assert all(map(int, found.groups()))  # one that refuses all would break none
