"""The doctor tells what is there, and what is not, whatever is missing."""

import builtins
import sys
from types import SimpleNamespace

import pytest

from snnrun.cli import doctor
from snnrun.kernels.native import native


def lines(text: str) -> dict[str, list[str]]:
    """Answers by name."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, answer = line.partition(" ")
        found.setdefault(name, []).append(answer.strip())
    return found


def test_every_check_answers():
    report = lines(doctor.report())
    assert list(report) == list(doctor.CHECKS)
    assert not [answers for answers in report.values() if "does not work" in answers[0]]
    assert report["python"][0].startswith("3.")
    assert "threads" in report["torch"][0]


def test_it_works_when_everything_is_missing(monkeypatch, tmp_path):
    """No torch, no torchvision, no native module: each is an answer of its own."""
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name.split(".")[0] in ("torch", "torchvision", "numpy"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *rest, **more)

    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(doctor, "_import", missing)
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    report = lines(doctor.report())
    assert list(report) == list(doctor.CHECKS)
    assert report["torch"] == ["does not work: No module named 'torch'"]
    assert report["torchvision"][0].startswith("does not work: No module named")
    assert report["packages"] == ["no-such-package (not installed)"]


def test_kernels(monkeypatch):
    found = ["compiled, for CPU level avx2, no CUDA kernels"]
    monkeypatch.setattr(doctor, "native", lambda: SimpleNamespace(cpu_level=lambda: "avx2"))
    monkeypatch.delenv("SNNRUN_NATIVE", raising=False)
    assert lines(doctor.report())["kernels"] == found
    monkeypatch.setenv("SNNRUN_NATIVE", "/a/_native.so")
    assert lines(doctor.report())["kernels"] == [*found, "those of SNNRUN_NATIVE=/a/_native.so"]


def test_kernels_that_were_chosen(monkeypatch):
    """Where another module was, those of the package were reported."""
    monkeypatch.setattr(doctor, "native", native.__wrapped__)
    monkeypatch.setenv("SNNRUN_NATIVE", "0")
    assert lines(doctor.report())["kernels"] == ["Python twins, because SNNRUN_NATIVE=0"]
    monkeypatch.setenv("SNNRUN_NATIVE", "/absent/_native.so")
    (told,) = lines(doctor.report())["kernels"]
    assert told.startswith("does not work: /absent/_native.so")


def test_kernels_not_compiled(monkeypatch):
    monkeypatch.delenv("SNNRUN_NATIVE", raising=False)
    monkeypatch.setattr(doctor, "native", native.__wrapped__)
    monkeypatch.setitem(sys.modules, "snnrun._native", None)
    first, second = lines(doctor.report())["kernels"]
    assert first.startswith("Python twins, which are slower")
    assert "C++ compiler" in second


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), "holds nothing"),
        (("b.npy", "mnist/a"), "holds b.npy, mnist/"),
        (
            [f"f{i:02}" for i in range(11)],
            "holds f00, f01, f02, f03, f04, f05, f06, f07 and 3 more",
        ),
    ],
)
def test_data(monkeypatch, tmp_path, files, expected):
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    assert lines(doctor.report())["data"] == [f"{tmp_path} (SNNRUN_DATA) {expected}"]


def test_no_data(monkeypatch, tmp_path):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path / "absent"))
    assert "does not exist; yin_yang" in lines(doctor.report())["data"][0]
