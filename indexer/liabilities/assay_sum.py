"""assay-merkle-sum-v1: hashes and nodes of Assay's own open scheme; docs/commitment.md is its specification."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from blake3 import blake3

NAME = "assay-merkle-sum-v1"
AMOUNT_BYTES = 16
AMOUNT_END = 2**128
HASH_BYTES = 32
SALT_BYTES = 32
ASSETS_MAX = 1_000
LEAVES_MAX = 2**40
TEXT_BYTES_MAX = 1_000
PARTS_MAX = 64

_LEAF = blake3(derive_key_context=f"{NAME} leaf")
_NODE = blake3(derive_key_context=f"{NAME} node")
_PAD = blake3(derive_key_context=f"{NAME} pad")
_ROOT = blake3(derive_key_context=f"{NAME} root")

Amounts = tuple[int, ...]


class Asset(NamedTuple):
    name: str
    decimals: int


class Node(NamedTuple):
    """``sums`` are base units in the header's order of assets, each below AMOUNT_END."""

    hash: bytes
    sums: Amounts


class Header(NamedTuple):
    """What the root binds beside the tree."""

    snapshot: str
    assets: tuple[Asset, ...]
    leaves: int


class Overflow(ValueError):
    """A sum that does not fit 128 bits."""


def pack(amounts: Sequence[int]) -> bytes:
    """A count (u16) and each amount (u128), big-endian. Raises Overflow."""
    try:
        packed = b"".join([amount.to_bytes(AMOUNT_BYTES, "big") for amount in amounts])
    except OverflowError:
        raise Overflow("an amount is negative or beyond 128 bits") from None
    return len(amounts).to_bytes(2, "big") + packed


def unpack(packed: bytes) -> Amounts:
    """The amounts of `pack`, which must be whole."""
    count = int.from_bytes(packed[:2], "big")
    assert len(packed) == 2 + AMOUNT_BYTES * count, "a packed record is whole"
    return tuple(int.from_bytes(packed[at : at + AMOUNT_BYTES], "big") for at in range(2, len(packed), AMOUNT_BYTES))


def add_packed(one: bytes, other: bytes) -> bytes:
    """The sums of two records of `pack` of one length, as another. Raises Overflow.

    All amounts are added as one number, whatever their count; the carry out of each amount's 128 bits must be nothing.
    """
    first, second = int.from_bytes(one[2:], "big"), int.from_bytes(other[2:], "big")
    whole = first + second
    if (first ^ second ^ whole) & _carries(len(one) - 2):
        raise Overflow("a sum is beyond 128 bits")
    return one[:2] + whole.to_bytes(len(one) - 2, "big")


@cache
def _carries(size: int) -> int:
    """A bit just above each amount of ``size`` bytes of amounts."""
    return sum(1 << 8 * end for end in range(AMOUNT_BYTES, size + 1, AMOUNT_BYTES))


def prefixed(text: str) -> bytes:
    """The UTF-8 of a text behind its length (u32)."""
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


def leaf_hash(*, user: str, part: int, parts: int, salt: bytes, packed: bytes) -> bytes:
    assert len(salt) == SALT_BYTES, "a salt is 32 bytes"
    state = _LEAF.copy()
    state.update(prefixed(user) + part.to_bytes(4, "big") + parts.to_bytes(4, "big") + salt + packed)
    return state.digest()


def parent_hash(level: int, left: bytes, right: bytes) -> bytes:
    """``left`` and ``right`` are hash || packed sums; ``level`` is the parent's (leaves are at 0)."""
    state = _NODE.copy()
    state.update(level.to_bytes(1, "big") + left + right)
    return state.digest()


def grow(level: int, nodes: bytes, size: int) -> bytes:
    """The parents at ``level`` of stored nodes, an even number of ``size`` bytes each (hash || packed sums).

    Raises Overflow.
    """
    hasher = _NODE.copy()
    hasher.update(level.to_bytes(1, "big"))
    parents: list[bytes] = []
    for at in range(0, len(nodes), 2 * size):
        pair = nodes[at : at + 2 * size]
        state = hasher.copy()
        state.update(pair)
        parents += (state.digest(), add_packed(pair[HASH_BYTES:size], pair[size + HASH_BYTES :]))
    return b"".join(parents)


def parent(level: int, left: Node, right: Node) -> Node:
    """Raises Overflow."""
    sums = tuple(one + other for one, other in zip(left.sums, right.sums, strict=True))
    if max(sums) >= AMOUNT_END:
        raise Overflow("a sum is beyond 128 bits")
    return Node(parent_hash(level, left.hash + pack(left.sums), right.hash + pack(right.sums)), sums)


def pad(level: int, assets: int) -> Node:
    """What stands to the right of the last node of an odd level."""
    state = _PAD.copy()
    state.update(level.to_bytes(1, "big"))
    return Node(state.digest(), (0,) * assets)


def root_hash(header: Header, top: Node) -> bytes:
    state = _ROOT.copy()
    state.update(prefixed(header.snapshot) + len(header.assets).to_bytes(2, "big"))
    for asset in header.assets:
        state.update(prefixed(asset.name) + asset.decimals.to_bytes(1, "big"))
    state.update(header.leaves.to_bytes(8, "big") + top.hash + pack(top.sums))
    return state.digest()


def depth(leaves: int) -> int:
    """The level of the top node."""
    return (leaves - 1).bit_length()


def climb(header: Header, leaf: Node, index: int, siblings: Sequence[Node]) -> Node:
    """The top node above a leaf. Raises ValueError (Overflow) where the siblings cannot belong to such a tree."""
    if len(siblings) != depth(header.leaves):
        raise ValueError(f"{len(siblings)} siblings, but {header.leaves} leaves need {depth(header.leaves)}")
    node, count = leaf, header.leaves
    for level, sibling in enumerate(siblings):
        if index ^ 1 >= count and sibling != pad(level, len(header.assets)):
            raise ValueError(f"the sibling at level {level} is beyond the last node and is no pad")
        node = parent(level + 1, sibling, node) if index & 1 else parent(level + 1, node, sibling)
        index, count = index >> 1, (count + 1) >> 1
    return node


class Fold:
    """The top node of leaves that stream by in order; holds one open subtree per level."""

    def __init__(self, assets: int) -> None:
        self._assets = assets
        self._open: list[tuple[int, Node]] = []  # (level, node), higher levels first
        self.count = 0

    def add(self, leaf: Node) -> None:
        """Raises Overflow."""
        self.count += 1
        level, node = 0, leaf
        while self._open and self._open[-1][0] == level:
            _, left = self._open.pop()
            level, node = level + 1, parent(level + 1, left, node)
        self._open.append((level, node))

    def top(self) -> Node:
        """Closes every odd level with its pad. Needs at least one leaf; raises Overflow."""
        level, node = self._open.pop()
        while self._open or level < depth(self.count):
            if self._open and self._open[-1][0] == level:
                _, left = self._open.pop()
                level, node = level + 1, parent(level + 1, left, node)
            else:
                level, node = level + 1, parent(level + 1, node, pad(level, self._assets))
        return node
