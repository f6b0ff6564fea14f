"""OKX, from 21 March 2023: the whole tree, and one user's own leaves (user_info_file.json).

Tree lines are ``hash,height,{"BTC":"x","ETH":"y","USDT":"z"}``, root to leaves, each level from right to left. A node
is sha256(left || right || BTC || ETH || USDT || height) over texts; a level with an odd number of nodes begins with a
pad, the hash of its last node with zero balances. A leaf is sha256(user hash || BTC || ETH || USDT), the user hash
sha256(nonce || JSON of the user's whole balances).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.liabilities import weaknesses
from indexer.liabilities.okx_v1 import ASSETS
from indexer.liabilities.okx_v2_nodes import Key
from indexer.liabilities.okx_v2_tree import Recomputation, Tree
from indexer.liabilities.okx_v2_user import find_leaves, is_user, read_user
from indexer.liabilities.scheme import BadDocument, Document, Rejections, Spread, conclude
from indexer.liabilities.sum_path import SCALE
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "okx-merkle-v2"
USERS_MAX = 1_000
_NOT_PROVEN = (
    weaknesses.SUMS_NOT_BOUND,
    weaknesses.NO_DELIMITERS,
    weaknesses.LEAF_SHARED,
    weaknesses.AMOUNTS_PUBLIC,
    weaknesses.OTHERS_MISSING,
)
_ALONE = "Your leaves are consistent in themselves; without the whole tree nothing shows that they are in it."


def recognises(document: Document) -> bool:
    head = document.head
    return bool(re.match(rb"[0-9a-fA-F]{64},\d{1,3},\{", head)) or is_user(document)


def verify(documents: Sequence[Document], root_published: str | None, spread: Spread = map) -> LiabilityVerdict:
    """Every node recomputed, and each given user's leaves found in the tree; or the users' leaves alone."""
    users = [document for document in documents if is_user(document)]
    trees = [document for document in documents if not is_user(document)]
    if len(trees) > 1 or len(users) > USERS_MAX:
        raise BadDocument(f"{NAME} reads one tree and at most {USERS_MAX} users, not {len(trees)} and {len(users)}")
    rejections = Rejections()
    owned = [user for document in users if (user := read_user(document, rejections)) is not None]
    wanted = frozenset[Key]().union(*(user.leaves for user in owned))
    result = Tree(None, None)
    if trees:
        recomputation = Recomputation(trees[0], wanted, rejections)
        result = recomputation.run(spread)
        find_leaves(owned, recomputation.met, rejections)
    whole = (Proven.SUMS, Proven.NON_NEGATIVITY, Proven.COMPLETENESS) if trees else ()
    held = [sum(user.total[at] for user in owned) for at in range(len(ASSETS))]
    return conclude(
        scheme=NAME,
        version="2",
        root_found=None if result.root is None else result.root.hash.decode().lower(),
        root_published=root_published,
        totals=() if result.root is None else _totals(result.root.amounts),
        leaves=result.leaves,
        proven=(Proven.INCLUSION, *whole) if trees and users else whole,
        not_proven=_NOT_PROVEN if trees else (_ALONE, *_NOT_PROVEN),
        rejections=rejections,
        found=_totals(held) if owned else (),
    )


def _totals(amounts: Sequence[int]) -> tuple[CommittedTotal, ...]:
    return tuple(CommittedTotal(asset, amount, SCALE) for asset, amount in zip(ASSETS, amounts, strict=True))
