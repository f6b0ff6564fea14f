"""A section of the report as data: one table and what must be said beside it, for every rendering to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from indexer.model.result import Coverage, Total


class Words(NamedTuple):
    """``tone`` is good, bad, open (what weakens a conclusion), soft, strong or ''."""

    text: str
    tone: str = ""


class Code(NamedTuple):
    """A hash, an address, a token: to be compared and copied. ``may_shorten`` where a terminal has the ends only."""

    text: str
    may_shorten: bool = False


class Amount(NamedTuple):
    value: int | None
    scale: int | None


class Observed(NamedTuple):
    """What was read of a total: a sum, or an interval with the word for it."""

    total: Total


class Rows(NamedTuple):
    """How many rows a total rests on."""

    coverage: Coverage


Cell: TypeAlias = str | int | Words | Code | Amount | Observed | Rows


@dataclass(frozen=True, slots=True)
class Section:
    """``notes`` stand under the title, before the table."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def compact(self) -> Section:
        """Without the columns in which nothing is said."""
        kept = [at for at in range(len(self.columns)) if any(not _is_empty(row[at]) for row in self.rows)]
        return replace(
            self, columns=[self.columns[at] for at in kept], rows=[[row[at] for at in kept] for row in self.rows]
        )

    def numeric(self) -> frozenset[int]:
        """The columns that hold nothing but figures."""
        figures = int | Amount | Observed
        return frozenset(
            at
            for at in range(len(self.columns))
            if self.rows and all(isinstance(row[at], figures) or _is_empty(row[at]) for row in self.rows)
        )


def _is_empty(cell: Cell) -> bool:
    return cell == "" or (isinstance(cell, Words | Code) and not cell.text)
