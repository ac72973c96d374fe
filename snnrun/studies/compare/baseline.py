"""The group that the others are tested against, where a user says which."""

from collections.abc import Sequence

from snnrun.config.tree import parse
from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.studies.compare.comparison import Comparison, Group, Settings
from snnrun.studies.compare.labels import short_keys, words_of


def baseline_of(whole: Comparison, wanted: Sequence[str]) -> Group:
    """Return the group that ``KEY=VALUE`` name.

    Raises:
        ConfigError: they name none, or several.
    """
    left, names = list(whole.groups), {short: key for key, short in short_keys(whole.keys).items()}
    for text in wanted:
        key, equals, value = text.partition("=")
        key = names.get(key, key)
        if not equals or key not in whole.keys:
            guess = near(key, [*whole.keys, *names])
            hint = f"; did you mean {guess!r}?" if guess else "."
            raise ConfigError(
                f"baseline: expected KEY=VALUE with a setting that differs, got {text!r}{hint} "
                f"There are: {', '.join(whole.keys) or 'none'}"
            )
        same = [group for group in left if _is(group.settings, key, value)]
        if not same:
            there = ", ".join(dict.fromkeys(words_of([group.settings for group in left], key)))
            raise ConfigError(f"baseline: no group has {text}; {key} is one of: {there}")
        left = same
    if len(left) > 1:
        told = "; ".join(group.label for group in left[:3])
        raise ConfigError(f"baseline: {len(left)} groups fit: {told}; another KEY=VALUE is needed")
    return left[0]


def _is(settings: Settings, key: str, value: str) -> bool:
    """Tell whether a setting has the value that a text says."""
    problems = list[str]()
    said = parse(value, lambda _: "baseline", problems).plain()
    return key in settings and not problems and settings[key] == said
