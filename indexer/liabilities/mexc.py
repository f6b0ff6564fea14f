"""MEXC: one user's path; amounts under sorted coin names, comma-delimited, hashes cut to 32 hexadecimal digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from indexer.core.amounts import BadAmount, format_amount, parse_amount
from indexer.liabilities import weaknesses
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude, json_object
from indexer.liabilities.sum_path import FINE, LEFT, PATH_MAX, RIGHT, ROOT, is_hex, sha256_text, totals
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "mexc-merkle"
HASH_DIGITS = 32
_ALWAYS = ("BTC", "ETH", "USDC", "USDT")
_NOT_PROVEN = (
    weaknesses.SUMS_NOT_BOUND,
    weaknesses.SPLIT_UNSEEN,
    weaknesses.truncated(4 * HASH_DIGITS),
    weaknesses.NO_DOMAINS,
    weaknesses.NEGATIVE_ELSEWHERE,
    weaknesses.OTHERS_MISSING,
    "Nothing secret is in the leaf: whoever knows an account number can test guesses of its balance.",
)


class _Node(NamedTuple):
    hash: str  # "" where there is no node
    kind: int
    level: int
    amounts: dict[str, int]  # at FINE decimals


def recognises(document: Document) -> bool:
    head = document.head.lstrip()
    return head.startswith(b"{") and (b'"pathList"' in head or b'"proofId"' in head)


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """One user's leaf and path up to the root the file ends in."""
    if len(documents) != 1:
        raise BadDocument(f"{NAME} reads one path at a time, not {len(documents)} files")
    document, rejections = documents[0], Rejections()
    value = json_object(document)
    fields, listed = value.get("self"), value.get("pathList")
    if not isinstance(fields, dict) or not isinstance(listed, list) or not 0 < len(listed) <= PATH_MAX:
        raise BadDocument(f'{document.name}: needs "self" and a "pathList" of at most {PATH_MAX} nodes')
    nodes = []
    for where, each in [("self", fields), *((f"pathList[{at}]", each) for at, each in enumerate(listed))]:
        try:
            nodes.append(_node(each))
        except ValueError as error:
            rejections.add(f"{document.name}:{where}", str(error))
    own, root = None, None
    if rejections.none:
        own, root = nodes[0], nodes[-1]
        _check_leaf(f"{document.name}:self", fields, own, rejections)
        _climb(document.name, own, nodes[1:-1], root, rejections)
    return conclude(
        scheme=NAME,
        version="1",
        root_found=None if root is None else root.hash.lower(),
        root_published=root_published,
        totals=() if root is None else _totals(root.amounts),
        leaves=None,
        proven=(Proven.INCLUSION,),
        not_proven=_NOT_PROVEN,
        rejections=rejections,
        found=() if own is None else _totals(own.amounts),
    )


def _climb(name: str, own: _Node, siblings: Sequence[_Node], root: _Node, rejections: Rejections) -> None:
    """Up to the root's level: a level without a node is a pair with nothing on the other side."""
    by_level = {node.level: node for node in siblings}
    in_place = all(0 <= level < root.level for level in by_level) and len(by_level) == len(siblings)
    if root.kind != ROOT or own.level != 0 or not in_place or not 0 < root.level <= PATH_MAX:
        rejections.add(f"{name}:pathList", "levels are missing, repeated or out of place")
        return
    node_hash, amounts, kind = own.hash, dict(own.amounts), own.kind
    for level in range(root.level):
        sibling = by_level.get(level) or _Node("", RIGHT if kind == LEFT else LEFT, level, {})
        if {kind, sibling.kind} != {LEFT, RIGHT}:
            rejections.add(f"{name}:pathList", f"no left and right pair at level {level}")
            return
        if not sibling.hash and any(sibling.amounts.values()):
            rejections.add(f"{name}:pathList", f"a balance without a node at level {level}")
        left, right = (sibling.hash, node_hash) if sibling.kind == LEFT else (node_hash, sibling.hash)
        if right:  # nothing on the right adds nothing, not even the names of coins
            amounts = _add(amounts, sibling.amounts)
        node_hash = sha256_text(f"{left},{right},{_texts(amounts)}")[:HASH_DIGITS]
        above = by_level.get(level + 1)
        kind = LEFT if above is None or above.kind == RIGHT else RIGHT
    if root.hash.lower() != node_hash:
        rejections.add(f"{name}:pathList", "the recomputed root is not the path's own root")
    held = {coin: amount for coin, amount in amounts.items() if amount}
    if {coin: amount for coin, amount in root.amounts.items() if amount} != held:
        rejections.add(f"{name}:pathList", "the root's balances are not the sums along the path")


def _add(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Sums by coin; a pair always names the four main coins, as the published code writes them."""
    coins = {*one, *other, *_ALWAYS}
    return {coin: sum(side[coin] for side in (one, other) if coin in side) for coin in coins}


def _texts(amounts: dict[str, int]) -> str:
    return ",".join(f"{coin}:{format_amount(amounts[coin], decimals=FINE)}" for coin in sorted(amounts))


def _check_leaf(where: str, fields: dict[str, Any], own: _Node, rejections: Rejections) -> None:
    proof_id, account_id, balances = fields.get("proofId"), fields.get("accountId"), fields["balances"]
    if not isinstance(proof_id, str) or not isinstance(account_id, str):
        rejections.add(where, "no proofId and accountId: the leaf cannot be recomputed")
        return
    stated = ",".join(f"{coin}:{balances[coin]}" for coin in sorted(balances))
    if sha256_text(f"{proof_id},{account_id},{stated}")[:HASH_DIGITS] != own.hash.lower():
        rejections.add(where, "the leaf is not the hash of its account and balances")


def _node(fields: object) -> _Node:
    """Raises ValueError."""
    if not isinstance(fields, dict) or not isinstance(fields.get("balances"), dict):
        raise ValueError("not a node with balances")
    node_hash, kind, level, balances = fields.get("hash"), fields.get("type"), fields.get("level"), fields["balances"]
    if not isinstance(node_hash, str) or not (node_hash == "" or is_hex(node_hash, HASH_DIGITS)):
        raise ValueError(f"its hash is not {HASH_DIGITS} hexadecimal digits")
    if type(kind) is not int or type(level) is not int or kind not in (LEFT, RIGHT, ROOT):
        raise ValueError("no type (1 to 3) and level")
    if not all(isinstance(balance, str) for balance in balances.values()):
        raise ValueError("a balance that is not text")
    try:
        amounts = {coin: parse_amount(balance, decimals=FINE) for coin, balance in balances.items()}
    except BadAmount as error:
        raise ValueError(f"a balance is refused: {error}") from None
    return _Node(node_hash, kind, level, amounts)


def _totals(amounts: dict[str, int]) -> tuple[CommittedTotal, ...]:
    coins = sorted(amounts)
    return totals(coins, [amounts[coin] for coin in coins], scale_min=0)
