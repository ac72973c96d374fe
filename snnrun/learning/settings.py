"""What the settings of every learning rule can tell without building it."""

from typing import ClassVar

from snnrun.encoders.settings import EncoderSettings
from snnrun.models.settings import ModelSettings
from snnrun.registry import Settings


class RuleSettings(Settings):
    """Settings of a learning rule; ``trains`` is the kind of networks that it can train."""

    trains: ClassVar[type[Settings]] = ModelSettings

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a network or an encoder that the rule cannot work with.

        Raises:
            ValueError: the text may begin with the key of the rule to blame.
        """
