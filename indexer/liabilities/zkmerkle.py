"""What the zkmerkle schemes (Binance, Gate) hash: users' assets, leaves, paths, and the exchange's asset table.
Poseidon over BN254.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from indexer.liabilities.poseidon_bn254 import poseidon

DEPTH = 28
TIERS = (50, 500)
TIER_BOUNDARY_MAX = 1 << 118
_RATIO_BITS, _PAIR_BITS = 8, 126


class Holding(NamedTuple):
    """One asset of one user, base units; the three collaterals exist since the tiered layout."""

    equity: int
    debt: int
    loan: int = 0
    margin: int = 0
    portfolio_margin: int = 0


class Tier(NamedTuple):
    boundary: int
    ratio: int


class CexAsset(NamedTuple):
    """One line of the exchange's asset table; ``tiers`` (loan, margin, portfolio margin in a row) is empty in the dense
    layout.
    """

    symbol: str
    equity: int
    debt: int
    price: int
    collaterals: tuple[int, int, int] = (0, 0, 0)
    tiers: tuple[Tier, ...] = ()

    def emptied(self) -> CexAsset:
        """As it stood before the first batch: prices and tiers, nothing held."""
        return self._replace(equity=0, debt=0, collaterals=(0, 0, 0))


class Layout(NamedTuple):
    """A dense layout as released: every asset in order, two fields each (five with collaterals), and the hash's digest
    word.
    """

    assets: int
    fields: int
    word: int


def path_root(leaf: int, *, index: int, siblings: Sequence[int], word: int = 1) -> int:
    """The root above ``leaf``: bit i of ``index`` says whether the node of height i is a right child."""
    node = leaf
    for height, sibling in enumerate(siblings):
        node = poseidon([sibling, node] if index >> height & 1 else [node, sibling], word=word)
    return node


@cache
def empty_root(layout: Layout | None) -> int:
    """The root of a tree without users; the tiered layout (None) has five zeros for a nil leaf."""
    word = layout.word if layout else 1
    node = dense_leaf([0] * (4 if layout.fields > 2 else 3), {}, layout) if layout else poseidon([0] * 5)
    for _ in range(DEPTH):
        node = poseidon([node, node], word=word)
    return node


def dense_leaf(head: Sequence[int], holdings: Mapping[int, Holding], layout: Layout) -> int:
    """A user's leaf: id and totals (``head``), and the commitment to every asset of the layout."""
    none = Holding(0, 0)
    flat = [amount for index in range(layout.assets) for amount in holdings.get(index, none)[: layout.fields]]
    return poseidon([*head, poseidon(packed(flat), word=layout.word)], word=layout.word)


def tiered_commitment(holdings: Mapping[int, Holding]) -> int | None:
    """The user's own assets, filled up to 50 or 500 with the lowest unused indices, six fields each; None with more
    than 500.
    """
    size = next((tier for tier in TIERS if len(holdings) <= tier), None)
    if size is None:
        return None
    spare = size - len(holdings)
    chosen = set(holdings)
    index = 0
    while spare:
        if index not in chosen:
            chosen.add(index)
            spare -= 1
        index += 1
    flat: list[int] = []
    for index in sorted(chosen):
        flat += (index, *(holdings.get(index) or Holding(0, 0)))
    return poseidon(packed(flat))


def packed(values: Sequence[int]) -> list[int]:
    """Three 64-bit values an element, the first highest; zeros at the end."""
    values = [*values, *[0] * (-len(values) % 3)]
    return [values[at] << 128 | values[at + 1] << 64 | values[at + 2] for at in range(0, len(values), 3)]


def table_commitment(table: Sequence[CexAsset], *, assets: int, word: int) -> int:
    """The commitment to the whole asset table, filled with reserved lines up to ``assets``."""
    reserved = CexAsset("reserved", 0, 0, 0, tiers=tuple(Tier(TIER_BOUNDARY_MAX, 0) for _ in table[0].tiers))
    elements: list[int] = []
    for asset in [*table, *[reserved] * (assets - len(table))]:
        elements += packed([asset.equity, asset.debt, asset.price])
        if asset.tiers:
            elements += packed(asset.collaterals)
            elements += (_tier_pair(*asset.tiers[at : at + 2]) for at in range(0, len(asset.tiers), 2))
    return poseidon(elements, word=word)


def _tier_pair(one: Tier, two: Tier) -> int:
    def bits(tier: Tier) -> int:
        return tier.boundary << _RATIO_BITS | tier.ratio

    return bits(two) << _PAIR_BITS | bits(one)
