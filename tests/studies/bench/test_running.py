"""What is measured of each kernel, and on how many threads."""

import itertools

import pytest

from snnrun.errors import ConfigError
from snnrun.studies.bench import running
from snnrun.studies.bench.kernels import KERNELS, chosen
from snnrun.studies.bench.machine import triad
from snnrun.studies.bench.timing import Spread, in_turns
from snnrun.studies.bench.work import Work


def test_calls_take_turns():
    made = []
    spent = in_turns({name: lambda name=name: made.append(name) for name in "ab"}, 0.0, least=3)
    assert {name: len(ms) for name, ms in spent.items()} == {"a": 3, "b": 3}
    changes = sum(one != other for one, other in itertools.pairwise(made))
    assert changes == 2 * 4 - 1  # a warm-up and three turns


def test_short_calls_are_made_several_times_a_turn(monkeypatch):
    """Calls of a quarter of a millisecond: five make a turn, and its time is that of one."""
    clock, calls = [0.0], [0]

    def call():
        clock[0] += 0.25e-3
        calls[0] += 1

    monkeypatch.setattr("snnrun.studies.bench.timing.time.perf_counter", lambda: clock[0])
    assert in_turns({"a": call}, 0.0, least=3)["a"] == pytest.approx([0.25, 0.25, 0.25])
    assert calls == [2 + 3 * 5]


def test_a_spread_is_that_of_the_middle_half():
    found = Spread.of([4.0, 1.0, 2.0, 3.0, 100.0])
    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)
    assert found.relative == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("asked", "every", "cores", "counts"),
    [
        ([], False, 6, [1, 2, 4, 6]),
        ([], False, 8, [1, 2, 4, 8]),
        ([], True, 6, [1, 2, 3, 4, 5, 6]),
        ([], False, 1, [1]),
        ([3, 1, 3], True, 6, [3, 1]),
    ],
)
def test_how_many_threads_there_are(monkeypatch, asked, every, cores, counts):
    monkeypatch.setattr(running, "usable_cores", lambda: cores)
    effort = running.FULL if every else running.QUICK
    assert running.thread_counts(asked, effort) == counts


@pytest.mark.parametrize("count", [0, -1, 7])
def test_threads_beyond_the_cores_are_refused(monkeypatch, count):
    monkeypatch.setattr(running, "usable_cores", lambda: 6)
    with pytest.raises(ConfigError, match=f"expected 1 to 6 threads.*got {count}"):
        running.thread_counts([1, count], running.QUICK)


def test_kernels_are_chosen_by_name():
    assert list(chosen([])) == list(KERNELS)
    assert list(chosen(["sbs, lambertw", "graph"])) == ["sbs", "lambertw", "graph"]
    with pytest.raises(ConfigError, match=r"unknown kernel 'lambert'; did you mean 'lambertw'\?"):
        chosen(["sbs", "lambert"])


WORK = Work("4", 4, "number", 8.0, 1024.0**2, lambda: {}, lambda: {})


@pytest.fixture
def turns(monkeypatch):
    """Times that were not measured: the turns of each call, in ms."""
    ms = {"twin": [30.0, 10.0, 20.0], "ours": [3.0, 2.0, 4.0],
          "triad": [0.3, 0.4, 0.2], "product": [60.0, 80.0, 40.0]}  # fmt: skip
    monkeypatch.setattr(
        running, "in_turns", lambda calls, seconds, least: {name: ms[name] for name in calls}
    )


def test_shares_are_medians_of_the_ratios_within_a_turn(monkeypatch, turns):
    """Ratios to the twin are 10, 5, 5; to the triad 0.1, 0.2, 0.05; to the product 20, 40, 10.

    Ours moves 32 bytes, the least triad 12 x 1,024; ours computes 4 x 2^20 operations, the product
    2^31: a share of 1 / 512.
    """
    monkeypatch.setattr(running, "native", object)
    row = running.timed("some", WORK, 2, 1.0, 3)
    assert (row.kernel, row.threads, row.turns) == ("some", 2, 3)
    assert (row.ms, row.twin_ms, row.times_faster) == (3.0, 20.0, 5.0)
    assert row.spread == pytest.approx(1 / 3)
    assert row.of_bandwidth == pytest.approx(0.1 * 32 / (12 * 1024))
    assert row.of_arithmetic == pytest.approx(20 / 512)
    assert row.triad_gb_s == pytest.approx(12 * 1024 / 0.3e-3 / 1e9)
    assert row.product_gflop_s == pytest.approx(2**31 / 60e-3 / 1e9)


def test_without_the_compiled_module_twins_alone_are_timed(monkeypatch, turns):
    monkeypatch.setattr(running, "native", lambda: None)
    row = running.timed("some", WORK, 1, 1.0, 3)
    assert (row.twin_ms, row.ms, row.times_faster, row.of_bandwidth) == (20.0, None, None, None)


def test_a_triad_moves_about_what_is_asked_for():
    call, moved = triad(24_000)
    assert moved == 24_000
    assert call().tolist() == [2.0] * 2000
    assert triad(1)[1] == 12 * 1024
