"""What an exchange says it owes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from indexer.model.findings import Finding


class Source(StrEnum):
    """To whom it is owed. A total over several sources is never shown without its parts."""

    CUSTOMER = "customer"
    INSURANCE_FUND = "insurance-fund"
    MARGIN = "margin"


SOURCES = tuple(Source)


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the totals were committed to. ``root`` as published; '' and scheme 'none' where there is no commitment.

    ``covers`` are the sources that are under the root: what its totals must be equal to.
    """

    scheme: str
    root: str
    covers: tuple[Source, ...] = SOURCES


@dataclass(frozen=True, slots=True)
class Liability:
    """One asset's total of one source. ``amount`` and ``attested`` are base units at the asset's scale.

    ``attested`` is held by third-party custodians, so it stands on the side of the assets: stated on paper, never read
    on a chain.
    """

    asset: str
    scale: int
    amount: int
    attested: int
    custodian: str = ""
    source: Source = Source.CUSTOMER


@dataclass(frozen=True, slots=True)
class LiabilityStatement:
    """``liabilities`` is empty where the statement leaves the totals to its commitment."""

    sha256: str
    as_of: datetime | None
    commitment: Commitment
    liabilities: tuple[Liability, ...]
    findings: tuple[Finding, ...]
