"""What a field of settings takes, in words: ``whole number >= 1``, ``list of numbers``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from snnrun.config.dumping import inline
from snnrun.config.fields import parts
from snnrun.config.wording import shown
from snnrun.core.named import Named
from snnrun.core.registry import Settings

_WORDS = {int: "whole number", float: "number", bool: "true or false", str: "text"}
_LIMITS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_LONGEST = 32


def type_words(field: FieldInfo) -> str:
    """Return what a field takes.

    Example:
        >>> class Demo(Settings):
        ...     rate: Annotated[float, "unit"] | None
        ...     sizes: tuple[int, ...]
        ...     delays: dict[str, float]
        >>> [type_words(field) for field in Demo.model_fields.values()]
        ['number or null', 'list of whole numbers', 'map of names to numbers']
    """
    return _words(field.annotation, field.metadata)


def default_words(field: FieldInfo) -> str:
    """Return the default of a field as a config would write it, or ``required``."""
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    named = [part for part in parts(field) if isinstance(part, Named)]
    if isinstance(default, Settings) and not named and default == _all_defaults(type(default)):
        return "as below"
    text = inline(_by_name(default, named[0]) if named else default)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _by_name(value: Any, named: Named) -> Any:
    """Return a value with names for the settings in it."""
    if isinstance(value, Settings):
        return named.table.name_of(value)
    if isinstance(value, Mapping):
        return {key: _by_name(each, named) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_by_name(each, named) for each in value]
    return value


def _all_defaults(settings: type[Settings]) -> Settings | None:
    required = any(field.is_required() for field in settings.model_fields.values())
    return None if required else settings()


def _words(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    found = list(_flat(metadata))
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(inner[0], [*inner[1:], *found])
    if any(isinstance(each, Named) for each in found):
        return "{name: ...}"
    if origin in (Union, UnionType):
        words = [_words(each, found) for each in inner if each is not NoneType]
        return " or ".join(dict.fromkeys([*words, *(["null"] if NoneType in inner else [])]))
    if origin in (tuple, list):
        return f"list of {_plural(_words(inner[0]))}"
    if origin in (dict, Mapping):
        return f"map of names to {_plural(_words(inner[1]))}"
    return " ".join([_plain(annotation), ", ".join(_limits(found))]).strip()


def _plain(annotation: Any) -> str:
    """Return the words of a type that holds no other."""
    if get_origin(annotation) is Literal:
        return " or ".join(map(str, get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return "map"
    return _WORDS.get(annotation, "value")


def _plural(words: str) -> str:
    """Return ``numbers >= 1`` for ``number >= 1``, and ``lists of numbers`` for a list of them."""
    return re.sub(r"(^| or )(whole number|number|list|map|value)\b", r"\1\2s", words)


def _limits(metadata: Iterable[Any]) -> Iterator[str]:
    for each in metadata:
        for name, sign in _LIMITS.items():
            if hasattr(each, name):
                yield f"{sign} {shown(getattr(each, name))}"


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """Yield metadata, those inside ``Field`` too."""
    for each in metadata:
        yield from each.metadata if isinstance(each, FieldInfo) else [each]
