"""The command ``snnrun``, also as ``python -m snnrun``."""

import os
import sys


def main() -> None:
    """Run the command line.

    ``python -m`` looks for modules in the working directory first, where a file that only happens
    to bear the name of a package must not run.
    """
    if not sys.flags.safe_path and sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]
    # A notebook's backend is for figures in the notebook; a command draws into files.
    os.environ["MPLBACKEND"] = "agg"
    from snnrun.cli.streams import telling
    from snnrun.core.signals import told

    with telling(), told():
        if sys.argv[1:] == ["--version"]:
            from snnrun.cli.version import version_text

            print(version_text())
            return
        from snnrun.cli.verbs import app

        app(prog_name="snnrun")


if __name__ == "__main__":
    main()
