"""The command ``snnrun``, also as ``python -m snnrun``."""

import sys


def version_text() -> str:
    """Return name and version."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"snnrun {version('snnrun')}"
    except PackageNotFoundError:
        return "snnrun, version unknown: the package is not installed"


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        print(version_text())
        return
    from snnrun.cli.verbs import app

    app(prog_name="snnrun")


if __name__ == "__main__":
    main()
