"""What a plug-in's settings need, and how it says what it offers; see docs/extending.md.

Nothing here imports torch, so that a config is checked, and a list shown, in no time. What the
settings are built into imports its base classes from :mod:`snnrun.extending.parts`.
"""

from snnrun.callbacks import CallbackSettings as CallbackSettings
from snnrun.core.capabilities import Capability as Capability
from snnrun.core.capabilities import InputKind as InputKind
from snnrun.core.capabilities import Target as Target
from snnrun.core.capabilities import Values as Values
from snnrun.core.named import named as named
from snnrun.core.registry import Entry as Entry
from snnrun.core.registry import Settings as Settings
from snnrun.core.registry import Table as Table
from snnrun.data.augmentations.base import AugmentationSettings as AugmentationSettings
from snnrun.data.dataset import DataSettings as DataSettings
from snnrun.data.downloads import Files as Files
from snnrun.data.forms import Form as Form
from snnrun.encoders.settings import EncoderSettings as EncoderSettings
from snnrun.evaluation.measure import MeasureEntry as MeasureEntry
from snnrun.kernels.lif.surrogates import SurrogateSettings as SurrogateSettings
from snnrun.learning.correlation.signal_settings import GroupSignalSettings as GroupSignalSettings
from snnrun.learning.correlation.signal_settings import SignalSettings as SignalSettings
from snnrun.learning.optimizers import OptimSettings as OptimSettings
from snnrun.learning.schedules import FunctionSettings as FunctionSettings
from snnrun.learning.schedules import Moment as Moment
from snnrun.learning.schedules import ScheduleSettings as ScheduleSettings
from snnrun.learning.settings import Criterion as Criterion
from snnrun.learning.settings import Judged as Judged
from snnrun.learning.settings import RuleSettings as RuleSettings
from snnrun.loggers.logger import Ending as Ending
from snnrun.loggers.logger import Histogram as Histogram
from snnrun.loggers.logger import Logger as Logger
from snnrun.loggers.logger import RunInfo as RunInfo
from snnrun.loggers.settings import LoggerSettings as LoggerSettings
from snnrun.loggers.settings import RemoteLoggerSettings as RemoteLoggerSettings
from snnrun.models.feedforward.layer_settings import LayerSettings as _LayerOfFeedforward
from snnrun.models.graph.inits import InitSettings as InitSettings
from snnrun.models.graph.neurons import GroupSettings as GroupSettings
from snnrun.models.graph.rule_settings import PlasticitySettings as PlasticitySettings
from snnrun.models.graph.synapse_settings import SynapsesSettings as SynapsesSettings
from snnrun.models.graph.synapse_settings import WeightedSettings as WeightedSettings
from snnrun.models.graph.traces import TraceSettings as TraceSettings
from snnrun.models.sbs.layers import LayerSettings as LayerSettings
from snnrun.models.settings import ModelSettings as ModelSettings
from snnrun.plots import Plot as Plot
from snnrun.studies.launchers.settings import LauncherSettings as LauncherSettings

#: Of layers and norms of feed-forward networks; those of Spike-By-Spike networks: LayerSettings.
FeedforwardLayerSettings = _LayerOfFeedforward
