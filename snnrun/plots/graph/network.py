"""The graph itself: groups as boxes, synapses as arrows with what they are."""

from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from snnrun.plots.style import ACCENT, GREY, INK, PAGE, new_figure, points, tint

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Place = tuple[float, float]
_ACROSS, _UP = 60.0, 36.0  # mm between the middles of groups
_GAP = 9.0  # mm between boxes at least


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
    words, edges = model.group_words(experiment.model_input), list(model.edges())
    lines = {name: [name, *own] for name, own in words.items()}
    sizes = {name: _size(own) for name, own in lines.items()}
    grid = places(model)
    where = _spread(grid, sizes, edges)
    half = {name: wide / 2 + 1 for name, (wide, _) in sizes.items()}
    left = min(x - half[name] for name, (x, _) in where.items())
    right = max(x + half[name] for name, (x, _) in where.items())
    up = [y for _, y in where.values()]
    figure = new_figure(right - left, max(up) - min(up) + 56)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(left, right)
    axes.set_ylim(min(up) - 28, max(up) + 28)
    boxes = {name: _box(axes, place, lines[name], sizes[name]) for name, place in where.items()}
    pairs = {(edge.pre, edge.post) for edge in edges}
    for edge in edges:
        far = abs(grid[edge.pre][0] - grid[edge.post][0]) > 1.5 * _ACROSS
        _arrow(axes, edge, where, boxes, far or (edge.post, edge.pre) in pairs)
    return figure


def _size(lines: list[str]) -> tuple[float, float]:
    """Return the width and height, mm, of a box around some lines."""
    return 1.22 * max(map(len, lines)) + 4, 3.2 * len(lines) + 2


def _words(edge: Any) -> list[str]:
    """Return what stands at synapses: each of their rules on a line of its own."""
    return "\n".join(edge.words()).replace(" + ", " +\n").split("\n")


def _width(edge: Any) -> float:
    """Return how wide, mm, that is."""
    return 1.14 * max(map(len, _words(edge)))


def _spread(
    grid: dict[str, Place], sizes: dict[str, tuple[float, float]], edges: list[Any]
) -> dict[str, Place]:
    """Return places with room between columns for what stands there, as far as a page has it."""
    columns = sorted({x for x, _ in grid.values()})
    wide = [
        max(sizes[name][0] for name, (x, _) in grid.items() if x == column) for column in columns
    ]
    gaps = [
        max([_GAP, *(_width(e) + 4 for e in edges if {grid[e.pre][0], grid[e.post][0]} == {a, b})])
        for a, b in pairwise(columns)
    ]
    share = min(1.0, max(0.0, PAGE - 2 - sum(wide)) / max(sum(gaps), _GAP))
    found, x = dict[float, float](), 0.0
    for column, own, gap in zip(columns, wide, [*gaps, 0.0], strict=True):
        found[column] = x + own / 2
        x += own + max(_GAP, share * gap)
    return {name: (found[x], y) for name, (x, y) in grid.items()}


def _box(axes: Axes, place: Place, lines: list[str], size: tuple[float, float]) -> FancyBboxPatch:
    """Draw a group around its middle."""
    (wide, high), (x, y) = size, place
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
    curved: bool,
) -> None:
    """Draw synapses: straight, or curved where others go the other way or a group lies between."""
    colour = ACCENT if getattr(edge.synapses, "rules", ()) else GREY
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 7, "color": colour, "lw": 0.9}
    (x, y), (to_x, to_y) = where[edge.pre], where[edge.post]
    one, other = boxes[edge.pre], boxes[edge.post]
    dx, dy = to_x - x, to_y - y
    if edge.pre == edge.post:
        top = y + one.get_height() / 2
        bend = "arc3,rad=-1.8"
        arrow = FancyArrowPatch((x - 5, top), (x + 5, top), connectionstyle=bend, **style)
        side, up = (x, top + 10), 1.0
    else:
        length = hypot(dx, dy)
        curve = 0.4 if curved else 0.0
        arrow = FancyArrowPatch(
            (x, y), (to_x, to_y), connectionstyle=f"arc3,rad={curve}",
            patchA=one, patchB=other, shrinkA=0, shrinkB=1, **style,
        )  # fmt: skip
        off = curve * length / 2 + 1.5  # the middle of an arc lies half its curvature aside
        mid = x + dx / 2
        if dx != 0 and (dy == 0 or not curve):  # in the middle of what boxes leave free
            mid += (one.get_width() - other.get_width()) / 4 * (dx / abs(dx))
        free = abs(dx) - (one.get_width() + other.get_width()) / 2
        if dy == 0 and _width(edge) > free:  # beside the boxes
            off = max(off, max(one.get_height(), other.get_height()) / 2 + 1.5)
        along = (mid - x) / dx if dx else 0.5
        side, up = (mid + dy / length * off, y + dy * along - dx / length * off), -dx
    axes.add_patch(arrow)
    level = "center" if dx == 0 and edge.pre != edge.post else "bottom" if up > 0 else "top"
    across = "center" if level != "center" else "left" if dy > 0 else "right"
    if dx and dy and not curved:  # left of a slope, where neither it nor the next column is
        level, across = "bottom" if dx * dy > 0 else "top", "right"
        side = mid - 1.5, y + dy * along
    axes.text(*side, "\n".join(_words(edge)), ha=across, va=level, fontsize=points(6), color=colour)
