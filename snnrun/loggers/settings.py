"""What a config says about loggers."""

import os
import re
from importlib.util import find_spec
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from snnrun.core.registry import Settings

Figures = Annotated[
    bool, Field(description="the live plot and the figures under plots/, when they change")
]
Histograms = Annotated[
    bool, Field(description="histograms of weights and of the last update's gradients")
]
#: A name or password in an address, which would stand in the run folder for all to read.
_SECRET = re.compile(r"://[^/?#]*@")
#: What of MLflow only the whole package reads and writes.
_DATABASES = re.compile(r"(sqlite|postgresql|mysql|mssql)[+:]")


class LoggerSettings(Settings):
    """What there is to say of a logger.

    Fields called ``figures`` and ``histograms`` are heeded: without them, or where they are false,
    a logger gets none.

    modules: that it imports and that may be absent.
    extra: of snnrun, which brings them.
    """

    modules: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""

    def wants(self, what: str) -> bool:
        """Tell whether a field of this name is there and true."""
        return getattr(self, what, False) is True

    def lacking(self) -> str | None:
        """Return what is missing here to log so, and how to get it; None where nothing is."""
        absent = [name for name in self.modules if find_spec(name) is None]
        if not absent:
            return None
        remedy = f"; pip install 'snnrun[{self.extra}]' brings it" if self.extra else ""
        return f"needs {absent[0]}, which is not installed{remedy}"


class RemoteLoggerSettings(LoggerSettings):
    """What there is to say of a logger that may wait for a network: it has a process of its own.

    unsent: what to do where not all was sent before a run ended.
    """

    unsent: ClassVar[str] = "more of wait_seconds may help"

    wait_seconds: Annotated[
        float,
        Field(ge=0, le=600, description="seconds that the end of a run waits until all is sent"),
    ] = 10.0


class TensorBoardSettings(LoggerSettings):
    """What is written for TensorBoard; `tensorboard --logdir experiment_results` shows it."""

    histograms: Histograms = False
    figures: Figures = False
    hparams: Annotated[
        bool, Field(description="write the settings beside the results, for the tab HPARAMS")
    ] = False


class WandbSettings(RemoteLoggerSettings):
    """Where in Weights & Biases a run belongs; who you are, `wandb login` asks."""

    modules: ClassVar = ("wandb",)
    extra: ClassVar = "wandb"
    unsent: ClassVar = "mode: offline keeps all in the folder wandb of the run, for `wandb sync`"

    project: Annotated[str, Field(min_length=1, description="which the run belongs to")] = "snnrun"
    entity: Annotated[str | None, Field(description="user or team of the project; null: you")] = (
        None
    )
    group: Annotated[str | None, Field(description="of runs that belong together; null: none")] = (
        None
    )
    tags: Annotated[tuple[str, ...], Field(description="words to find the run by")] = ()
    mode: Annotated[
        Literal["online", "offline"] | None,
        Field(description="offline: send nothing, `wandb sync` can; null: as WANDB_MODE says"),
    ] = None
    histograms: Histograms = False
    figures: Figures = False


class MlflowSettings(RemoteLoggerSettings):
    """Where MLflow keeps a run; MLFLOW_TRACKING_USERNAME and the like say who you are."""

    modules: ClassVar = ("mlflow",)
    extra: ClassVar = "mlflow"

    uri: Annotated[
        str | None,
        Field(
            description="of a server, or file:FOLDER; null: as MLFLOW_TRACKING_URI says",
            examples=["file:mlruns"],
        ),
    ] = None
    experiment: Annotated[
        str, Field(min_length=1, description="of MLflow, which the run belongs to")
    ] = "snnrun"
    figures: Figures = False

    @field_validator("uri")
    @classmethod
    def _holds_no_secret(cls, uri: str | None) -> str | None:
        if uri is not None and _SECRET.search(uri):
            raise ValueError(
                "must not hold a name or a password, for configs are kept and shared; put them "
                "into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or the whole address "
                "into MLFLOW_TRACKING_URI"
            )
        return uri

    def lacking(self) -> str | None:
        """Return what is missing here to log so, and how to get it; None where nothing is."""
        uri = self.uri or os.environ.get("MLFLOW_TRACKING_URI")
        if lacks := super().lacking():
            return lacks
        if not uri:
            return "needs an address: uri: file:mlruns, uri: http://..., or MLFLOW_TRACKING_URI"
        if _DATABASES.match(uri) and find_spec("sqlalchemy") is None:
            return "needs the whole of MLflow to write a database; pip install mlflow brings it"
        return None
