"""Results are compared before anything is timed."""

import numpy as np
import pytest
import torch

from snnrun.errors import SnnrunError
from snnrun.kernels.native import native
from snnrun.studies.bench import running
from snnrun.studies.bench.comparing import difference, differences
from snnrun.studies.bench.kernels import KERNELS, Kernel
from snnrun.studies.bench.work import Work

needs_kernels = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")


def work(ours, twin, **tolerances):
    return Work("2 x 2", 4, "number", 8, 3, lambda: ours, lambda: twin, tolerances)


TWIN = [1.0, 2.0, np.inf, np.nan]
NEAR = [1.0, 2.0 + 1e-9, np.inf, np.nan]


@pytest.mark.parametrize(
    ("ours", "tolerance", "said"),
    [
        (TWIN, 0.0, ""),
        (NEAR, 0.0, "differ in 1 of 4 numbers, by up to 5e-10 of the largest"),
        (NEAR, 1e-9, ""),
        ([1.5, 2.5, np.inf, np.nan], 0.2, "differ in 2 of 4 numbers, by up to 0.25 of the largest"),
        ([1.0, 2.0, 9.0, np.nan], 9.0, "differ in 1 of 4 numbers"),
        ([1.0, 2.0, -np.inf, np.nan], 9.0, "differ in 1 of 4 numbers"),
        ([1.0, 2.0, np.inf, 0.0], 9.0, "differ in 1 of 4 numbers"),
        ([1.0, 2.0], 9.0, "are float64 [2], those of the twin float64 [4]"),
    ],
)  # fmt: skip
def test_what_differs_is_told(ours, tolerance, said):
    assert difference(np.array(ours), np.array(TWIN), tolerance) == said


def test_other_types_and_other_results_differ():
    single = difference(np.zeros(2, np.float32), np.zeros(2), 1.0)
    assert single == "are float32 [2], those of the twin float64 [2]"
    some = work({"a": 1}, {"a": 1, "b": 2})
    assert differences(some, {"a": 1}, {"a": 1, "b": 2}) == [
        "results are a, those of the twin a, b"
    ]


def test_each_result_has_its_own_tolerance():
    ours, twin = {"a": torch.tensor([1.1]), "b": 1.1}, {"a": torch.tensor([1.0]), "b": 1.0}
    assert len(differences(work(ours, twin), ours, twin)) == 2
    (only,) = differences(work(ours, twin, a=0.2), ours, twin)
    assert only.startswith("b differ in 1 of 1 numbers")


@pytest.fixture
def untimed(monkeypatch):
    """Fail where something is timed."""
    timed = []
    monkeypatch.setattr(running, "in_turns", lambda *given: timed.append(given))
    return timed


@needs_kernels
def test_a_kernel_that_computes_something_else_is_named_and_nothing_is_timed(monkeypatch, untimed):
    right, wrong = work({"h": 2.0}, {"h": 2.0}), work({"h": 3.0}, {"h": 2.0}, h=0.1)
    kernels = {"right": Kernel("", ""), "wrong": Kernel("", "")}
    made = {"right": right, "wrong": wrong}
    monkeypatch.setattr(
        Kernel, "work", lambda self, large: made["wrong" if self is kernels["wrong"] else "right"]
    )
    with pytest.raises(SnnrunError) as error:
        running.bench(kernels, [1, 2], running.QUICK, lambda text: None)
    assert str(error.value).splitlines() == [
        "bench: kernels compute something else than their twins; nothing was timed",
        "  wrong, 1 thread: h differ in 1 of 1 numbers, by up to 0.5 of the largest",
        "  wrong, 2 threads: h differ in 1 of 1 numbers, by up to 0.5 of the largest",
    ]
    assert untimed == []


@needs_kernels
def test_a_broken_compiled_kernel_is_found(monkeypatch, untimed):
    """One number of its output is off in its last bits."""
    module = native()

    class Broken:
        def __getattr__(self, name):
            return getattr(module, name)

        def counted_uniform(self, *given):
            numbers = module.counted_uniform(*given)
            numbers[3, 5] = np.nextafter(numbers[3, 5], 2)
            return numbers

    monkeypatch.setattr("snnrun.kernels.random.counted.native", Broken)
    with pytest.raises(SnnrunError, match=r"uniform, 1 thread: numbers differ in 1 of 100,000"):
        running.bench({"uniform": KERNELS["uniform"]}, [1], running.QUICK, lambda text: None)
    assert untimed == []


@needs_kernels
@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_computes_what_its_twin_does(name):
    running.compare({name: KERNELS[name]}, [1, 2], False, lambda text: None)
    made = KERNELS[name].work(False)
    found = made.comparable(made.ours())
    assert set(made.tolerances) <= set(found)
    assert any(
        np.count_nonzero(np.asarray(torch.as_tensor(each).detach())) for each in found.values()
    )
