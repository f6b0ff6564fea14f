"""OKX, November 2022 to March 2023: one user's path (merkle_proof_file.json) over BTC, ETH and USDT."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.core.amounts import format_amount
from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude
from indexer.liabilities.sum_path import SCALE, PathNode, check_path, read_path, sha256_text, totals
from indexer.model.verdict import LiabilityVerdict, Proven

NAME = "okx-merkle-v1"
ASSETS = ("BTC", "ETH", "USDT")
_HEAD = re.compile(rb'\s*\{\s*"(?:path|self)"\s*:')
_NOT_PROVEN = (
    weaknesses.SUMS_NOT_BOUND,
    weaknesses.SPLIT_UNSEEN,
    weaknesses.NO_DELIMITERS,
    weaknesses.NEGATIVE_ELSEWHERE,
    weaknesses.OTHERS_MISSING,
)


def recognises(document: Document) -> bool:
    return bool(_HEAD.match(document.head)) and b'"balances"' in document.head and b'"nonce"' in document.head


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """One user's leaf and path up to the root the file ends in."""
    if len(documents) != 1:
        raise BadDocument(f"{NAME} reads one path at a time, not {len(documents)} files")
    document, rejections = documents[0], Rejections()
    path = read_path(document, key="balances", assets=ASSETS, rejections=rejections)
    if path is not None:
        _check_leaf(f"{document.name}:self", path.own, rejections)
        check_path(document.name, path, text=lambda value: format_amount(value, decimals=SCALE), rejections=rejections)
    return conclude(
        scheme=NAME,
        version="1",
        root_found=None if path is None else path.root.hash.lower(),
        root_published=root_published,
        totals=() if path is None else totals(ASSETS, path.root.amounts),
        leaves=None,
        proven=(Proven.INCLUSION,),
        not_proven=_NOT_PROVEN,
        rejections=rejections,
        found=() if path is None else totals(ASSETS, path.own.amounts),
    )


def _check_leaf(where: str, own: PathNode, rejections: Rejections) -> None:
    nonce, balances = own.fields.get("nonce"), own.fields["balances"]
    if not isinstance(nonce, str) or not nonce:
        rejections.add(where, "no nonce: the leaf cannot be recomputed")
        return
    stated = ",".join(f'"{asset}":"{balances[asset]}"' for asset in ASSETS)
    if sha256_text(f"{nonce}{{{stated}}}") != own.hash.lower():
        rejections.add(where, "the leaf is not the hash of its nonce and balances")
