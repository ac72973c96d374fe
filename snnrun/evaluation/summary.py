"""Tables of an evaluation, for people: activity and cost of each layer, how classes do.

Read from what measures kept, without torch.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from snnrun.core.aligning import aligned
from snnrun.core.energy import ACCUMULATION, MULTIPLICATION, energy_words
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.layers import place, rows
from snnrun.runs.numbers import precision_and_recall, top, total_energy

#: The measures that the tables are made of; each costs next to nothing.
SUMMARY = ("answers", "ranks", "activity", "spikes", "cost", "decisions")
LAYERS, CLASSES = 64, 20  # that a table has at most
_SHARES = ("density", "silent", "saturated", "dead", "hit")
_COUNTS = ("spikes", "accumulations", "multiplications")


def tables(evaluation: Evaluation) -> Iterator[str]:
    """Yield what there is to tell of an evaluation with the measures of :data:`SUMMARY`."""
    for text in (_of_layers(evaluation), _of_all(evaluation), _of_classes(evaluation)):
        if text:
            yield text


def _of_layers(evaluation: Evaluation) -> str:
    active, sent, cost = (rows(evaluation.of(name)) for name in ("activity", "spikes", "cost"))
    keys = sorted({**active, **sent, **cost}, key=place)
    if not keys:
        return ""
    if len(keys) > LAYERS:
        return f"{len(keys)} layers: the figures of `snnrun eval` show each"
    cells = [["layer", *_SHARES, "spikes", "AC", "MAC"]]
    for key in keys:
        own, costs = active.get(key, {}), sent.get(key, {}) | cost.get(key, {})
        shares = [_number(own.get(name), ".4f" if name == "density" else ".1%") for name in _SHARES]
        counts = [
            _number(costs.get(name), ",.1f" if name == "spikes" else ",.0f") for name in _COUNTS
        ]
        cells.append([key, *shares, *counts])
    return _table(cells)


def _of_all(evaluation: Evaluation) -> str:
    lines, kept, joule = [], evaluation.of("cost"), total_energy(evaluation)
    if kept:
        learning = int(kept["learning"])
        lines.append(f"parameters: {int(kept['parameters']):,}, of which {learning:,} learn")
    if joule is not None:
        prices = f"{MULTIPLICATION} pJ a MAC, {ACCUMULATION} pJ an AC"
        lines.append(f"energy: {energy_words(joule)} a sample ({prices}; synapses only)")
    counts = evaluation.of("ranks").get("counts")
    if counts is not None and len(counts) > 6:
        lines.append(f"top-5 accuracy: {top(counts, 5):.2%}")
    return "\n".join([*lines, *_latency(evaluation)])


def _latency(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.of("decisions")
    if "time" in found:
        share = found["decided"] / max(1, found["samples"])
        yield f"first output spike: {found['time']:.3g} tau_syn on average, in {share:.1%}"
    elif found:
        decided, steps = found["decided"], np.arange(1, len(found["decided"]) + 1)
        mean = (decided * steps).sum() / decided.sum()
        late = 1 + int(np.searchsorted(decided.cumsum(), 0.99 * decided.sum()))
        yield f"decided after {mean:.3g} of {len(steps)} steps on average, 99% after {late}"


def _of_classes(evaluation: Evaluation) -> str:
    counts = evaluation.of("answers").get("counts")
    if counts is None:
        return ""
    precision, recall = precision_and_recall(counts)
    shown = range(len(recall))
    chosen = shown if len(recall) <= CLASSES else np.argsort(np.nan_to_num(recall, nan=2))[:10]
    cells = [["class" if chosen is shown else "worst classes", "precision", "recall", "samples"]]
    for index in chosen:
        shares = [_number(share[index], ".1%") for share in (precision, recall)]
        cells.append([evaluation.classes[index], *shares, f"{counts[index].sum():,}"])
    return _table(cells)


def _number(value: float | None, form: str) -> str:
    return "-" if value is None or np.isnan(value) else format(value, form)


def _table(cells: Sequence[Sequence[str]]) -> str:
    return "\n".join(aligned(cells, right=range(1, len(cells[0]))))
