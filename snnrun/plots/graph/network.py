"""The graph itself: groups as boxes, synapses as arrows with what they are."""

from math import hypot
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from snnrun.plots.style import ACCENT, GREY, INK, PAGE, new_figure, tint

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Place = tuple[float, float]
_ACROSS, _UP = 60.0, 36.0  # mm between the middles of groups


def places(model: Any) -> dict[str, Place]:
    """Return where groups lie, in mm: columns by the fewest synapses from the input on."""
    far, frontier = {model.input_name: 0}, [model.input_name]
    while frontier:
        reached = [e.post for e in model.edges() if e.pre in frontier and e.post not in far]
        frontier = list(dict.fromkeys(reached))
        far |= {name: 1 + max(far.values()) for name in frontier}
    far |= {name: 0 for name in model.neurons if name not in far}
    columns: dict[int, list[str]] = {}
    for name in model.neurons:
        columns.setdefault(far[name], []).append(name)
    return {
        name: (_ACROSS * column, _UP * ((len(names) - 1) / 2 - row))
        for column, names in columns.items()
        for row, name in enumerate(names)
    }


def draw(evaluation: "Evaluation") -> Figure:
    """Return the drawing: synapses that learn are coloured, those that stay are grey."""
    experiment = evaluation.experiment
    model: Any = experiment.model
    words, where = model.group_words(experiment.model_input), places(model)
    across, up = zip(*where.values(), strict=True)
    width, height = max(across) - min(across) + 52, max(up) - min(up) + 56
    scale = min(1.0, PAGE / width)
    figure = new_figure(width * scale, height * scale)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(min(across) - 26, max(across) + 26)
    axes.set_ylim(min(up) - 28, max(up) + 28)
    boxes = {name: _box(axes, place, [name, *words[name]], scale) for name, place in where.items()}
    pairs = {(edge.pre, edge.post) for edge in model.edges()}
    for edge in model.edges():
        _arrow(axes, edge, where, boxes, (edge.post, edge.pre) in pairs)
    return figure


def _box(axes: Axes, place: Place, lines: list[str], scale: float) -> FancyBboxPatch:
    """Draw a group around its middle; text keeps its size where the drawing is scaled down."""
    wide, high = (1.22 * max(map(len, lines)) + 4) / scale, (3.2 * len(lines) + 2) / scale
    x, y = place
    style: dict[str, Any] = {"fc": tint(ACCENT, 0.12), "ec": INK, "lw": 0.6, "zorder": 2}
    corner = x - wide / 2, y - high / 2
    box = FancyBboxPatch(corner, wide, high, boxstyle="round,pad=0,rounding_size=1.5", **style)
    axes.add_patch(box)
    axes.text(x, y, "\n".join(lines), ha="center", va="center", zorder=3)
    return box


def _arrow(
    axes: Axes,
    edge: Any,
    where: dict[str, Place],
    boxes: dict[str, FancyBboxPatch],
    both: bool,
) -> None:
    """Draw synapses: straight, or curved where others go the other way or a group lies between."""
    colour = ACCENT if getattr(edge.synapses, "rules", ()) else GREY
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 7, "color": colour, "lw": 0.9}
    (x, y), (to_x, to_y) = where[edge.pre], where[edge.post]
    dx, dy = to_x - x, to_y - y
    if edge.pre == edge.post:
        top = y + boxes[edge.pre].get_height() / 2
        bend = "arc3,rad=-1.8"
        arrow = FancyArrowPatch((x - 5, top), (x + 5, top), connectionstyle=bend, **style)
        side, up = (x, top + 10), 1.0
    else:
        length = hypot(dx, dy)
        curve = 0.4 if both or length > 1.5 * _ACROSS else 0.0
        arrow = FancyArrowPatch(
            (x, y), (to_x, to_y), connectionstyle=f"arc3,rad={curve}",
            patchA=boxes[edge.pre], patchB=boxes[edge.post], shrinkA=0, shrinkB=1, **style,
        )  # fmt: skip
        off = curve * length / 2 + 1.5  # the middle of an arc lies half its curvature aside
        mid = x + dx / 2
        if dy == 0:  # in the middle of what boxes leave free
            mid += (boxes[edge.pre].get_width() - boxes[edge.post].get_width()) / 4 * (dx / length)
        side, up = (mid + dy / length * off, y + dy / 2 - dx / length * off), -dx
    axes.add_patch(arrow)
    level = "center" if dx == 0 and edge.pre != edge.post else "bottom" if up > 0 else "top"
    across = "center" if level != "center" else "left" if dy > 0 else "right"
    text = "\n".join(edge.words())
    axes.text(*side, text, ha=across, va=level, fontsize=6, color=colour)
