"""Arrays that tests compare with; the README of each folder says what they are."""

from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent


def golden(name: str) -> dict[str, Any]:
    """The arrays of one file, such as ``sbs/fc``."""
    with np.load(FOLDER / f"{name}.npz") as file:
        return dict(file)
