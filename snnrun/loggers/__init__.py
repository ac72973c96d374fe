"""Where else a run is told of while it trains: TensorBoard, Weights & Biases, MLflow, or your own.

The run folder holds all that a run logs; a logger gets what it is told besides, and changes
nothing. One that waits for a network runs in a process of its own.
"""

from snnrun.core.registry import Entry, Table
from snnrun.loggers.settings import (
    LoggerSettings,
    MlflowSettings,
    RemoteLoggerSettings,
    TensorBoardSettings,
    WandbSettings,
)

__all__ = [
    "LOGGERS",
    "LoggerSettings",
    "MlflowSettings",
    "RemoteLoggerSettings",
    "TensorBoardSettings",
    "WandbSettings",
]

_HERE = "snnrun.loggers."
LOGGERS: Table[Entry] = Table(
    "logger",
    "snnrun.loggers",
    {
        "tensorboard": Entry(
            TensorBoardSettings,
            _HERE + "tensorboard:TensorBoard",
            "",
            "files in the run folder that TensorBoard shows",
        ),
        "wandb": Entry(
            WandbSettings, _HERE + "wandb:Wandb", "", "a run in Weights & Biases; needs wandb"
        ),
        "mlflow": Entry(
            MlflowSettings, _HERE + "mlflow:Mlflow", "", "a run in MLflow; needs mlflow"
        ),
    },
    LoggerSettings,
)
