"""What the settings of every learning rule can tell without building it."""

from typing import ClassVar

from snnrun.core.registry import Settings
from snnrun.encoders.settings import EncoderSettings
from snnrun.models.settings import ModelSettings


class RuleSettings(Settings):
    """Settings of a learning rule.

    trains: the kind of networks that it can train.
    accumulates: whether the gradients of several batches may gather before an update.
    """

    trains: ClassVar[type[Settings]] = ModelSettings
    accumulates: ClassVar[bool] = False

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a network or an encoder that the rule cannot work with.

        Raises:
            ValueError: the text may begin with the key of the rule to blame.
        """
