"""One pass over samples for several measures, each of which may fail alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from snnrun.core.registry import UnknownName
from snnrun.errors import (
    ConfigError,
    DataError,
    OutOfMemoryError,
    SnnrunError,
    ran_out_of_memory,
)
from snnrun.evaluation import MEASURES
from snnrun.evaluation.measure import Measure, Subject
from snnrun.runs import evaluation as files
from snnrun.training.means import EvaluationMeans

Failed = dict[str, Exception]
#: Is told what is done now, in a few words.
Busy = Callable[[str], None]


def quietly(words: str) -> None:
    """Say nothing."""


def measured(
    subject: Subject,
    wanted: Sequence[str],
    statistics: Mapping[str, float] | None = None,
    room: int = files.LIMIT,
    failed: Failed | None = None,
    busy: Busy = quietly,
) -> tuple[dict[str, NDArray[Any]], Mapping[str, float]]:
    """Return the arrays of measures, ``<measure>/<array>``, and the means over all samples.

    Args:
        subject: the network, in evaluation mode, and its samples.
        wanted: names of measures.
        statistics: the means, if they are known: samples are then shown only if a measure looks.
        room: bytes that the arrays may take.
        failed: takes up measures that fail, and why; None: the first that fails raises.
        busy: is told what is measured.

    Raises:
        ConfigError: there is no such measure.
    """
    measures: dict[str, Measure] = {}
    for name in wanted:
        try:
            entry = MEASURES.pick(name)
        except UnknownName as error:
            raise ConfigError(str(error)) from error
        with _alone(name, failed):
            measures[name] = entry.load()(subject)
    if statistics is None or any(map(_looks, measures.values())):
        statistics = _pass(subject, measures, failed, busy)
    arrays: dict[str, NDArray[Any]] = {}
    for name, measure in measures.items():
        busy(f"{subject.split} split: measuring {name}")
        with _alone(name, failed):
            new = files.named(name, measure.arrays())
            files.check_size({**arrays, **new}, room)
            arrays |= new
    return arrays, statistics


def _looks(measure: Measure) -> bool:
    """Tell whether a measure sees the samples pass by, and does not just show some itself."""
    return type(measure).add is not Measure.add


def _pass(
    subject: Subject, measures: dict[str, Measure], failed: Failed | None, busy: Busy
) -> Mapping[str, float]:
    """Show all samples once and return the means; measures that fail are left out from there on."""
    means, whole, shown = EvaluationMeans(), len(subject.numbers), 0
    for batch, outcome, record in subject.seen():
        shown += len(batch)
        busy(f"{subject.split} split: {shown:,} of {whole:,} samples")
        means.add(outcome, batch.targets)
        for name, measure in list(measures.items()):
            with _alone(name, failed):
                measure.add(batch, outcome, record)
            if failed and name in failed:
                del measures[name]
    return means.values()


@contextmanager
def _alone(name: str, failed: Failed | None) -> Iterator[None]:
    """Keep the failure of a measure for later, or tell it with the measure's name."""
    try:
        yield
    except Exception as error:
        told = told_of(name, error)
        if failed is None:
            raise told from error
        failed[name] = told


def told_of(measure: str, error: Exception) -> SnnrunError:
    """Return the error of a measure with its name; what lies in the run stays a DataError."""
    if ran_out_of_memory(error):
        return OutOfMemoryError(f"measure {measure}: memory ran out")
    expected = isinstance(error, SnnrunError | OSError)
    text = str(error) if expected else f"{type(error).__name__}: {error}"
    kind = DataError if isinstance(error, DataError | OSError) else SnnrunError
    return kind(f"measure {measure}: {text}")
