"""What a config names under ``train.callbacks``."""

from snnrun.callbacks import CALLBACKS, CallbackSettings
from snnrun.training.watchers.watcher import Watcher


class Callback(Watcher):
    """Looks on while a network trains, as its settings say; the methods of a watcher do nothing.

    ``training`` has ``at`` (epoch and batch that are done), ``learner`` (encoder, model, rule),
    ``dataset``, ``experiment``, ``settings`` (those of ``train``) and ``run_dir``.
    """

    def __init__(self, settings: CallbackSettings) -> None:
        self.settings = settings
        self.name = f"{CALLBACKS.name_of(settings)} callback"


def made(settings: CallbackSettings) -> Callback:
    """Return the callback that settings describe."""
    callback: Callback = CALLBACKS.entry_of(settings).load()(settings)
    return callback
