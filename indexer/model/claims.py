"""What an exchange published, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chains.types import ChainId, Instrument
from indexer.model.findings import Finding


@dataclass(frozen=True, slots=True)
class InstrumentSpec:
    """One asset on one network, as config or the list's coin name resolved it.

    ``published`` is the name in the list (``USDT-ERC20``, or ``coin/network``). ``scale`` is the asset's common number
    of decimals, at least ``decimals``: totals are scaled up to it, never down. ``unsupported`` is the reason why no
    balance can be read; then chain, instrument and decimals may be unknown (None).
    """

    published: str
    asset: str
    chain: ChainId | None
    instrument: Instrument | None
    decimals: int | None
    scale: int | None
    unsupported: str | None = None


class ReserveClaim(NamedTuple):
    """One accepted line. ``instrument_no`` indexes the list's instruments."""

    line_no: int
    instrument_no: int
    height: int | None
    address: str  # canonical where the network is supported, else as published
    claimed: int | None  # base units of the instrument; None where the list gives no amount
    claimed_text: str | None  # as published, only where the decimals are unknown
    kind: str  # the list's own Type column ("Native ETH Staking"), or ""


class RejectReason(StrEnum):
    BAD_ADDRESS = "bad-address"
    BAD_AMOUNT = "bad-amount"
    BAD_HEIGHT = "bad-height"
    UNKNOWN_COIN = "unknown-coin"
    COLUMNS = "columns"
    ENCODING = "encoding"
    TOO_LONG = "too-long"


class RejectedLine(NamedTuple):
    """One refused line: never counted, never forgotten. Asset and amount are kept where they could be read."""

    line_no: int
    reason: RejectReason
    detail: str
    excerpt: str  # at most 200 printable characters of the line
    instrument_no: int | None
    claimed: int | None


@dataclass(frozen=True, slots=True)
class DeclaredTotal:
    """One row of the file's own totals block. ``amount`` is base units at the asset's (or instrument's) scale."""

    line_no: int
    published: str
    asset: str | None
    instrument_no: int | None
    amount_text: str
    amount: int | None


@dataclass(frozen=True, slots=True)
class ListSummary:
    """What a whole list came to. ``lines`` = ``accepted`` + ``rejected``; blanks, headers and totals are not lines."""

    sha256: str
    format: str
    size: int  # bytes
    lines: int
    accepted: int
    rejected: int
    instruments: tuple[InstrumentSpec, ...]
    declared: tuple[DeclaredTotal, ...]
    findings: tuple[Finding, ...]
