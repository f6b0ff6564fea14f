"""The JSON files of the zkmerkle schemes: the asset table, and the parts of a user's file that the exchanges share."""

from __future__ import annotations

from typing import Any

from indexer.liabilities.values import U64, BadValue, element_base64, field, items, table_of, text, whole
from indexer.liabilities.zkmerkle import DEPTH, TIER_BOUNDARY_MAX, CexAsset, Holding, Tier

ASSETS_MAX = 1000
TIERS_MAX = 64
_AMOUNTS = ("Equity", "Debt")
_COLLATERALS = ("Loan", "Margin", "PortfolioMargin")


def read_table(config: dict[str, Any]) -> tuple[CexAsset, ...]:
    """``CexAssetsInfo`` in the order of its indices, which must be 0, 1, 2... each once."""
    rows = items(field(config, "CexAssetsInfo"), "CexAssetsInfo", most=ASSETS_MAX)
    numbered: dict[int, CexAsset] = {}
    for row in rows:
        entry = table_of(row, "an asset")
        index = whole(field(entry, "Index"), "Index", below=len(rows))
        if index in numbered:
            raise BadValue(f"asset {index} is there twice")
        numbered[index] = _asset(entry)
    if not numbered:
        raise BadValue("the asset table is empty")
    if len({len(asset.tiers) for asset in numbered.values()}) > 1:
        raise BadValue("assets with different numbers of collateral tiers")
    return tuple(numbered[index] for index in range(len(rows)))


def read_holdings(value: Any) -> dict[int, Holding]:
    """A user's assets by index, each at most once."""
    holdings: dict[int, Holding] = {}
    for row in items(value, "the list of assets", most=ASSETS_MAX):
        entry = table_of(row, "an asset")
        index = whole(field(entry, "Index"), "Index", below=ASSETS_MAX)
        if index in holdings:
            raise BadValue(f"asset {index} is there twice")
        names = _AMOUNTS + _COLLATERALS if any(name in entry for name in _COLLATERALS) else _AMOUNTS
        holdings[index] = Holding(*(whole(field(entry, name), name, below=U64) for name in names))
    return holdings


def read_siblings(value: Any) -> tuple[int, ...]:
    """The 28 hashes beside a user's path, leaf first."""
    path = items(value, "the path", most=DEPTH)
    if len(path) != DEPTH:
        raise BadValue(f"a path of {len(path)} hashes instead of {DEPTH}")
    return tuple(element_base64(sibling, "a hash of the path") for sibling in path)


def _asset(entry: dict[str, Any]) -> CexAsset:
    def amount(name: str) -> int:
        return whole(field(entry, name), name, below=U64)

    symbol = text(field(entry, "Symbol"), "Symbol")
    equity, debt, price = amount("TotalEquity"), amount("TotalDebt"), amount("BasePrice")
    if debt > equity:
        raise BadValue(f"{symbol}: users owe more than they own in total")
    if "LoanRatios" not in entry:
        return CexAsset(symbol, equity, debt, price)
    collaterals = tuple(amount(f"{name}Collateral") for name in _COLLATERALS)
    tiers = [_tier(tier) for name in _COLLATERALS for tier in _tier_rows(entry, f"{name}Ratios")]
    return CexAsset(symbol, equity, debt, price, (collaterals[0], collaterals[1], collaterals[2]), tuple(tiers))


def _tier_rows(entry: dict[str, Any], name: str) -> list[Any]:
    rows = items(field(entry, name), name, most=TIERS_MAX)
    if len(rows) % 2:
        raise BadValue(f"{name}: an odd number of tiers")
    return rows


def _tier(value: Any) -> Tier:
    row = table_of(value, "a tier")
    boundary = whole(field(row, "BoundaryValue"), "BoundaryValue", below=TIER_BOUNDARY_MAX + 1)
    return Tier(boundary, whole(field(row, "Ratio"), "Ratio", below=256))
