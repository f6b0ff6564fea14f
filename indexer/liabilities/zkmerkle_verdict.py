"""The verdict about a zkmerkle publication (Binance, Gate): users' places, the chain of batches, the totals, and what
stays unproven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from indexer.liabilities.scheme import BadDocument, Document, Rejections, json_object
from indexer.liabilities.values import BadValue
from indexer.liabilities.zkmerkle import (
    CexAsset,
    Layout,
    empty_root,
    table_commitment,
)
from indexer.liabilities.zkmerkle_batches import Batch, follow, read_batches
from indexer.liabilities.zkmerkle_files import read_table
from indexer.liabilities.zkmerkle_user import Fields, User, place, read_user
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

TIERED_ASSETS = 500
# These are counted with 2 decimals in some releases of the published code and 8 in others; everything else with 8 in
# all of them.
_UNSURE = frozenset(("bttc", "shib", "lunc", "xec", "win", "bidr", "spell", "hot", "doge", "pepe"))
_SCALE = 8

_GROTH16 = (
    "The Groth16 proof of each batch was not verified: that the balances under the root add up to the totals,"
    " that none is"
    " negative and that none overflows rests on those proofs, on the circuit, and on keys the exchange made alone."
)
_DUMMIES = (
    "Nothing shows that the users are real: an invented user with a debt would lower the totals. Prices are the"
    " exchange's own."
)
_DECIMALS = (
    "The number of decimals is not in the files: 8 as in the exchange's published code, left open for coins whose"
    " count changed."
)
_ONE_PLACE = "Only the given users' places were checked: nothing was learnt about other users or the totals."
_NO_USER = "No user's place under the root was checked."
_NO_TABLE = "Without the asset table the batches are not tied to any totals."


class Kind(Enum):
    USER = auto()
    TABLE = auto()
    BATCHES = auto()


@dataclass(frozen=True, slots=True)
class Style:
    """What differs between the exchanges. ``layouts``: the dense ones they released, latest first."""

    name: str
    layouts: tuple[Layout, ...]
    kind: Callable[[Document], Kind | None]
    fields: Fields


@dataclass
class _Files:
    users: list[tuple[str, User]] = field(default_factory=list)
    table: tuple[CexAsset, ...] = ()
    batches: list[Batch] = field(default_factory=list)


def verify(style: Style, documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """Recompute everything the documents allow."""
    rejections = Rejections()
    files = _read(style, documents, rejections)
    chain = _follow(style, files, rejections) if files.batches else None
    roots = [place(style.layouts, where, user, files.table, rejections) for where, user in files.users]
    if not files.batches and not roots:
        rejections.add("files", "neither a user's proof nor a proof table: nothing to recompute")
    root = chain if chain is not None else (roots[0] if roots else None)
    for (where, _), found in zip(files.users, roots, strict=True):
        if found != root:
            rejections.add(where, "is under another root than the batches or the other users")
    proven, not_proven = _conclusions(files, rejections)
    return LiabilityVerdict(
        scheme=style.name,
        version="with collateral" if _collateral(files) else "without collateral",
        root_found=None if root is None else f"{root:064x}",
        root_published=root_published,
        totals=_totals(files.table) if files.batches else (),
        leaves=None,
        valid=rejections.none,
        proven=proven,
        not_proven=not_proven,
        rejected=tuple(rejections.listed),
        rejected_count=rejections.count,
        found=_found(files),
    )


def _read(style: Style, documents: Sequence[Document], rejections: Rejections) -> _Files:
    files = _Files()
    for document in documents:
        kind = style.kind(document)
        try:
            if kind is Kind.BATCHES:
                files.batches += read_batches(document, rejections)
            elif kind is Kind.USER:
                files.users.append((document.name, read_user(style.fields, json_object(document))))
            elif kind is Kind.TABLE and not files.table:
                files.table = read_table(json_object(document))
            else:
                raise BadDocument(f"{document.name}: a second asset table, or no file of {style.name}")
        except BadValue as error:
            rejections.add(document.name, str(error))
    return files


def _follow(style: Style, files: _Files, rejections: Rejections) -> int | None:
    layouts: tuple[Layout | None, ...] = (None, *style.layouts)
    roots = {empty_root(layout): layout for layout in layouts}
    first, last = (pick(files.batches, key=lambda batch: batch.number) for pick in (min, max))
    before, after = first.table_before, last.table_after
    layout = roots.get(first.root_before) if first.root_before is not None else None
    word = layout.word if layout else 1
    if files.table:
        assets = layout.assets if layout else TIERED_ASSETS
        if len(files.table) > assets:
            rejections.add("asset table", f"{len(files.table)} assets where the layout has room for {assets}")
            return None
        before = table_commitment([asset.emptied() for asset in files.table], assets=assets, word=word)
        after = table_commitment(files.table, assets=assets, word=word)
    return follow(
        files.batches,
        empty_roots=frozenset(roots),
        table_before=before,
        table_after=after,
        word=word,
        rejections=rejections,
    )


def _conclusions(files: _Files, rejections: Rejections) -> tuple[tuple[Proven, ...], tuple[str, ...]]:
    proven: list[Proven] = []
    not_proven = [_GROTH16, _DUMMIES, _DECIMALS]
    if files.users and rejections.none:
        proven.append(Proven.INCLUSION)
    if files.batches and files.table and rejections.none:
        proven.append(Proven.COMPLETENESS)
    if files.batches and not files.table:
        not_proven.append(_NO_TABLE)
    if not files.batches:
        not_proven.append(_ONE_PLACE)
    if not files.users:
        not_proven.append(_NO_USER)
    return tuple(proven), tuple(not_proven)


def _collateral(files: _Files) -> bool:
    return any(user.collateral is not None for _, user in files.users) or any(asset.tiers for asset in files.table)


def _totals(table: Sequence[CexAsset]) -> tuple[CommittedTotal, ...]:
    return tuple(CommittedTotal(asset.symbol, asset.equity - asset.debt, _scale(asset.symbol)) for asset in table)


def _found(files: _Files) -> tuple[CommittedTotal, ...]:
    """The given users' own amounts, equity less debt; an asset without a name in the files goes by its index."""
    nets: dict[int, int] = {}
    for _, user in files.users:
        for index, held in user.holdings.items():
            nets[index] = nets.get(index, 0) + held.equity - held.debt
    named = {index: asset.symbol for index, asset in enumerate(files.table)}
    return tuple(
        CommittedTotal(named[index], net, _scale(named[index]))
        if index in named
        else CommittedTotal(f"asset {index}", net, None)
        for index, net in sorted(nets.items())
    )


def _scale(symbol: str) -> int | None:
    return None if symbol.lower() in _UNSURE else _SCALE
