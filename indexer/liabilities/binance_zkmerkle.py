"""Binance's zkmerkle proof of solvency: users' files, the proof table, and the config with ``CexAssetsInfo``.

Layouts: every asset with equity and debt; every asset with three collaterals too; since then 50 or 500 assets a user
(``zkmerkle.tiered_commitment``). Two forms of the chain of batches: from one root to the next, or one root for all and
account indices that run through.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.liabilities import zkmerkle_verdict
from indexer.liabilities.scheme import Document
from indexer.liabilities.zkmerkle import Layout
from indexer.liabilities.zkmerkle_user import Fields
from indexer.liabilities.zkmerkle_verdict import Kind, Style
from indexer.model.verdict import LiabilityVerdict

NAME = "binance-zkmerkle"


def recognises(document: Document) -> bool:
    return _kind(document) is not None


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    return zkmerkle_verdict.verify(_STYLE, documents, root_published)


def _kind(document: Document) -> Kind | None:
    head = document.head
    if b'"AccountIdHash"' in head and b'"AccountIndex"' in head:
        return Kind.USER
    if b'"CexAssetsInfo"' in head and b'"ProofCsv"' not in head:
        return Kind.TABLE
    if b"batch_commitment" in head and b"account_tree_roots" in head:
        return Kind.BATCHES
    return None


_FIELDS = Fields(
    index="AccountIndex",
    id_hash="AccountIdHash",
    equity="TotalEquity",
    debt="TotalDebt",
    collateral="TotalCollateral",
    holdings="Assets",
    root="Root",
    siblings="Proof",
)
# 384 stands for the first release's 383 or 384 assets: both make the same 256 elements.
_LAYOUTS = (Layout(350, 5, 1), Layout(350, 2, 1), Layout(500, 2, 1), Layout(384, 2, 0))
_STYLE = Style(name=NAME, layouts=_LAYOUTS, kind=_kind, fields=_FIELDS)
