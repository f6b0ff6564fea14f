"""What an exchange says it owes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from indexer.model.findings import Finding


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the totals were committed to. ``root`` as published; '' and scheme 'none' where there is no commitment."""

    scheme: str
    root: str


@dataclass(frozen=True, slots=True)
class Liability:
    """One asset's total. ``amount`` and ``attested`` are base units at the asset's scale.

    ``attested`` is held by third-party custodians: stated on paper, never read on a chain.
    """

    asset: str
    scale: int
    amount: int
    attested: int
    custodian: str = ""


@dataclass(frozen=True, slots=True)
class LiabilityStatement:
    sha256: str
    as_of: datetime | None
    commitment: Commitment
    liabilities: tuple[Liability, ...]
    findings: tuple[Finding, ...]
