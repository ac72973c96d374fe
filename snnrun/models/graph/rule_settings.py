"""What a config may say about every rule by which synapses learn."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.core.registry import Entry, Settings

if TYPE_CHECKING:  # a config is read without torch
    from snnrun.models.graph.plasticity import Plasticity

Rate = Annotated[float, Field(description="learning rate")]
Tau = Annotated[float, Field(gt=0, description="time constant, ms")]


class PlasticitySettings(Settings):
    """A rule.

    rule: where the rule is, ``module:class``, which is told the settings; unless ``build`` differs.
    bounded: which bounds of the weights it needs: lower, upper.
    traces: of which groups it needs traces: pre, post.
    """

    rule: ClassVar[str] = ""
    bounded: ClassVar[frozenset[str]] = frozenset()
    traces: ClassVar[tuple[str, ...]] = ("pre", "post")

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the signals without which it does nothing."""
        return ()

    def build(self) -> "Plasticity":
        """Return the rule."""
        return Entry(type(self), self.rule).load()(**self.model_dump())  # type: ignore[no-any-return]
