"""No number of a config may be larger than an array can hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snnrun.core.paths import KeyPath, dotted
from snnrun.errors import ConfigError
from snnrun.experiment import load_config

SHIPPED = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def numbers(node: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield where numbers stand."""
    if type(node) in (int, float):
        yield path
    inner = node.items() if isinstance(node, dict) else enumerate(node) if _is_list(node) else ()
    for key, value in inner:
        yield from numbers(value, (*path, key))


def _is_list(node: Any) -> bool:
    return isinstance(node, list | tuple)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_number_that_nothing_can_hold_is_refused(path):
    """Training and inference raised what numpy, torch or a kernel says of some."""
    found = list(numbers(load_config(path).model_dump()))
    assert ("seed",) in found
    for key in found:
        with pytest.raises(ConfigError):
            load_config(path, [f"{dotted(key)}={10**39}"])
