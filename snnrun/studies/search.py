"""What a sweep file says of a search: where, for how long, and what is better."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Settings
from snnrun.studies.space import Drawn

#: Runs that a sweep has at most.
MOST = 10_000


class Pruner(Settings):
    """When a run of a search is given up for lagging behind the others."""

    name: Annotated[
        Literal["median", "hyperband"],
        Field(description="below the median of the others at that epoch; or by Hyperband"),
    ] = "median"
    startup: Annotated[int, Field(ge=0, description="runs that finish in any case")] = 5
    warmup: Annotated[int, Field(ge=0, description="epochs of each run that are waited for")] = 0


class Search(Settings):
    """Points that Optuna draws, after those before."""

    space: Annotated[
        dict[str, Drawn],
        Field(
            min_length=1,
            description="key: values, or {low, high, log, step}; with when, only where that holds",
        ),
    ]
    trials: Annotated[int | None, Field(ge=1, le=MOST, description="points that are tried")] = None
    sampler: Annotated[
        Literal["tpe", "random"],
        Field(description="tree-structured Parzen estimators (Bergstra et al. 2011), or chance"),
    ] = "tpe"
    seed: Annotated[int, Field(ge=0, lt=2**32, description="of what is drawn")] = 0
    by: Annotated[
        str | None,
        Field(description="number of the validation, at the best epoch; null: what tells the best"),
    ] = None
    better: Annotated[
        Literal["higher", "lower"] | None, Field(description="which is better, of by")
    ] = None
    pruner: Annotated[Pruner | None, Field(description="gives up what lags; null: nothing")] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.by is None) != (self.better is None):
            raise ValueError("by: needs better: higher or lower, and the other way round")
        return self
