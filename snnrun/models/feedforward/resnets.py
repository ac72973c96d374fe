"""Residual networks of spiking neurons. Settings only.

With c a convolution without bias, n a norm and s LIF neurons, a network and its blocks are

    sew      c n s, blocks         c n s c n s,  combined with the input, or its c n s
    ms A     c n, blocks, s        s c n s c n,  plus the input, or its s c n
    ms B     c, blocks, n s        n s c n s c,  plus the input, or its n s c
    ms C     c n s, blocks         c n s c n,    plus the input, or its c n; then s

The second form of the input is for blocks that change its shape. Bottlenecks have three
convolutions, 1x1, 3x3 and 1x1, in place of the two of 3x3.

sew: Fang et al., Deep residual learning in spiking neural networks, NeurIPS (2021)
ms: Hu et al., Advancing spiking neural networks toward deep residual learning, IEEE TNNLS (2024)
"""

from abc import abstractmethod
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from snnrun.core.named import named
from snnrun.models.feedforward.layer_settings import Layers, LayerSettings
from snnrun.models.feedforward.layers import LifSettings, ResidualSettings
from snnrun.models.feedforward.norms import NORMS, BatchNormSettings
from snnrun.models.feedforward.settings import NetworkSettings
from snnrun.models.feedforward.shaping import AdaptiveAvgPoolSettings, MaxPoolSettings
from snnrun.models.feedforward.weights import ConvSettings
from snnrun.models.window import square

Size = Literal[
    18, 34, 50, 101, 152, "wide50", "wide101",
    "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
]  # fmt: skip


class Plan(NamedTuple):
    """What a size means.

    blocks: of each of the four stages.
    expansion: output channels of a block, of 1; more than 1 of bottlenecks.
    groups: of their 3x3 convolution.
    spread: how much wider that is, and the number of its groups, than the 1 of a plain one.
    """

    blocks: tuple[int, int, int, int]
    expansion: int = 4
    groups: int = 1
    spread: float = 1.0


_50, _101 = (3, 4, 6, 3), (3, 4, 23, 3)
PLANS: dict[Size, Plan] = {
    18: Plan((2, 2, 2, 2), expansion=1),
    34: Plan(_50, expansion=1),
    50: Plan(_50),
    101: Plan(_101),
    152: Plan((3, 8, 36, 3)),
    "wide50": Plan(_50, spread=2.0),
    "wide101": Plan(_101, spread=2.0),
    "resnext50_32x4d": Plan(_50, groups=32, spread=2.0),
    "resnext101_32x8d": Plan(_101, groups=32, spread=4.0),
    "resnext101_64x4d": Plan(_101, groups=64, spread=4.0),
}


