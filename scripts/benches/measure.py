"""Interleaved rounds, medians, and a figure that never stands without its floor."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

Better = Literal["higher", "lower"]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure. ``ratio`` is value / floor; ``goal`` bounds one of the two (see `figure`)."""

    bench: str
    figure: str
    unit: str
    value: float
    floor: float
    ratio: float
    goal: float | None
    met: bool | None


def figure(
    bench: str,
    name: str,
    *,
    unit: str,
    value: float,
    floor: float,
    goal: float | None = None,
    judged: Literal["ratio", "value"] = "value",
    better: Better = "higher",
) -> Figure:
    ratio = value / floor
    met = None
    if goal is not None:
        subject = ratio if judged == "ratio" else value
        met = subject >= goal if better == "higher" else subject <= goal
    return Figure(
        bench=bench,
        figure=name,
        unit=unit,
        value=round(value, 4),
        floor=round(floor, 4),
        ratio=round(ratio, 4),
        goal=goal,
        met=met,
    )


def interleaved(subjects: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, float]:
    """Median of each subject's own measurements, taken turn by turn so that noise falls on all of them alike."""
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, measure in subjects.items():
            measured[name].append(measure())
    return {name: statistics.median(values) for name, values in measured.items()}


def said_by(*arguments: str, **environment: str) -> dict[str, float]:
    """One measurement in a Python process of its own, so that its peak memory is its own: the figures it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr.strip().splitlines()[-1]}")
    said: dict[str, float] = json.loads(done.stdout)
    return said
