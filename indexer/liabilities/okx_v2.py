"""OKX, from 21 March 2023: the whole tree, and one user's own leaves (user_info_file.json).

Tree lines are ``hash,height,{"BTC":"x","ETH":"y","USDT":"z"}``, root to leaves, each level from right to left. A node
is sha256(left || right || BTC || ETH || USDT || height) over texts; a level with an odd number of nodes begins with a
pad, the hash of its last node with zero balances. A leaf is sha256(user hash || BTC || ETH || USDT), the user hash
sha256(nonce || JSON of the user's whole balances).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from indexer.core.amounts import BadAmount, parse_amount
from indexer.liabilities import weaknesses
from indexer.liabilities.okx_v1 import ASSETS
from indexer.liabilities.scheme import BadDocument, Document, Rejections, conclude, json_object
from indexer.liabilities.sum_path import SCALE
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven

NAME = "okx-merkle-v2"
HEIGHT_MAX = 64
USERS_MAX = 1_000
_LINE = re.compile(
    rb"([0-9a-fA-F]{64}),(\d{1,3}),\{"
    rb'"BTC":"(-?\d{1,30}(?:\.\d{1,8})?)","ETH":"(-?\d{1,30}(?:\.\d{1,8})?)","USDT":"(-?\d{1,30}(?:\.\d{1,8})?)"\}'
)
_UNIT_ZEROS = b"0" * SCALE
_NOT_PROVEN = (
    weaknesses.SUMS_NOT_BOUND,
    weaknesses.NO_DELIMITERS,
    weaknesses.LEAF_SHARED,
    weaknesses.AMOUNTS_PUBLIC,
    weaknesses.OTHERS_MISSING,
)
_ALONE = "Your leaves are consistent in themselves; without the whole tree nothing shows that they are in it."

Amounts = tuple[int, int, int]
Key = tuple[bytes, Amounts]


class _Node(NamedTuple):
    line_no: int
    hash: bytes  # the text as published
    height: int
    texts: bytes  # the three amounts as published, joined
    amounts: Amounts


class _Broken(Exception):
    """The tree's shape cannot be followed any further."""

    def __init__(self, line_no: int, reason: str) -> None:
        super().__init__(reason)
        self.line_no = line_no
        self.reason = reason


class _User(NamedTuple):
    where: str
    total: Amounts
    leaves: Counter[Key]


class _Result(NamedTuple):
    root: _Node | None
    leaves: int | None


def recognises(document: Document) -> bool:
    head = document.head
    return bool(re.match(rb"[0-9a-fA-F]{64},\d{1,3},\{", head)) or _is_user(document)


def verify(documents: Sequence[Document], root_published: str | None) -> LiabilityVerdict:
    """Every node recomputed, and each given user's leaves found in the tree; or the users' leaves alone."""
    users = [document for document in documents if _is_user(document)]
    trees = [document for document in documents if not _is_user(document)]
    if len(trees) > 1 or len(users) > USERS_MAX:
        raise BadDocument(f"{NAME} reads one tree and at most {USERS_MAX} users, not {len(trees)} and {len(users)}")
    rejections = Rejections()
    owned = [user for document in users if (user := _read_user(document, rejections)) is not None]
    wanted = set[Key]().union(*(user.leaves for user in owned))
    met: Counter[Key] = Counter()
    result = _recompute(trees[0], wanted, met, rejections) if trees else _Result(None, None)
    if trees:
        _find(owned, met, rejections)
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


def _is_user(document: Document) -> bool:
    head = document.head.lstrip()
    return head.startswith(b"{") and b'"nodes"' in head


def _recompute(tree: Document, wanted: set[Key], met: Counter[Key], rejections: Rejections) -> _Result:
    """Two readers, one on the parents and one on their children, so that memory does not grow with the tree."""
    parents, children = _nodes(tree), _nodes(tree)
    root: _Node | None = None
    try:
        root = _next(children, 1)
        if not 1 <= root.height <= HEIGHT_MAX:
            raise _Broken(1, f"the root's height is not from 1 to {HEIGHT_MAX}")
        if min(root.amounts) < 0:
            rejections.add(f"{tree.name}:1", "a negative balance")
        name, count = tree.name, 1
        for height in range(root.height, 1, -1):
            opening, more = _open_level(parents, count)
            for parent in chain(opening, islice(parents, more)):
                pair = (_next(children, parent.line_no), _next(children, parent.line_no))
                _check(name, parent, pair, rejections)
                if height == 2 and wanted:
                    met.update(key for child in pair if (key := (child.hash.lower(), child.amounts)) in wanted)
            count = 2 * (len(opening) + more)
        if (extra := next(children, None)) is not None:
            raise _Broken(extra.line_no, "a line after the last level")
        opening, more = _open_level(parents, count)
        return _Result(root, len(opening) + more)
    except _Broken as broken:
        rejections.add(f"{tree.name}:{broken.line_no}", broken.reason)
    return _Result(root, None)


