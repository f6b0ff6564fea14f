"""A published list -> every row's verdict -> what they come to, by scheme and by asset."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from chains.ownership.book import KindSpec
from chains.ownership.types import OwnershipResult, Verdict
from indexer.core.amounts import BadAmount, parse_amount, rescale
from indexer.core.names import Names, UnknownName
from indexer.intake.ownership_rows import SignedRow, open_signed
from indexer.model.claims import RejectedLine
from indexer.model.ownership import NotOwned, OwnershipReport, Share
from indexer.work.ownership_pool import Question, verify_all

MESSAGES_MAX = 5
CELL_SHOWN = 120
CACHE_MAX = 4096
UNKNOWN = "(unknown)"


def verify_list(
    path: Path,
    *,
    kinds: Sequence[KindSpec],
    names: Names,
    listed_max: int,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> OwnershipReport:
    """Blocks for as long as it takes, memory flat: call it in a thread. ``progress`` gets the rows of each chunk.

    ``listed_max`` bounds how many rows of each verdict are listed one by one. Raises BadList, or OSError where there is
    no file.
    """
    tally = Tally(names, listed_max)
    signed = open_signed(path)
    waiting: deque[SignedRow | RejectedLine] = deque()

    def questions() -> Iterator[Question]:
        for line in signed:
            waiting.append(line)
            if isinstance(line, SignedRow):
                yield line.coin, line.network, line.claim

    for results in verify_all(kinds, questions(), processes=processes):
        for result in results:
            while isinstance(line := waiting.popleft(), RejectedLine):
                tally.refuse(line)
            tally.add(line, result)
        progress(len(results))
    for line in waiting:
        assert isinstance(line, RejectedLine), "every row has its verdict"
        tally.refuse(line)
    return tally.report(path.name, signed.sha256)


class _Unit(NamedTuple):
    """What the amounts of a coin and network count: None where they cannot be added up."""

    asset: str
    decimals: int | None
    scale: int | None


class Tally:
    """Grows with the configuration and with ``listed_max``, not with the list."""

    def __init__(self, names: Names, listed_max: int) -> None:
        self.rows = 0
        self._names = names
        self._listed_max = listed_max
        self._refused = 0
        self._schemes: Counter[tuple[str, Verdict]] = Counter()
        self._assets: dict[tuple[str, Verdict], Share] = {}
        self._units: dict[tuple[str, str], _Unit] = {}
        self._messages: dict[str, None] = {}
        self._not_owned: defaultdict[Verdict | None, list[NotOwned]] = defaultdict(list)

    def add(self, row: SignedRow, result: OwnershipResult) -> None:
        self.rows += 1
        verdict = result.verdict
        self._schemes[result.scheme, verdict] += 1
        unit = self._unit(row.coin, row.network)
        share = self._assets.get((unit.asset, verdict), Share(0, 0, 0))
        self._assets[unit.asset, verdict] = share.with_row(_amount(row, unit))
        if verdict is not Verdict.UNSIGNED and len(self._messages) < MESSAGES_MAX:
            self._messages[row.claim.message[:CELL_SHOWN]] = None
        if verdict is not Verdict.OWNED:
            self._list(NotOwned(row.line_no, row.coin, row.network, row.claim.address, verdict, result.detail))

    def refuse(self, line: RejectedLine) -> None:
        self._refused += 1
        self._list(NotOwned(line.line_no, "", "", "", None, f"{line.reason}: {line.detail}"))

    def report(self, list_name: str, sha256: str) -> OwnershipReport:
        return OwnershipReport(
            list_name=list_name,
            sha256=sha256,
            rows=self.rows,
            refused=self._refused,
            schemes=dict(sorted(self._schemes.items())),
            assets=dict(sorted(self._assets.items())),
            scales={unit.asset: unit.scale for unit in self._units.values() if unit.scale is not None},
            messages=tuple(self._messages),
            not_owned=tuple(sorted((row for rows in self._not_owned.values() for row in rows), key=_by_line)),
        )

    def _list(self, row: NotOwned) -> None:
        listed = self._not_owned[row.verdict]
        if len(listed) < self._listed_max:
            coin, network, address = (text[:CELL_SHOWN] for text in (row.coin, row.network, row.address))
            listed.append(row._replace(coin=coin, network=network, address=address))

    def _unit(self, coin: str, network: str) -> _Unit:
        unit = self._units.get((coin, network))
        if unit is None:
            unit = _unit(self._names, coin, network)
            if len(self._units) < CACHE_MAX:  # endless made-up names must not fill memory
                self._units[coin, network] = unit
        return unit


def _unit(names: Names, coin: str, network: str) -> _Unit:
    try:
        spec = names.resolve(coin, network or None)
    except UnknownName:
        return _Unit(UNKNOWN, None, None)
    return _Unit(spec.asset, spec.decimals, spec.scale)


def _amount(row: SignedRow, unit: _Unit) -> int | None:
    """At the asset's scale; None where there is none, where it cannot be read, or where its decimals are unknown."""
    if row.amount is None or unit.decimals is None or unit.scale is None:
        return None
    try:
        amount = parse_amount(row.amount, decimals=0 if row.base_units else unit.decimals)
    except BadAmount:
        return None
    return rescale(amount, decimals=unit.decimals, scale=unit.scale)


def _by_line(row: NotOwned) -> int:
    return row.line_no
