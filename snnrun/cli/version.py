"""Which snnrun this is; asked before anything else is imported."""


def version_text() -> str:
    """Return name and version."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"snnrun {version('snnrun')}"
    except PackageNotFoundError:
        return "snnrun, version unknown: the package is not installed"
