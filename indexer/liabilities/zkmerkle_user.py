"""A user's file of the zkmerkle schemes: what it says, under the names of the exchange, and the root above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.liabilities.poseidon_bn254 import R, poseidon
from indexer.liabilities.scheme import Rejections
from indexer.liabilities.values import element_hex, field, whole
from indexer.liabilities.zkmerkle import DEPTH, CexAsset, Holding, Layout, dense_leaf, path_root, tiered_commitment
from indexer.liabilities.zkmerkle_files import read_holdings, read_siblings


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What an exchange calls the parts of a user's file."""

    index: str
    id_hash: str
    equity: str
    debt: str
    holdings: str
    root: str
    siblings: str
    collateral: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user's file. ``collateral`` is None in the dense layout, whose leaf has no such field."""

    index: int
    id_hash: int
    equity: int
    debt: int
    collateral: int | None
    holdings: Mapping[int, Holding]
    root: int
    siblings: tuple[int, ...]


def read_user(fields: Fields, proof: dict[str, Any]) -> User:
    """Raises BadValue."""

    def number(name: str, below: int = R) -> int:
        return whole(field(proof, name), name, below=below)

    collateral = fields.collateral
    return User(
        index=number(fields.index, 1 << DEPTH),
        id_hash=element_hex(field(proof, fields.id_hash), fields.id_hash),
        equity=number(fields.equity),
        debt=number(fields.debt),
        collateral=number(collateral) if collateral is not None and collateral in proof else None,
        holdings=read_holdings(field(proof, fields.holdings)),
        root=element_hex(field(proof, fields.root), fields.root),
        siblings=read_siblings(field(proof, fields.siblings)),
    )


def place(layouts: Sequence[Layout], where: str, user: User, table: Sequence[CexAsset], rejections: Rejections) -> int:
    """The root over the user's record; the release is not named in the file, so each published layout is tried."""
    for reason in _contradictions(user, table):
        rejections.add(where, reason)
    head = [user.id_hash, user.equity, user.debt]
    fields = 2
    leaves: list[tuple[int, int]] = []  # and the digest word of their tree
    if user.collateral is not None:
        head.append(user.collateral)
        fields = 5
        commitment = tiered_commitment(user.holdings)
        leaves += [(poseidon([*head, commitment]), 1)] if commitment is not None else []
    leaves += [
        (dense_leaf(head, user.holdings, layout), layout.word)
        for layout in layouts
        if layout.fields == fields and max(user.holdings, default=0) < layout.assets
    ]
    found = [path_root(leaf, index=user.index, siblings=user.siblings, word=word) for leaf, word in leaves]
    if user.root in found:
        return user.root
    rejections.add(where, "the record and its path do not lead to the root in the file")
    return found[0] if found else user.root


def _contradictions(user: User, table: Sequence[CexAsset]) -> list[str]:
    faults = []
    if user.debt > user.equity:
        faults.append("debts above equity")
    if user.collateral is not None and user.debt > user.collateral:
        faults.append("debts above collateral")
    if any(sum(held[2:]) > held.equity for held in user.holdings.values()):
        faults.append("more of an asset pledged than held")
    if table:
        if any(index >= len(table) for index in user.holdings):
            return [*faults, "an asset that is not in the asset table"]
        value = [sum(held[at] * table[index].price for index, held in user.holdings.items()) for at in (0, 1)]
        if value != [user.equity, user.debt]:
            faults.append("total equity or debt is not the sum of amount times price")
    return faults
