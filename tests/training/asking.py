"""The checks of configs, asked of sections of an experiment that may have no others yet.

What a check answers depends on what it looks at; so it is asked once for each such thing. A section
is one thing; of the one that says how to train, each setting is.
"""

from typing import Any

from snnrun.core.registry import Settings
from snnrun.experiment import Experiment
from snnrun.fitting import CHECKS
from snnrun.train_settings import Train

_looked_at: set[str] = set()


class AskedTrain(Train):
    """A section that writes down which of its settings are looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name in Train.model_fields:
            _looked_at.add(name)
        return super().__getattribute__(name)


class Asked(Experiment):
    """An experiment that writes down which of its other sections are looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name in _WHOLE:
            _looked_at.add(name)
        return super().__getattribute__(name)


_WHOLE = ("data", "encoder", "model", "learning")


class Checks:
    """Asks, and remembers the answers; who asks keeps the sections, which are known by identity."""

    def __init__(self) -> None:
        #: What each check answered, by what it looked at.
        self.answers: list[dict[tuple[str, ...], dict[tuple, bool]]] = [{} for _ in CHECKS]
        self.texts: dict[tuple[int, str], str] = {}

    def refuse(self, sections: dict[str, Settings]) -> bool:
        """Tell whether a check refuses sections, as far as it looks at no others."""
        whole = Asked.model_construct(**sections)
        for answers, (_, check) in zip(self.answers, CHECKS, strict=True):
            fits = self._known(answers, sections)
            if fits is None:
                _looked_at.clear()
                try:
                    check(whole)
                    fits = True
                except AttributeError:
                    continue  # it is asked again when there are more
                except ValueError:
                    fits = False
                looked_at = tuple(sorted(_looked_at))
                answers.setdefault(looked_at, {})[self._seen(looked_at, sections)] = fits
            if not fits:
                return True
        return False

    def _known(self, answers: dict, sections: dict[str, Settings]) -> bool | None:
        for looked_at, each in answers.items():
            fits = each.get(self._seen(looked_at, sections))
            if fits is not None:
                return bool(fits)
        return None

    def _seen(self, looked_at: tuple[str, ...], sections: dict[str, Settings]) -> tuple:
        """Return what a check sees of sections where it looks at this."""
        train = sections.get("train")
        return tuple(
            id(sections.get(each))
            if each in _WHOLE
            else train is not None and self._text(train, each)
            for each in looked_at
        )

    def _text(self, train: Settings, setting: str) -> str:
        key = id(train), setting
        if key not in self.texts:
            self.texts[key] = repr(train.__dict__[setting])
        return self.texts[key]