class ResnetSettings(NetworkSettings):
    """Which of them, and how it begins."""

    size: Annotated[Size, Field(description="layers with weights, or the name of a wider one")] = 18
    stem: Annotated[
        Literal["classic", "small"],
        Field(
            description="classic: 7x7 with stride 2 and a max pool, for large images; small: 3x3, "
            "for images such as those of CIFAR-10"
        ),
    ] = "small"
    width: Annotated[int, Field(ge=1, description="channels of the first stage")] = 64
    norm: Annotated[
        Annotated[LayerSettings, named(NORMS, "batch_norm")] | None,
        Field(description="beside each convolution; null: nothing"),
    ] = BatchNormSettings()

    @property
    def norms(self) -> Layers:
        """The norm, if there is one."""
        return (self.norm,) if self.norm else ()

    @property
    def plan(self) -> Plan:
        """What the size means."""
        return PLANS[self.size]

    def stack(self) -> Layers:
        """Return the layers."""
        layers, channels = [*self.begin()], self.width
        for stage, number in enumerate(self.plan.blocks):
            for index in range(number):
                inner = self.width * 2**stage
                stride = 2 if stage and not index else 1
                after = inner * self.plan.expansion
                layers += self.block(inner, stride, stride != 1 or channels != after)
                channels = after
        return (*layers, *self.end(), AdaptiveAvgPoolSettings())

    def begin(self) -> Layers:
        """Return the stem."""
        if self.stem == "small":
            return (self.conv(self.width, 3), *self.after_stem())
        pool = MaxPoolSettings(kernel=square(3), stride=square(2), padding=square(1))
        return (self.conv(self.width, 7, 2), *self.after_stem(), pool)

    @abstractmethod
    def after_stem(self) -> Layers:
        """Return what follows the first convolution."""

    @abstractmethod
    def block(self, inner: int, stride: int, changes: bool) -> Layers:
        """Return a block.

        Args:
            inner: its channels, before they expand.
            stride: of its 3x3 convolution, or the first of two.
            changes: whether its output is of another shape than its input.
        """

    def end(self) -> Layers:
        """Return what follows the last block."""
        return ()

    def convolutions(self, inner: int, stride: int) -> list[ConvSettings]:
        """Return those of a body."""
        plan = self.plan
        if plan.expansion == 1:
            return [self.conv(inner, 3, stride), self.conv(inner, 3)]
        wide = int(inner * plan.spread)
        return [
            self.conv(wide, 1),
            self.conv(wide, 3, stride, plan.groups),
            self.conv(inner * plan.expansion, 1),
        ]

    def conv(self, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> ConvSettings:
        """Return a convolution without bias that keeps the size of the image but for its stride."""
        return ConvSettings(
            channels=channels,
            kernel=square(kernel),
            stride=square(stride),
            padding=square(kernel // 2),
            groups=groups,
            bias=False,
            init="kaiming",
        )

    def around(self, inner: int, stride: int) -> ConvSettings:
        """Return the convolution of a shortcut."""
        return self.conv(inner * self.plan.expansion, 1, stride)


class SewResnetSettings(ResnetSettings):
    """Which of them, and how spikes are combined."""

    combine: Annotated[
        Literal["add", "and", "iand"],
        Field(description="spikes of body and shortcut: a + b, a * b, or (1 - a) * b"),
    ] = "add"

    def after_stem(self) -> Layers:
        """Return norm and neurons."""
        return (*self.norms, LifSettings())

    def block(self, inner: int, stride: int, changes: bool) -> Layers:
        """Return a block whose body and shortcut end in neurons."""
        after = self.after_stem()
        body = [each for conv in self.convolutions(inner, stride) for each in (conv, *after)]
        shortcut = (self.around(inner, stride), *after) if changes else ()
        return (ResidualSettings(body=tuple(body), shortcut=shortcut, combine=self.combine),)


class MsResnetSettings(ResnetSettings):
    """Which of them, and in which order a block has its layers."""

    order: Annotated[
        Literal["A", "B", "C"],
        Field(
            description="of neurons s, convolution c and norm n, after which the input is added: "
            "A: s c n; B: n s c; C: c n, with neurons between and behind the sum"
        ),
    ] = "A"

    def after_stem(self) -> Layers:
        """Return the norm, and of C the neurons too; of B nothing, whose blocks begin so."""
        after: dict[str, Layers] = {"A": self.norms, "C": (*self.norms, LifSettings())}
        return after.get(self.order, ())

    def block(self, inner: int, stride: int, changes: bool) -> Layers:
        """Return a block, and of C the neurons behind it."""
        body = [self.unit(conv) for conv in self.convolutions(inner, stride)]
        shortcut = self.unit(self.around(inner, stride)) if changes else ()
        if self.order == "C":
            body = [(LifSettings(),) * bool(index) + each for index, each in enumerate(body)]
        layers = tuple(layer for unit in body for layer in unit)
        residual = ResidualSettings(body=layers, shortcut=shortcut)
        return (residual, LifSettings()) if self.order == "C" else (residual,)

    def unit(self, conv: ConvSettings) -> Layers:
        """Return a convolution with what stands beside it."""
        orders = {
            "A": (LifSettings(), conv, *self.norms),
            "B": (*self.norms, LifSettings(), conv),
            "C": (conv, *self.norms),
        }
        return orders[self.order]

    def end(self) -> Layers:
        """Return the neurons behind the last sum, where there are none yet."""
        return {"A": (LifSettings(),), "B": (*self.norms, LifSettings())}.get(self.order, ())
