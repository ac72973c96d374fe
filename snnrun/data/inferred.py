"""Settings of data in files: what a config leaves out is read off the files and becomes part of it.

So the config in a run folder says all that its network was built for, and opens where the files are
not. Where a config says everything, no file is looked at before it is read.
"""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from pydantic import model_validator

from snnrun.core.named import nested
from snnrun.core.paths import KeyPath
from snnrun.data.dataset import DataSettings
from snnrun.errors import DataError


class InferredSettings(DataSettings):
    """Settings of which some may be null, for what the files say."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, value in self.infer().items():
            object.__setattr__(self, name, value)  # frozen, but for this
        return self

    @abstractmethod
    def infer(self) -> dict[str, Any]:
        """Return what the files say of settings that are null; empty where none is.

        Raises:
            PydanticCustomError: of :func:`blamed`.
        """


@contextmanager
def blamed(*key: str) -> Iterator[None]:
    """Let a DataError from inside the block be one of the config, at this key.

    Example:
        >>> with blamed("train", "values"):
        ...     raise DataError("x.npy: cannot be read")
        Traceback (most recent call last):
        ...
        pydantic_core._pydantic_core.PydanticCustomError: train.values: x.npy: cannot be read
    """
    path: KeyPath = key
    try:
        yield
    except DataError as error:
        raise nested([{"type": "unreadable", "loc": path, "msg": str(error)}]) from error