def _nodes(tree: Document) -> Iterator[_Node]:
    """Raises _Broken at a line that is no node."""
    for line_no, line in enumerate(tree.lines(), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            if line.strip():
                raise _Broken(line_no, "not hash,height,balances with at most 8 decimals")
            continue
        node_hash, height, btc, eth, usdt = match.groups()
        amounts = (_units(btc), _units(eth), _units(usdt))
        yield _Node(line_no, node_hash, int(height), btc + eth + usdt, amounts)


def _units(text: bytes) -> int:
    whole, _, frac = text.partition(b".")
    return int(whole + frac + _UNIT_ZEROS[len(frac) :])


def _next(nodes: Iterator[_Node], line_no: int) -> _Node:
    node = next(nodes, None)
    if node is None:
        raise _Broken(line_no, "the tree ends before this node's children")
    return node


def _open_level(nodes: Iterator[_Node], count: int) -> tuple[list[_Node], int]:
    """A level of ``count`` lines without the pad it may begin with: its first nodes, and how many more follow."""
    first = _next(nodes, 1)
    if count == 1:
        return [first], 0
    second = _next(nodes, first.line_no)
    if first.hash != second.hash or first.amounts == second.amounts != (0, 0, 0):
        return [first, second], count - 2
    if any(first.amounts):
        raise _Broken(second.line_no, "one hash with two balances, and not as a level's pad")
    return [second], count - 2


def _check(name: str, parent: _Node, pair: tuple[_Node, _Node], rejections: Rejections) -> None:
    """One parent against its children, which are published from right to left."""
    right, left = pair
    if right.height != parent.height - 1 or left.height != parent.height - 1:
        raise _Broken(right.line_no, f"a level of height {parent.height - 1} has too few or too many nodes")
    for child in (right, left):
        if min(child.amounts) < 0:
            rejections.add(f"{name}:{child.line_no}", "a negative balance")
    (l0, l1, l2), (r0, r1, r2) = left.amounts, right.amounts
    if parent.amounts != (l0 + r0, l1 + r1, l2 + r2):
        rejections.add(f"{name}:{parent.line_no}", "its balances are not the sum of its children's")
    text = left.hash + right.hash + parent.texts + b"%d" % parent.height
    if hashlib.sha256(text).hexdigest().encode() != parent.hash.lower():
        rejections.add(f"{name}:{parent.line_no}", "its hash is not that of its children")


def _read_user(document: Document, rejections: Rejections) -> _User | None:
    """One user's file, checked in itself; None (rejected) where it cannot be used."""
    value = json_object(document)
    nodes, nonce, user_hash = value.get("nodes"), value.get("nonce"), value.get("hash")
    if not isinstance(nodes, list) or not nodes or not isinstance(nonce, str) or not isinstance(user_hash, str):
        raise BadDocument(f"{document.name}: needs hash, nonce and nodes")
    try:
        texts, total = _balances(value.get("totalBalances"))
        leaves: Counter[Key] = Counter()
        for node in nodes:
            leaves[_leaf(node, user_hash)] += 1
    except ValueError as error:
        rejections.add(document.name, str(error))
        return None
    stated = ",".join(f'"{asset}":"{text}"' for asset, text in zip(ASSETS, texts, strict=True))
    if hashlib.sha256(f"{nonce}{{{stated}}}".encode()).hexdigest() != user_hash.lower():
        rejections.add(document.name, "the user hash is not that of the nonce and the whole balances")
    held = tuple(sum(amounts[at] * times for (_, amounts), times in leaves.items()) for at in range(len(ASSETS)))
    if held != total:
        rejections.add(document.name, "the leaves do not sum to the whole balances")
    return _User(document.name, total, leaves)


def _leaf(node: object, user_hash: str) -> Key:
    """Raises ValueError."""
    if not isinstance(node, dict) or not isinstance(node.get("hash"), str):
        raise ValueError("a leaf without hash and balances")
    texts, amounts = _balances(node.get("balances"))
    computed = hashlib.sha256((user_hash + "".join(texts)).encode()).hexdigest()
    if computed != node["hash"].lower():
        raise ValueError(f"leaf {node['hash'][:64]} is not the hash of the user hash and its balances")
    return computed.encode(), amounts


def _balances(value: object) -> tuple[tuple[str, ...], Amounts]:
    """Texts and amounts in the order of ASSETS. Raises ValueError."""
    if not isinstance(value, dict) or set(value) != set(ASSETS):
        raise ValueError(f"balances of other assets than {', '.join(ASSETS)}")
    texts = tuple(value[asset] for asset in ASSETS)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a balance that is not text")
    try:
        btc, eth, usdt = (parse_amount(text, decimals=SCALE) for text in texts)
    except BadAmount as error:
        raise ValueError(f"a balance is refused: {error}") from None
    return texts, (btc, eth, usdt)


def _find(users: Sequence[_User], met: Counter[Key], rejections: Rejections) -> None:
    """Every leaf of every user as often in the tree as the users together claim it."""
    claimed: Counter[Key] = Counter()
    for user in users:
        claimed.update(user.leaves)
    for user in users:
        for key in user.leaves:
            if met[key] < claimed[key]:
                reason = f"leaf {key[0].decode()} is {met[key]} times in the tree, claimed {claimed[key]} times"
                rejections.add(user.where, reason)


def _totals(amounts: Sequence[int]) -> tuple[CommittedTotal, ...]:
    return tuple(CommittedTotal(asset, amount, SCALE) for asset, amount in zip(ASSETS, amounts, strict=True))
