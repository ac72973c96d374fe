"""The runs of a sweep as a comparison, from its table alone: the runs may lie elsewhere."""

import json
import math
from collections.abc import Sequence

from snnrun.studies.compare.comparison import Comparison, Group
from snnrun.studies.compare.labels import labels_of, telling
from snnrun.studies.compare.statistics import spread_of
from snnrun.studies.merit import better
from snnrun.studies.table import Row, keys_in


def compared(rows: Sequence[Row]) -> Comparison:
    """Return the groups of the rows that differ in nothing but their seed; nothing is tested.

    A number that a run did not log is left out.

    Args:
        rows: at least one.
    """
    together: dict[str, list[Row]] = {}
    for row in rows:
        together.setdefault(json.dumps(row.point, sort_keys=True), []).append(row)
    points = [each[0].point for each in together.values()]
    keys = keys_in(rows)
    told = telling(points, keys)
    groups = [
        _group(each, label)
        for each, label in zip(together.values(), labels_of(points, told), strict=True)
    ]
    names = tuple(rows[0].numbers)
    ways = {name: way for name in names if (way := better(name))}
    return Comparison(
        tuple(groups), names, ways, "test", "last", tuple(keys), tuple(told), groups[0], ()
    )


def _group(rows: Sequence[Row], label: str) -> Group:
    values = {
        name: {row.seed: row.numbers[name] for row in rows if math.isfinite(row.numbers[name])}
        for name in rows[0].numbers
    }
    spreads = {name: spread_of(list(own.values())) for name, own in values.items() if own}
    return Group(label, rows[0].point, (), values, (), spreads)
