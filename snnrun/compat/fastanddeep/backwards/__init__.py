"""Our experiments as configs of theirs: of the first generation if it can say it all."""

from typing import Any

from snnrun.compat.fastanddeep.backwards import common, first, second
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment


def their_config(experiment: Experiment) -> dict[str, Any]:
    """Return a config of fastAndDeep, or of DelGrad where the former cannot say it.

    Raises:
        ConfigError: with a line for everything that neither can say.
    """
    ours, problems = common.parts(experiment), list[str]()
    name, options = common.dataset(ours, problems)
    if any(first.misses(ours, options)):
        problems += second.misses(ours)
        found = second.config(ours, name, options, problems)
    else:
        found = first.config(ours, name, problems)
    if problems:
        raise ConfigError(problems)
    return found
