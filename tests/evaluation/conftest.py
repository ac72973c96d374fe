"""Networks that measures are checked with."""

import pytest

from snnrun.evaluation import evaluate
from snnrun.evaluation.measures import plane, robustness
from snnrun.plots import style
from tests.evaluation.networks import LIVE
from tests.evaluation.runs import measured, saved
from tests.plots.conftest import delayed, network  # noqa: F401  the same as the figures show

POINTS = 24


@pytest.fixture(scope="session", params=LIVE)
def live(request):
    """Networks of every kind, untrained."""
    return LIVE[request.param]()


def _coarse(patch):
    """Let a grid over the plane have few points, and robustness few draws."""
    patch.setattr(plane, "POINTS", POINTS)
    patch.setattr(robustness, "DRAWS", 2)


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Measures that take no more than a moment."""
    _coarse(monkeypatch)


@pytest.fixture(scope="session")
def evaluated(live, tmp_path_factory):
    """What all measures that fit keep of each; before training it was the same."""
    with pytest.MonkeyPatch.context() as patch:
        _coarse(patch)
        return measured(saved(tmp_path_factory.mktemp("live") / "run", live, {}))


@pytest.fixture
def quick_files(monkeypatch):
    """Coarse images, quick fonts and no layout: the files matter here, not their looks."""
    monkeypatch.setitem(style._RC, "savefig.dpi", 40)
    monkeypatch.setitem(style._RC, "pdf.fonttype", 3)
    monkeypatch.setitem(style._FILES["png"], "dpi", 40)
    monkeypatch.setattr(style, "_fix_layout", lambda figure: figure.set_layout_engine(None))


@pytest.fixture
def made(monkeypatch):
    """The measures that were computed, call by call."""
    calls, measured = [], evaluate.measured

    def note(subject, wanted, *rest):
        calls.append(list(wanted))
        return measured(subject, wanted, *rest)

    monkeypatch.setattr(evaluate, "measured", note)
    return calls
