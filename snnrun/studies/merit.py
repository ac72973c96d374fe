"""Which way a number is better, as learning rules have it."""

from collections.abc import Iterable
from typing import Literal

from snnrun.learning import RULES
from snnrun.learning.settings import Judged
from snnrun.studies.table import in_percent

Better = Literal["higher", "lower"]


def better(name: str, rules: Iterable[str] | None = None) -> Better | None:
    """Return which way a number is better; None: who knows.

    Args:
        name: of the number.
        rules: names of those that logged it; None: any of ours.

    Example:
        >>> better("accuracy"), better("loss"), better("spikes/E")
        ('higher', 'lower', None)
    """
    for rule in RULES.known if rules is None else dict.fromkeys(rules):
        entry = RULES.known.get(rule)
        judged: Judged | None = getattr(entry.settings, "judged_by", None) if entry else None
        for criterion in (judged.by, judged.tie) if judged else ():
            if criterion is not None and criterion.name == name:
                return criterion.better
    return "higher" if in_percent(name) else None
