"""The one place where torchvision is imported, so that it works beside any build of PyTorch.

The torchvision of PyPI is compiled against a CUDA build of PyTorch. Beside a CPU build its
compiled half does not load, and the import stops with "operator torchvision::nms does not exist"
(https://github.com/pytorch/vision/issues/9085), although reading data sets needs no operator.
Declaring the two operators that the import asks for lets it pass; calling them stays an error.
"""

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from snnrun.errors import DataError

OPERATORS = ("nms", "qnms")


def _compiled_half_loads(package: Path) -> bool:
    """Say whether torchvision's operators load into this torch, as torchvision itself tries."""
    torch: Any = import_module("torch")  # Any: this part of torch has no types
    try:
        torch.ops.load_library(str(next(package.glob("_C*"))))
    except (StopIteration, OSError):
        return False
    return True


@cache  # torch forgets the declarations when the library object goes
def _declare_operators() -> object:
    torch: Any = import_module("torch")
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def torchvision() -> ModuleType:
    """Import torchvision.

    Raises:
        DataError: if it is not installed.
    """
    if "torchvision" not in sys.modules:
        spec = find_spec("torchvision")
        if spec is None or spec.origin is None:
            raise DataError("torchvision is not installed; pip install torchvision")
        if not _compiled_half_loads(Path(spec.origin).parent):
            _declare_operators()
    return import_module("torchvision")
