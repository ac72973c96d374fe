"""How much memory there is, as the system tells it."""

import pytest

from snnrun.core import memory


@pytest.mark.parametrize(
    ("limit", "swap", "there"),
    [
        (None, None, 24),  # 20 and 4 of swap
        ("max", "max", 24),
        (3, 0, 3),
        (3, 2, 5),
        (3, "max", 7),
        (3, None, 7),  # nobody counts what is swapped
        (99, 99, 24),
    ],
)
def test_limits_of_a_container_go_before(tmp_path, monkeypatch, limit, swap, there):
    """One without swap was taken for one of both."""
    for name, number in (("memory.max", limit), ("memory.swap.max", swap)):
        if number is not None:
            text = number if isinstance(number, str) else str(number * 2**30)
            (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    numbers = {"MemTotal": 20 * 2**30, "SwapTotal": 4 * 2**30}
    monkeypatch.setattr(memory, "_meminfo", lambda *names: sum(map(numbers.get, names)))
    assert memory.total() == there * 2**30
