"""Telling configs of other programs from ours."""

import subprocess
import sys

from snnrun.compat import FORMATS
from snnrun.compat.fastanddeep import first_generation, second_generation
from snnrun.compat.pytorch_sbs.common import NETWORK, RULE
from snnrun.compat.pytorch_sbs.configs import is_config


def test_every_config_of_theirs_holds_a_mark():
    for generation in (first_generation, second_generation):
        assert FORMATS["fastanddeep"].marks & generation.KEYS
    assert FORMATS["pytorch-sbs"].marks == {NETWORK, RULE}
    assert is_config({NETWORK: {}})
    assert is_config({RULE: {}})


def test_a_config_of_ours_imports_nothing_of_theirs():
    """It took a seventh of the time of ``validate``."""
    script = """
import sys
from snnrun.compat import translated
assert translated({"model": {"name": "lif"}}, str, None) is None
assert translated(["no", "map"], str, None) is None
print([name for name in sys.modules if name.startswith("snnrun.compat.")])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
