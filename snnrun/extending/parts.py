"""The base classes of what a plug-in builds, and what passes between them: docs/extending.md."""

from snnrun.core.batch import Batch as Batch
from snnrun.core.position import Horizon as Horizon
from snnrun.core.position import Position as Position
from snnrun.core.random import Random as Random
from snnrun.core.record import Record as Record
from snnrun.data.augmentations.base import Augmentation as Augmentation
from snnrun.data.dataset import Dataset as Dataset
from snnrun.data.source import ArraySource as ArraySource
from snnrun.data.source import Source as Source
from snnrun.encoders.encoder import Encoder as Encoder
from snnrun.evaluation.measure import Measure as Measure
from snnrun.evaluation.measure import Subject as Subject
from snnrun.learning.outcome import Outcome as Outcome
from snnrun.learning.outcome import Totals as Totals
from snnrun.learning.recorder import Recorder as Recorder
from snnrun.learning.rule import Rule as Rule
from snnrun.models.feedforward.layer import Joint as Joint
from snnrun.models.feedforward.layer import Layer as Layer
from snnrun.models.feedforward.layer import Place as Place
from snnrun.models.feedforward.layer import Shown as Shown
from snnrun.models.feedforward.layer import Stateless as Stateless
from snnrun.models.model import Model as Model
from snnrun.runs.evaluation import Evaluation as Evaluation
