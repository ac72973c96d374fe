"""Foreign parts of models: some carry something over to the next batch, some only look so."""

from dataclasses import dataclass

import torch
from torch import nn


class Cell(nn.Module):
    """LIF neurons that a subclass makes remember or forget, ``[time, batch, 3]``."""

    threshold = 0.8

    def __init__(self):
        super().__init__()
        self.v = None

    def start(self, x):
        return torch.zeros_like(x[0])

    def keep(self, v):
        pass

    def forward(self, x):
        v, spikes = self.start(x), []
        for each in x:
            v = 0.9 * v + each
            spikes.append((v >= self.threshold).to(x.dtype))
            v = v - self.threshold * spikes[-1]
        self.keep(v)
        return torch.stack(spikes)


class Carrying(Cell):
    def kept(self):
        return self.v

    def keep(self, v):
        self.v = v

    def start(self, x):
        kept = self.kept()
        return torch.zeros_like(x[0]) if kept is None else kept.mean(0).expand_as(x[0])


class Rigid(Carrying):
    """Takes no other number of samples than the first time."""

    def start(self, x):
        return torch.zeros_like(x[0]) if self.v is None else self.v


class Quiet(Carrying):
    """Carries a membrane that never reaches the threshold, so that nothing is seen of it."""

    threshold = 30.0


class Inhibited(Carrying):
    """Carries a sum of membranes, which is felt only far below 0."""

    def keep(self, v):
        self.v = v if self.v is None else v + self.v.mean(0)

    def start(self, x):
        return (super().start(x) + 30).clamp(max=0)


class Buffered(Cell):
    def __init__(self):
        super().__init__()
        self.register_buffer("membrane", torch.zeros(3))

    def start(self, x):
        return self.membrane.expand_as(x[0])

    def keep(self, v):
        self.membrane = v.mean(0)


class Listed(Quiet):
    past = ()

    def keep(self, v):
        self.past = [v]

    def kept(self):
        return self.past[0] if self.past else None


class Named(Quiet):
    def __init__(self):
        super().__init__()
        self.past = {}

    def keep(self, v):
        self.past["v"] = v

    def kept(self):
        return self.past.get("v")


@dataclass
class State:
    v: torch.Tensor | None = None


class Stated(Quiet):
    def __init__(self):
        super().__init__()
        self.state = State()

    def keep(self, v):
        self.state.v = v

    def kept(self):
        return self.state.v


class Reusing(Carrying):
    """Gives its answers in the same memory each time."""

    def __init__(self):
        super().__init__()
        self.memory = {}

    def forward(self, x):
        out = super().forward(x)
        return self.memory.setdefault(x.shape, torch.empty_like(out)).copy_(out)


class Growing(Cell):
    """Gives one answer more each time."""

    calls = 0

    def forward(self, x):
        self.calls += 1
        return [super(Growing, self).forward(x) for _ in range(self.calls)]


class Number(Cell):
    """What it carries is no tensor."""

    seen = 0.0

    def forward(self, x):
        self.seen += 0.3
        return super().forward(x + self.seen)


class Counting(Cell):
    """Counts, and keeps a running mean, which nothing reads."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.tensor(0))
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, x):
        out = super().forward(x)
        self.calls += 1
        self.mean.lerp_(out.mean((0, 1)), 0.1)
        return out


class Beginning(Cell):
    """Asks a count whether this is the first time, which it is before anything counts."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        self.calls += 1
        return super().forward(x * (2 if self.calls <= 1 else 1))


class Recording(Cell):
    """Keeps the membranes of all samples so far, which nothing reads."""

    def __init__(self):
        super().__init__()
        self.all = torch.zeros(0, 3)

    def keep(self, v):
        self.all = torch.cat([self.all, v])


class Undefined(Cell):
    """Answers what is no number."""

    def forward(self, x):
        return super().forward(x) * float("nan")


class Single(Carrying):
    """Cannot be copied, so is not tried out."""

    def __deepcopy__(self, memo):
        raise TypeError("there is one of me")


class Noisy(Cell):
    def forward(self, x):
        return super().forward(nn.functional.dropout(x + torch.rand_like(x), 0.5, True))


class Normed(Cell):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x):  # in training, one sample would be too few
        return super().forward(x + self.norm(x.mean(0)))


class Lazy(Cell):
    def __init__(self):
        super().__init__()
        self.linear = None

    def forward(self, x):
        if self.linear is None:
            self.linear = nn.Linear(x.shape[2], 3)
        return super().forward(self.linear(x) + torch.rand_like(x))


class Caching(Cell):
    """Keeps what depends on the size of a batch alone."""

    cache = None

    def forward(self, x):
        if self.cache is None or self.cache.shape != x.shape[1:]:
            self.cache = torch.ones_like(x[0])
        return super().forward(x * self.cache)
