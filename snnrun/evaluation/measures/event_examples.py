"""All spikes of one sample of each class, of networks whose spikes are lists."""

import numpy as np

from snnrun.core.events import Events
from snnrun.evaluation.measure import ROOM, Arrays
from snnrun.evaluation.measures.examples import Example, Examples
from snnrun.models.graph.settings import GraphSettings


class EventExamples(Examples):
    """Keeps, of one sample of each of five classes at most,

    numbers, labels, predictions: int64 ``[examples]``; -1 = no class.

    and of each group, the input first, whose numbers of neurons are ``sizes [groups]``,

    ``<group>/steps``, ``<group>/places``: int32, when which neuron spikes.
    ``<group>/starts``: int64 ``[examples + 1]``, where the spikes of each begin.
    """

    most = 5

    def arrays(self) -> Arrays:
        """Return them, of as many examples as there is room for."""
        shown: list[tuple[Example, dict[str, Events]]] = []
        used, model = 0, self.subject.experiment.model
        assert isinstance(model, GraphSettings)
        for example in self.chosen():
            batch, record = self.show(example)
            given = batch.inputs if isinstance(batch.inputs, Events) else Events.of(batch.inputs)
            events = {model.input_name: given, **record.events}
            used += sum(8 * len(each.places) for each in events.values())
            if shown and used > ROOM:
                break
            shown.append((example, events))
        found: Arrays = {
            name: np.array([getattr(example, name[:-1]) for example, _ in shown], np.int64)
            for name in ("numbers", "labels", "predictions")
        }
        for name in shown[0][1] if shown else ():
            found |= _lists(name, [events[name] for _, events in shown])
        if shown:
            found["sizes"] = np.array([each.size for each in shown[0][1].values()], np.int64)
            found["steps"] = np.array(next(iter(shown[0][1].values())).steps)
        return found


def _lists(name: str, every: list[Events]) -> Arrays:
    """Return the spikes of a group in samples, each alone in its lists."""
    steps, places = [], []
    for each in every:
        counts = each.starts[0].diff().numpy()
        first = int(each.starts[0, 0])
        steps.append(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
        places.append(each.places[first : first + len(steps[-1])].numpy())
    return {
        f"{name}/steps": np.concatenate(steps),
        f"{name}/places": np.concatenate(places),
        f"{name}/starts": np.cumsum([0, *map(len, steps)]),
    }
