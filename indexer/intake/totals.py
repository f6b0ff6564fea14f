"""The totals block of a list: heights for the first generation, and the control totals of all."""

from __future__ import annotations

import re
from typing import NamedTuple

from indexer.core.amounts import BadAmount, parse_amount
from indexer.core.names import Names, UnknownName
from indexer.intake.errors import Refused
from indexer.intake.findings import Findings
from indexer.intake.instruments import Instruments, coin_key
from indexer.intake.lines import excerpt
from indexer.model.claims import DeclaredTotal, RejectReason
from indexer.model.findings import Severity

TOTALS_MAX = 10_000
_ALL = re.compile(r"(?P<asset>.+?)\s*\(\s*all\s*\)", re.IGNORECASE)
_CONFLICT = "conflicting heights in the totals block"


class TotalRow(NamedTuple):
    line_no: int
    published: str
    height: str
    amount: str


class Heights:
    """Published height per coin, as text; only the first generation of lists needs it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._of: dict[str, str] = {}

    def add(self, coin: str, height: str) -> None:
        known = self._of.setdefault(coin_key(coin), height.strip())
        if known != height.strip():
            self._of[coin_key(coin)] = _CONFLICT

    def of(self, coin: str) -> str:
        height = self._of.get(coin)
        if height is None:
            detail = f"the totals block has no height for {excerpt(coin)!r}"
            self._findings.add(Severity.WARNING, "no-height", detail)
            return "-"
        return height


class Totals:
    """Collects the rows of totals blocks; what they stand for is known once the whole list was read."""

    def __init__(self, heights: Heights) -> None:
        self._rows: list[TotalRow] = []
        self._heights = heights

    def add(self, line_no: int, cells: list[str], width: int) -> None:
        """``coin[, height], amount``. Raises Refused."""
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]  # spreadsheets pad short rows
        if len(cells) != width:
            raise Refused(RejectReason.COLUMNS, f"{len(cells)} columns in a totals block of {width}")
        if len(self._rows) >= TOTALS_MAX:
            raise Refused(RejectReason.COLUMNS, f"more than {TOTALS_MAX} totals")
        height = cells[1] if width == 3 else ""
        self._rows.append(TotalRow(line_no, excerpt(cells[0].strip()), excerpt(height), excerpt(cells[-1].strip())))
        self._heights.add(cells[0], height)

    def declared(self, instruments: Instruments, names: Names, findings: Findings) -> tuple[DeclaredTotal, ...]:
        """What each row declares. A total that cannot be compared has no amount, and a finding says why."""
        return tuple(_declared(row, instruments, names, findings) for row in self._rows)


def _declared(row: TotalRow, instruments: Instruments, names: Names, findings: Findings) -> DeclaredTotal:
    asset: str | None = None
    number: int | None = None
    amount: int | None = None
    try:
        asset, number, decimals = _meaning(row.published, instruments, names)
        parsed = parse_amount(row.amount, decimals=36 if decimals is None else decimals)
        amount = None if decimals is None else parsed
    except (UnknownName, BadAmount) as error:
        detail = excerpt(f"declared total of {row.published!r}: {error}")
        findings.add(Severity.WARNING, "total-not-comparable", detail, row.line_no)
    return DeclaredTotal(row.line_no, row.published, asset, number, row.amount, amount)


def _meaning(published: str, instruments: Instruments, names: Names) -> tuple[str, int | None, int | None]:
    """(asset, instrument number, decimals); the number is None for an asset over all its instruments.

    A total counts the rows that carry its name. Where these are of several instruments (one coin staked and not), it
    is comparable only if they are all the list has of that asset.
    """
    match = _ALL.fullmatch(published)
    if match:
        return _whole_asset(match["asset"], names)
    numbers = instruments.of_coin(published)
    if not numbers:
        spec = names.resolve(published, None)
        return spec.asset, instruments.number(spec), spec.decimals
    specs = instruments.specs
    assets = {specs[number].asset for number in numbers}
    if len(numbers) == 1:
        number = next(iter(numbers))
        return specs[number].asset, number, specs[number].decimals
    if len(assets) > 1 or any(spec.asset in assets and number not in numbers for number, spec in enumerate(specs)):
        raise UnknownName("its rows are some, but not all, of the asset's instruments")
    return _whole_asset(assets.pop(), names)


def _whole_asset(text: str, names: Names) -> tuple[str, int | None, int | None]:
    asset = names.asset_symbol(text)
    if asset is None:
        raise UnknownName("unknown asset")
    return asset, None, names.asset_scale(asset)
