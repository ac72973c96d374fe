"""Words of a program are checked as those of a config are, and refused in the same words."""

from typing import Any, TypeVar

from pydantic import ValidationError

from snnrun.config.wording import say
from snnrun.core.paths import dotted
from snnrun.core.registry import Settings

S = TypeVar("S", bound=Settings)


def checked(kind: type[S], **given: Any) -> S:
    """Return settings.

    Raises:
        ValueError: says of each wrong value what it is called, what was expected and what came.

    Example:
        >>> from snnrun.models.feedforward.neuron import NeuronSettings
        >>> checked(NeuronSettings, threshold=-1.0)
        Traceback (most recent call last):
        ...
        ValueError: threshold: must be more than 0, got -1
    """
    try:
        return kind(**given)
    except ValidationError as error:
        wrong = [(each["loc"], each) for each in error.errors()]
        lines = (f"{dotted(loc)}: {say(loc, [each], kind, given)}" for loc, each in wrong if loc)
        whole = (str(each["ctx"]["error"]) for loc, each in wrong if not loc)
        raise ValueError("; ".join([*lines, *whole])) from None
