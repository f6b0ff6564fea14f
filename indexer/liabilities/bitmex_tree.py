"""The tree of BitMEX and River: one line a node, breadth first from the root, every node recomputed."""

from __future__ import annotations

import re
import struct
from binascii import unhexlify
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from indexer.liabilities.families import Families, Looked, families
from indexer.liabilities.scheme import Document, Rejections, Spread

U64_END = 2**64
HEIGHT = re.compile(rb"(?:\xef\xbb\xbf)?block_height:(\d{1,19})")
_NODE = re.compile(rb"([0-9a-fA-F]{64}),\s*(-?\d{1,40})\s*")
_HASHED = struct.Struct("<32sQ32sQ")
_COMMA = ord(",")


class Tree(NamedTuple):
    """``root`` and ``value`` as the file states them; ``leaves`` is None where it is no full binary tree."""

    root: str | None
    value: int | None
    leaves: int | None


def block_height(tree: Document) -> int:
    match = HEIGHT.match(tree.head)
    assert match is not None, "recognised by its first line"
    return int(match[1])


def nodes_of(tree: Document) -> Iterator[bytes]:
    """The lines after the first that are not empty."""
    lines = tree.lines()
    next(lines, None)
    return filter(None, lines)


def parse(line: bytes) -> tuple[bytes, int] | None:
    """Hash in hexadecimal and value of a node."""
    match = _NODE.fullmatch(line)
    return None if match is None else (match[1], int(match[2]))


def recompute(tree: Document, rejections: Rejections, spread: Spread) -> Tree:
    """Two readers, one on the parents and one on their children, so that memory does not grow with the tree."""
    name, children = tree.name, nodes_of(tree)
    first = next(children, None)
    if first is None or (top := parse(first)) is None:
        rejections.add(f"{name}:2", "the root is not hash,value")
        return Tree(None, None, None)
    root, value = top[0].decode().lower(), top[1]
    _check_value(value, f"{name}:2", rejections)
    count = 1
    for looked in spread(_look, families(nodes_of(tree), children)):
        parents, below = looked.lines()
        for at in looked.odd:
            _explain(name, (count - 1) // 2 + at, parents[at], below[2 * at : 2 * at + 2], rejections)
        count += looked.children
    if not count % 2:
        rejections.add(f"{name}:{count + 1}", "the tree ends inside a pair")
    elif (count + 1) & count:
        rejections.add(name, f"{count} nodes are no full binary tree: some are missing")
    else:
        return Tree(root, value, (count + 1) // 2)
    return Tree(root, value, None)


def _look(block: Families) -> Looked:
    """Odd are the parents that are not written exactly as their children demand."""
    parents, children = block.parents.split(b"\n"), block.children.split(b"\n")
    odd: list[int] = []
    for at, (parent, left, right) in enumerate(zip(parents, children[::2], children[1::2], strict=False)):
        try:
            if not (left[64] == right[64] == _COMMA and (left[65:] + right[65:]).isdigit()):
                raise ValueError
            one, other = int(left[65:]), int(right[65:])
            data = _HASHED.pack(unhexlify(left[:64]), one, unhexlify(right[:64]), other)
        except (IndexError, ValueError, struct.error):
            odd.append(at)
            continue
        if parent != b"%s,%d" % (sha256(data).hexdigest().encode(), one + other):
            odd.append(at)
    return Looked.of(block, odd)


def _explain(name: str, number: int, parent: bytes, children: list[bytes], rejections: Rejections) -> None:
    """What is wrong with the node of this number (from 0) and its children, if anything is: spaces and capitals are
    not.
    """
    where, below = f"{name}:{number + 2}", [f"{name}:{2 * number + 3 + side}" for side in (0, 1)]
    one, other = map(parse, children)
    if one is None or other is None:
        rejections.add(below[0], "this node or the one after it is not hash,value")
        return
    if not (0 <= one[1] < U64_END and 0 <= other[1] < U64_END):
        _check_value(one[1], below[0], rejections)
        _check_value(other[1], below[1], rejections)
        return
    data = b"".join(unhexlify(digest) + value.to_bytes(8, "little") for digest, value in (one, other))
    node = parse(parent)
    if node is None:
        rejections.add(where, "not hash,value")
    elif node[1] != one[1] + other[1]:
        rejections.add(where, f"value {node[1]}, but its children sum to {one[1] + other[1]}")
    elif node[0].decode().lower() != sha256(data).hexdigest():
        rejections.add(where, "its hash is not that of its children")


def _check_value(value: int, where: str, rejections: Rejections) -> None:
    if not 0 <= value < U64_END:
        rejections.add(where, "a negative value" if value < 0 else "a value beyond 64 bits")
