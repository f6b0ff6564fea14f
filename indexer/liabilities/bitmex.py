"""BitMEX and River: the whole tree is published, breadth first from the root; one line is one node.

``block_height:N``, then ``hash,value``: node = sha256(left, u64le, right, u64le); leaf = HMAC-SHA256(sub_nonce, u64le
value, u64le index) with sub_nonce = sha256(account nonce, u64le height, u64le account). Values are satoshis.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.liabilities import weaknesses
from indexer.liabilities.bitmex_accounts import AMOUNTS_HEADER, NONCE, RIVER_HEADER, find_leaves, read_accounts
from indexer.liabilities.bitmex_tree import HEIGHT, recompute
from indexer.liabilities.scheme import BadDocument, Document, Rejections, Spread, conclude
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "bitmex-merkle-sum"
_NOT_PROVEN = (
    weaknesses.OTHERS_MISSING,
    weaknesses.NO_DOMAINS,
    "That the file reaches down to the leaves: cut at a whole level it still adds up, with fewer leaves.",
    weaknesses.AMOUNTS_PUBLIC,
)


def recognises(document: Document) -> bool:
    head = document.head
    return bool(HEIGHT.match(head) or NONCE.match(head)) or head.startswith((RIVER_HEADER, AMOUNTS_HEADER))


def verify(documents: Sequence[Document], root_published: str | None, spread: Spread = map) -> LiabilityVerdict:
    """Every node recomputed; with the customers' nonces, their leaves found and summed."""
    trees = [document for document in documents if HEIGHT.match(document.head)]
    if len(trees) != 1:
        raise BadDocument(f"{NAME} needs one tree (a file that begins with block_height:), not {len(trees)}")
    tree, rejections = trees[0], Rejections()
    root, value, leaves = recompute(tree, rejections, spread)
    accounts = read_accounts([document for document in documents if document is not tree])
    if accounts and leaves:
        find_leaves(tree, leaves, accounts, rejections)
    whole = (Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS)
    seen = bool(accounts) and all(account.leaves or account.expected == 0 for account in accounts)
    return conclude(
        scheme=NAME,
        version="1",
        root_found=root,
        root_published=root_published,
        totals=() if value is None else (CommittedTotal("BTC", value, 8),),
        leaves=leaves,
        proven=(Proven.INCLUSION, *whole) if seen else whole,
        not_proven=_NOT_PROVEN,
        rejections=rejections,
        found=(CommittedTotal("BTC", sum(account.found for account in accounts), 8),) if accounts else (),
    )
