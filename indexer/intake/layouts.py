"""Which published format a header line announces, and where its columns are."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.intake.errors import Refused
from indexer.model.claims import RejectReason

_SIGNED = ("message", "signature1", "signature2", "redeem script")
_OKX_9 = ("network", "height", "address", "amount", *_SIGNED)
_ROWS = {
    ("coin", "address", "amount", *_SIGNED): "okx-7",
    ("coin", *_OKX_9): "okx-9",
    ("coin", *_OKX_9, "eoa1", "eoa2"): "okx-11",
    ("coin", "type", *_OKX_9, "eoa1", "eoa2"): "okx-12",
    (
        *("digitalasset", "network", "address", "signedmessage", "signedmessage2"),
        *("message", "publickey", "owner1", "owner2"),
    ): "okx-audit",
    ("coin", "address", "height", "amount", "message", "signature"): "htx",
    ("coin", "network", "address", "amount", "height", "third party custodian name"): "binance",
}
_TOTALS = (("coin", "height", "amount"), ("coin", "amount"))
_PLAIN_NEEDED = {"network", "asset", "address"}
_PLAIN_KNOWN = _PLAIN_NEEDED | {"amount", "height"}
_OWNERS = 2  # eoa1 and eoa2: published rows may end before them


@dataclass(frozen=True, slots=True)
class Layout:
    """Column positions of one format; None where it has no such column.

    ``short`` is the other width its rows may have. ``message`` is the free text after the amount. ``base_units``
    is the first generation: amounts in base units, heights in the totals block only.
    """

    name: str
    width: int
    short: int
    coin: int
    network: int | None
    kind: int | None
    address: int
    amount: int | None
    height: int | None
    message: int | None
    plain: bool = False
    base_units: bool = False
    custodian: bool = False


def split_cells(text: str) -> list[str]:
    """The cells of one line. A record is one physical line: a quote that is not closed on it refuses that line only."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        raise Refused(RejectReason.COLUMNS, "quotes do not pair on this line") from None


def row_layout(cells: Sequence[str]) -> Layout | None:
    """The layout a row header announces, or None where the line is no known one."""
    columns = _normal(cells)
    name = _ROWS.get(columns)
    if name is not None:
        short = len(columns) - _OWNERS if columns[-1] == "eoa2" else len(columns)
        return _layout(name, columns, short=short, coin=0)
    if set(columns) >= _PLAIN_NEEDED and set(columns) <= _PLAIN_KNOWN and len(set(columns)) == len(columns):
        return plain_layout(columns, name="plain-csv")
    return None


def plain_layout(columns: Sequence[str], *, name: str) -> Layout:
    """The layout of ``network, asset, address[, amount][, height]`` in any order. Raises Refused for other columns."""
    if missing := sorted(_PLAIN_NEEDED - set(columns)):
        raise Refused(RejectReason.COLUMNS, f"missing {', '.join(missing)}")
    if unknown := sorted(set(columns) - _PLAIN_KNOWN):
        raise Refused(RejectReason.COLUMNS, f"unknown key {unknown[0][:60]!r}")
    if len(set(columns)) != len(columns):
        raise Refused(RejectReason.COLUMNS, "the same key twice")
    return _layout(name, tuple(columns), short=len(columns), coin=columns.index("asset"), plain=True)


def is_totals_header(cells: Sequence[str]) -> bool:
    """Whether the line announces a totals block; spreadsheets pad it to the width of the rows below."""
    columns = list(_normal(cells))
    while columns and not columns[-1]:
        columns.pop()
    return tuple(columns) in _TOTALS


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether the line must announce columns, known or not: under an unknown header no row may be read."""
    columns = set(_normal(cells))
    return "address" in columns and not columns.isdisjoint(("coin", "asset", "digitalasset", "network"))


def _layout(name: str, columns: tuple[str, ...], *, short: int, coin: int, plain: bool = False) -> Layout:
    at = {column: index for index, column in enumerate(columns)}
    return Layout(
        name=name,
        width=len(columns),
        short=short,
        coin=coin,
        network=at.get("network"),
        kind=at.get("type", at.get("third party custodian name")),
        address=at["address"],
        amount=at.get("amount"),
        height=at.get("height"),
        message=at.get("message"),
        plain=plain,
        base_units=name == "okx-7",
        custodian=name == "binance",
    )


def _normal(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(_column(cell) for cell in cells)


def _column(cell: str) -> str:
    """Exchanges vary case, spaces and a few names from one month to the next."""
    text = " ".join(cell.replace("\ufeff", "").lower().split())
    if text.startswith("redeem script"):
        return "redeem script"
    return {"balance": "amount", "snapshot height": "height"}.get(text, text)
