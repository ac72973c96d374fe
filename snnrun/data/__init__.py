"""Every data set that an experiment can name.

A new one is a file with a settings class and ``load(settings) -> Dataset``, and a line here.
"""

from snnrun.core.registry import Entry, Table
from snnrun.data.dataset import Dataset, DataSettings
from snnrun.data.sets.arrays import ArraysSettings
from snnrun.data.sets.cifar import Cifar10Settings, Cifar100Settings
from snnrun.data.sets.cifar10_dvs import Cifar10DvsSettings
from snnrun.data.sets.csv import CsvSettings
from snnrun.data.sets.digits import DigitsSettings
from snnrun.data.sets.dvs128_gesture import Dvs128GestureSettings
from snnrun.data.sets.environments import GymnasiumSettings
from snnrun.data.sets.heidelberg import ShdSettings, SscSettings
from snnrun.data.sets.image_folder import ImageFolderSettings
from snnrun.data.sets.logic import LogicSettings
from snnrun.data.sets.mnist import FashionMnistSettings, MnistSettings
from snnrun.data.sets.n_mnist import NMnistSettings
from snnrun.data.sets.pattern import PatternSettings
from snnrun.data.sets.pattern_storage import PatternStorageSettings
from snnrun.data.sets.toy import BarsSettings, XorSettings
from snnrun.data.sets.yin_yang import YinYangSettings

__all__ = ["DATASETS", "DataSettings", "Dataset", "load_dataset"]

DATASETS: Table[Entry] = Table(
    "data set",
    "snnrun.datasets",
    {
        "yin_yang": Entry(
            YinYangSettings,
            "snnrun.data.sets.yin_yang:load",
            "Kriener, Göltz, Petrovici, arXiv:2102.08211",
            "points of the plane in the yin, the yang or a dot",
        ),
        "digits": Entry(
            DigitsSettings,
            "snnrun.data.sets.digits:load",
            "scikit-learn",
            "1797 handwritten digits of 8x8 pixels; needs no download",
        ),
        "mnist": Entry(
            MnistSettings,
            "snnrun.data.sets.mnist:load_mnist",
            "LeCun, Cortes, Burges, the MNIST database",
            "70,000 handwritten digits of 28x28 or 16x16 pixels",
        ),
        "fashion_mnist": Entry(
            FashionMnistSettings,
            "snnrun.data.sets.mnist:load_fashion_mnist",
            "Xiao, Rasul, Vollgraf, arXiv:1708.07747",
            "70,000 pictures of clothes, in the format of MNIST",
        ),
        "cifar10": Entry(
            Cifar10Settings,
            "snnrun.data.sets.cifar:load_cifar10",
            "Krizhevsky 2009",
            "60,000 colour pictures of 32x32 pixels: animals and vehicles, ten classes",
        ),
        "cifar100": Entry(
            Cifar100Settings,
            "snnrun.data.sets.cifar:load_cifar100",
            "Krizhevsky 2009",
            "60,000 colour pictures of 32x32 pixels in a hundred classes",
        ),
        "n_mnist": Entry(
            NMnistSettings,
            "snnrun.data.sets.n_mnist:load",
            "Orchard et al. 2015",
            "MNIST before an event camera of 34x34 pixels, as frames",
        ),
        "cifar10_dvs": Entry(
            Cifar10DvsSettings,
            "snnrun.data.sets.cifar10_dvs:load",
            "Li et al. 2017",
            "10,000 images of CIFAR-10 before an event camera of 128x128 pixels, as frames",
        ),
        "dvs128_gesture": Entry(
            Dvs128GestureSettings,
            "snnrun.data.sets.dvs128_gesture:load",
            "Amir et al. 2017",
            "eleven gestures before an event camera of 128x128 pixels, as frames",
        ),
        "shd": Entry(
            ShdSettings,
            "snnrun.data.sets.heidelberg:load_shd",
            "Cramer et al., arXiv:1910.07407",
            "10,420 spoken digits as spikes of 700 channels; needs h5py",
        ),
        "ssc": Entry(
            SscSettings,
            "snnrun.data.sets.heidelberg:load_ssc",
            "Cramer et al., arXiv:1910.07407",
            "105,829 spoken commands as spikes of 700 channels; needs h5py",
        ),
        "arrays": Entry(
            ArraysSettings,
            "snnrun.data.sets.arrays:load",
            "",
            "any arrays in .npy or .npz files, with or without time; classes or numbers",
        ),
        "image_folder": Entry(
            ImageFolderSettings,
            "snnrun.data.sets.image_folder:load",
            "",
            "any pictures in one folder a class, read when they are wanted",
        ),
        "csv": Entry(
            CsvSettings,
            "snnrun.data.sets.csv:load",
            "",
            "any table of numbers with a column of classes",
        ),
        "xor": Entry(
            XorSettings,
            "snnrun.data.sets.toy:load_xor",
            "as in JulianGoeltz/fastAndDeep",
            "the four points of the exclusive or",
        ),
        "logic": Entry(
            LogicSettings,
            "snnrun.data.sets.logic:load",
            "",
            "AND, OR or XOR of two bits",
        ),
        "bars": Entry(
            BarsSettings,
            "snnrun.data.sets.toy:load_bars",
            "as in JulianGoeltz/fastAndDeep",
            "horizontal, vertical and diagonal bars of 3x3 pixels",
        ),
        "gymnasium": Entry(
            GymnasiumSettings,
            "snnrun.data.sets.environments:load",
            "Towers et al., arXiv:2407.17032",
            "episodes in an environment of gymnasium, such as CartPole; needs gymnasium",
        ),
        "pattern": Entry(
            PatternSettings,
            "snnrun.data.sets.pattern:load",
            "after JulianGoeltz/fastAndDeep",
            "noisy copies of given vectors, and pure noise",
        ),
        "pattern_storage": Entry(
            PatternStorageSettings,
            "snnrun.data.sets.pattern_storage:load",
            "as in davrot/pytorch-sbs",
            "images in numpy files, as pytorch-sbs keeps them",
        ),
    },
    DataSettings,
    elsewhere={
        "and": "logic with operation: and",
        "or": "logic with operation: or",
        "xor": "logic with operation: xor, or xor with a, b, 0, 1 for first spikes",
        "boolean": "logic",
    },
)


def load_dataset(settings: DataSettings) -> Dataset:
    """Load the data set that ``settings`` describe.

    Raises:
        DataError: if its files are absent or damaged.

    Example:
        >>> data = load_dataset(XorSettings())
        >>> data.train.shape, data.classes
        ((4,), ('equal', 'different'))
    """
    dataset: Dataset = DATASETS.entry_of(settings).load()(settings)
    return dataset
