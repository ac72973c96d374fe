"""Every learning rule that a config can name."""

from snnrun.learning.first_spike.settings import FirstSpikeRuleSettings
from snnrun.registry import Entry

RULES: dict[str, Entry] = {
    "first_spike": Entry(
        settings=FirstSpikeRuleSettings,
        target="snnrun.learning.first_spike.rule:build",
        paper="Göltz et al., Fast and energy-efficient neuromorphic deep learning with first-spike "
        "times, Nature Machine Intelligence 3 (2021)",
        summary="exact gradients of first-spike times; silent layers are woken by weight bumping",
    ),
}
