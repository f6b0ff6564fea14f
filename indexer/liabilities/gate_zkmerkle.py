"""Gate's zkmerkle proof: Binance's dense layout with 800 assets (350 before) under other names: ``user_config.json``,
``proof.csv``, ``cex_config.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from indexer.liabilities import zkmerkle_verdict
from indexer.liabilities.poseidon_bn254 import R
from indexer.liabilities.scheme import Document
from indexer.liabilities.values import element_hex, field, whole
from indexer.liabilities.zkmerkle import DEPTH, Layout
from indexer.liabilities.zkmerkle_files import read_holdings, read_siblings
from indexer.liabilities.zkmerkle_verdict import Kind, Style, User
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


def _user(proof: dict[str, Any]) -> User:
    return User(
        index=whole(field(proof, "Arrangement"), "Arrangement", below=1 << DEPTH),
        id_hash=element_hex(field(proof, "UniqueIdentification"), "UniqueIdentification"),
        equity=whole(field(proof, "TotalAssetEquity"), "TotalAssetEquity", below=R),
        debt=whole(field(proof, "TotalAssetDebt"), "TotalAssetDebt", below=R),
        collateral=None,
        holdings=read_holdings(field(proof, "AssetDetails")),
        root=element_hex(field(proof, "TreeRootHash"), "TreeRootHash"),
        siblings=read_siblings(field(proof, "MerkleProofEncode")),
    )


_STYLE = Style(name=NAME, layouts=(Layout(800, 2, 1), Layout(350, 2, 1)), kind=_kind, user=_user)
