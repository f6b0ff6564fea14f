"""Gate's zkmerkle proof: Binance's dense layout with 800 assets (350 before) under other names: ``user_config.json``,
``proof.csv``, ``cex_config.json``.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.liabilities import zkmerkle_verdict
from indexer.liabilities.scheme import Document
from indexer.liabilities.zkmerkle import Layout
from indexer.liabilities.zkmerkle_user import Fields
from indexer.liabilities.zkmerkle_verdict import Kind, Style
from indexer.model.verdict import LiabilityVerdict

NAME = "gate-zkmerkle"


def recognises(document: Document) -> bool:
    return _kind(document) is not None


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    return zkmerkle_verdict.verify(_STYLE, documents, root_published)


def _kind(document: Document) -> Kind | None:
    head = document.head
    if b'"UniqueIdentification"' in head and b'"Arrangement"' in head:
        return Kind.USER
    if b'"CexAssetsInfo"' in head and b'"ProofCsv"' in head:
        return Kind.TABLE
    if b"batch_commitment" in head and b"account_tree_roots" in head and b"min_account_index" not in head:
        return Kind.BATCHES
    return None


_FIELDS = Fields(
    index="Arrangement",
    id_hash="UniqueIdentification",
    equity="TotalAssetEquity",
    debt="TotalAssetDebt",
    holdings="AssetDetails",
    root="TreeRootHash",
    siblings="MerkleProofEncode",
)
_STYLE = Style(name=NAME, layouts=(Layout(800, 2, 1), Layout(350, 2, 1)), kind=_kind, fields=_FIELDS)
