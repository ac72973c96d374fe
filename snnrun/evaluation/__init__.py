"""Trained networks at work: what there is to measure, kept in the run folder for figures."""

from snnrun.core.registry import Table
from snnrun.evaluation.measure import MeasureEntry

MEASURES: Table[MeasureEntry] = Table(
    "measure",
    "snnrun.measures",
    {
        "answers": MeasureEntry(
            "snnrun.evaluation.measures.answers:Answers",
            "labels, predictions and scores, and how often each class was taken for which",
        ),
    },
    holds=MeasureEntry,
)
