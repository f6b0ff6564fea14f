"""One user's path in a tree of sums, as OKX (2022) and Bybit publish it.

{"self": {nonce, balances, type, height, hash}, "path": [{balances, type, height, hash}, ...]}: types 1 left, 2 right,
3 root (last), 4 pad (a right node); self is at height 1. A parent hashes both children's texts and the texts of their
*summed* balances, rounded down to 8 decimals, and its own height, all joined without delimiters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from indexer.core.amounts import BadAmount, parse_amount
from indexer.liabilities.scheme import BadDocument, Document, Rejections, json_object
from indexer.model.verdict import CommittedTotal

FINE = 30  # decimals kept while adding
SCALE = 8  # decimals every sum is rounded down to
PATH_MAX = 256
LEFT, RIGHT, ROOT, PAD = 1, 2, 3, 4


class PathNode(NamedTuple):
    hash: str
    kind: int
    height: int
    amounts: tuple[int, ...]  # at FINE decimals, in the scheme's order of assets
    fields: Mapping[str, Any]


class UserPath(NamedTuple):
    own: PathNode
    siblings: tuple[PathNode, ...]
    root: PathNode


def read_path(document: Document, *, key: str, assets: Sequence[str], rejections: Rejections) -> UserPath | None:
    """The path, balances under ``key``; None where a node is unusable (rejected) and nothing can be recomputed."""
    value = json_object(document)
    own, path = value.get("self"), value.get("path")
    if not isinstance(own, dict) or not isinstance(path, list) or len(path) > PATH_MAX:
        raise BadDocument(f'{document.name}: needs "self" and a "path" of at most {PATH_MAX} nodes')
    nodes = []
    for where, fields in [("self", own), *((f"path[{at}]", each) for at, each in enumerate(path))]:
        try:
            nodes.append(_node(fields, key, assets))
        except ValueError as error:
            rejections.add(f"{document.name}:{where}", str(error))
    if not rejections.none:
        return None
    if len(nodes) < 3 or nodes[-1].kind != ROOT:
        rejections.add(document.name, "the path does not end in a root: it is cut short")
        return None
    return UserPath(nodes[0], tuple(nodes[1:-1]), nodes[-1])


def balances_of(document: Document, key: str) -> tuple[str, ...]:
    """The asset names of ``self``, in the file's order."""
    own = json_object(document).get("self")
    if not isinstance(own, dict) or not isinstance(own.get(key), dict):
        raise BadDocument(f'{document.name}: needs "self" with {key}')
    return tuple(own[key])


def check_path(name: str, path: UserPath, *, text: Callable[[int], str], rejections: Rejections) -> None:
    """Climb from the user to the root, adding and hashing; ``text`` writes an amount of SCALE decimals."""
    node_hash, amounts = path.own.hash, path.own.amounts
    if path.own.height != 1 or {path.own.kind, _side(path.siblings[0].kind)} != {LEFT, RIGHT}:
        rejections.add(f"{name}:self", "self and its sibling are no left and right pair at height 1")
    for height, sibling in enumerate(path.siblings, start=1):
        if sibling.height != height or sibling.kind == ROOT:
            rejections.add(f"{name}:path[{height - 1}]", f"a node of height {height} is missing or out of place")
        if sibling.kind == PAD and any(sibling.amounts):
            rejections.add(f"{name}:path[{height - 1}]", "a pad that holds a balance")
        left, right = (sibling.hash, node_hash) if sibling.kind == LEFT else (node_hash, sibling.hash)
        unit = 10 ** (FINE - SCALE)
        sums = tuple((one + other) // unit for one, other in zip(amounts, sibling.amounts, strict=True))
        node_hash = sha256_text(left + right + "".join(text(value) for value in sums) + str(height + 1))
        amounts = tuple(value * unit for value in sums)
    if path.root.hash.lower() != node_hash:
        rejections.add(f"{name}:path", "the recomputed root is not the path's own root")
    if path.root.amounts != amounts:
        rejections.add(f"{name}:path", "the root's balances are not the sums along the path")
    if path.root.height != len(path.siblings) + 1:
        rejections.add(f"{name}:path", "the root's height is not the path's length")


def totals(assets: Sequence[str], amounts: Sequence[int], *, scale_min: int = SCALE) -> tuple[CommittedTotal, ...]:
    """Amounts of FINE decimals as totals, at the fewest decimals (at least ``scale_min``) that hold them all."""
    scale = FINE
    while scale > scale_min and not any(amount % 10 ** (FINE - scale + 1) for amount in amounts):
        scale -= 1
    unit = 10 ** (FINE - scale)
    return tuple(CommittedTotal(asset, amount // unit, scale) for asset, amount in zip(assets, amounts, strict=True))


def sha256_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _side(kind: int) -> int:
    return RIGHT if kind == PAD else kind


def _node(fields: object, key: str, assets: Sequence[str]) -> PathNode:
    """Raises ValueError."""
    if not isinstance(fields, dict) or not isinstance(fields.get(key), dict):
        raise ValueError(f"not a node with {key}")
    node_hash, kind, height, balances = (fields.get("hash"), fields.get("type"), fields.get("height"), fields[key])
    if not isinstance(node_hash, str) or not is_hex(node_hash, 64):
        raise ValueError("its hash is not 64 hexadecimal digits")
    if type(kind) is not int or type(height) is not int or not LEFT <= kind <= PAD:
        raise ValueError("no type (1 to 4) and height")
    if set(balances) != set(assets):
        raise ValueError(f"balances of other assets than {', '.join(assets)}")
    if not all(isinstance(balance, str) for balance in balances.values()):
        raise ValueError("a balance that is not text")
    try:
        amounts = tuple(parse_amount(balances[asset], decimals=FINE) for asset in assets)
    except BadAmount as error:
        raise ValueError(f"a balance is refused: {error}") from None
    return PathNode(node_hash, kind, height, amounts, fields)


def is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and all(char in "0123456789abcdefABCDEF" for char in text)
