"""What the signatures of a whole list came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chains.ownership.types import Verdict

CONSTANT_MESSAGE = (
    "A signature over a message that never changes proves that the key has signed it once. It does not prove when: the "
    "key may since be lost, sold or shared. Only a message that could not be known before the snapshot would."
)


class NotOwned(NamedTuple):
    """One row that is not simply owned. ``verdict`` is None for a line that could not be read as a row."""

    line_no: int
    coin: str
    network: str
    address: str
    verdict: Verdict | None
    reason: str


class Share(NamedTuple):
    """Rows of one verdict and asset. ``amount`` is base units at the asset's scale, over the rows that have one."""

    rows: int
    rows_without_amount: int
    amount: int

    def plus(self, other: Share) -> Share:
        rows, without = self.rows + other.rows, self.rows_without_amount + other.rows_without_amount
        return Share(rows, without, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class OwnershipReport:
    """``rows`` = the sum of all verdicts; ``refused`` lines could not be read as rows and have none.

    ``schemes``: (scheme, verdict) -> rows. ``assets``: (asset, verdict) -> share; ``scales``: asset -> decimals.
    ``messages``: the first few different ones. ``not_owned``: the first rows of each verdict, by line.
    """

    list_name: str
    sha256: str
    rows: int
    refused: int
    schemes: dict[tuple[str, Verdict], int]
    assets: dict[tuple[str, Verdict], Share]
    scales: dict[str, int]
    messages: tuple[str, ...]
    not_owned: tuple[NotOwned, ...]

    def count(self, *verdicts: Verdict) -> int:
        return sum(rows for (_, verdict), rows in self.schemes.items() if verdict in verdicts)

    @property
    def unlisted(self) -> int:
        """How many rows and lines that are not owned are not in ``not_owned``."""
        return self.rows + self.refused - self.count(Verdict.OWNED) - len(self.not_owned)
