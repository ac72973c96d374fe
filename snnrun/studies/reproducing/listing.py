"""What there is to train again, as text: papers, their tables, how long they take."""

from collections.abc import Iterator
from pathlib import Path

from snnrun.core.aligning import aligned
from snnrun.studies.plan import point_text
from snnrun.studies.reproducing.papers import Paper
from snnrun.studies.reproducing.running import Reproduction, Task
from snnrun.studies.reproducing.writing import theirs_text


def papers_text(papers: list[Paper], results: Path) -> str:
    """Return papers with their tables, and what of them cannot be trained here."""
    return "\n\n".join("\n".join(_paper(paper, results)) for paper in papers)


def _paper(paper: Paper, results: Path) -> Iterator[str]:
    yield f"{paper.name}: {paper.facts.cited()}"
    tasks = Reproduction.of(paper, (), results).tasks
    yield from aligned([f"  {task.name}", task.told().size, task.result.what] for task in tasks)
    for each in paper.facts.absent:
        yield f"  not here: {each.what}: {each.why}"


def dry_text(reproduction: Reproduction) -> str:
    """Return what would be trained, and with what it would be compared."""
    return "\n\n".join("\n".join(_task(task, reproduction.paper)) for task in reproduction.wanted)


def _task(task: Task, paper: Paper) -> Iterator[str]:
    yield f"{task.name}: {task.result.what}"
    yield f"  sweep    {paper.folder / task.name}.yaml"
    yield f"  folder   {task.folder}: {len(task.rows())} of {task.runs} runs are done"
    yield f"  takes    {task.told().size}, for all of them, on one core"
    if task.result.shortened:
        yield f"  shorter  {task.result.shortened}"
    for line in task.told().lines:
        theirs = theirs_text(line.theirs) if line.theirs else "nothing that is known"
        yield f"  {point_text(line.point) or 'its one point'}: beside {theirs}"
