"""What can go wrong, one class for each exit code of the command line.

====  ===========================================================
code  meaning
====  ===========================================================
0     done
1     unexpected error: a defect of snnrun
2     wrong usage or wrong config
3     data, checkpoint, run folder or disk
4     training diverged
5     memory ran out
75    stopped by SIGTERM, SIGUSR1 or a time limit, after saving
130   stopped by Ctrl-C, after saving
====  ===========================================================
"""

from collections.abc import Iterable
from typing import ClassVar

from snnrun.core.paths import cut

#: Characters of what is said of one thing.
LONGEST = 3000


def printable(text: str) -> str:
    r"""Return a text that a person can be shown, for it may quote any file.

    Nothing in it moves a terminal's cursor, and if it is very long, it lacks its middle.

    Example:
        >>> print(printable("no key called \x1b[2Jseed"))
        no key called \x1b[2Jseed
    """
    short = cut(text, LONGEST)
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in short)


class SnnrunError(Exception):
    """An error that a user can act on; its text is all that is printed."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


class ConfigError(SnnrunError):
    """One or more mistakes in a config, found before anything ran.

    Args:
        problems: a line on each.
        more: how many more there are.
    """

    exit_code = 2

    def __init__(self, problems: str | Iterable[str], more: int = 0) -> None:
        given = (problems,) if isinstance(problems, str) else problems
        self.problems = tuple(map(printable, given))
        self.more = more
        Exception.__init__(self, "\n".join(self.problems))


class PluginError(ConfigError):
    """A plug-in that is absent, damaged, or not to be trusted."""


class NoPluginError(PluginError):
    """There is no module of the name of a plug-in."""


class DataError(SnnrunError):
    """Data, a checkpoint or a run folder that is absent, damaged or cannot be written."""

    exit_code = 3


class NoDataError(DataError):
    """The samples of a data set are absent or damaged."""


class DivergedError(SnnrunError):
    """The loss or a weight is no longer a number."""

    exit_code = 4


class OutOfMemoryError(SnnrunError):
    """There is less memory than the batches of a run take."""

    exit_code = 5


def ran_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error of torch, numpy or the compiled kernels says that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    signs = ("can't allocate memory", "not enough memory", "bad_alloc", "out of memory")
    return isinstance(error, RuntimeError) and any(sign in text for sign in signs)


class Interrupted(SnnrunError):
    """A run was stopped from outside and has been saved; it can be continued."""

    TERMINATED: ClassVar[int] = 75
    KEYBOARD: ClassVar[int] = 130

    def __init__(self, message: str, code: int, reason: str = "") -> None:
        self.code, self.reason = code, reason or message
        super().__init__(message)


class SnnrunWarning(UserWarning):
    """Something that a user should know, said in one line while the work goes on."""

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


class PluginWarning(SnnrunWarning):
    """A plug-in that cannot be used is left out."""


class WatcherWarning(SnnrunWarning):
    """Something that only shows how training goes has failed and is left out from here on."""


class DivergenceWarning(SnnrunWarning):
    """An update of the weights went wrong; training goes on without it."""


class ActivityWarning(SnnrunWarning):
    """A layer is so silent, or so busy, that it cannot learn."""


class GivenWarning(SnnrunWarning):
    """Samples that somebody gave to a network are perhaps not what they were meant to be."""


class SpeedWarning(SnnrunWarning):
    """The same would be done in less time in another way."""
