"""The one door to the package ``nir``, which only those need who exchange networks."""

from typing import Any

from snnrun.errors import DataError


def nir() -> Any:
    """Import nir.

    Raises:
        DataError: it is not installed.
    """
    try:
        import nir
    except ImportError as error:
        raise DataError(
            "nir, which reads and writes .nir files, is not installed; pip install 'snnrun[nir]'"
        ) from error
    return nir
