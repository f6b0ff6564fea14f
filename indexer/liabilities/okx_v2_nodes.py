"""Lines ``hash,height,{"BTC":"x","ETH":"y","USDT":"z"}`` of OKX's tree: one by one, or whole families at a look."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from indexer.liabilities.families import Families, Looked
from indexer.liabilities.scheme import Document
from indexer.liabilities.sum_path import SCALE

UNIT = 10**SCALE
_AMOUNT = rb'"(\d{1,30})(?:\.(\d{1,8}))?"'
_PLAIN = re.compile(
    rb'^([0-9a-fA-F]{64}),(\d{1,3}),\{"BTC":' + _AMOUNT + rb',"ETH":' + _AMOUNT + rb',"USDT":' + _AMOUNT + rb"\}$", re.M
)
_LINE = re.compile(
    rb"([0-9a-fA-F]{64}),(\d{1,3}),\{"
    rb'"BTC":"(-?\d{1,30}(?:\.\d{1,8})?)","ETH":"(-?\d{1,30}(?:\.\d{1,8})?)","USDT":"(-?\d{1,30}(?:\.\d{1,8})?)"\}'
)
_ZEROS = b"0" * SCALE

Amounts = tuple[int, int, int]
Key = tuple[bytes, Amounts]
"""A leaf: its hash in lower case, and its amounts."""


class Node(NamedTuple):
    line_no: int
    hash: bytes  # the text as published
    height: int
    texts: bytes  # the three amounts as published, joined
    amounts: Amounts


class Broken(Exception):
    """The tree's shape cannot be followed any further."""

    def __init__(self, line_no: int, reason: str) -> None:
        super().__init__(reason)
        self.line_no = line_no
        self.reason = reason


class Seen(NamedTuple):
    """What a look at a block found: its odd parents, and the wanted leaves under the others."""

    looked: Looked
    met: list[Key]


class Lines:
    """A reader of the tree's lines, numbered without empty ones."""

    def __init__(self, tree: Document) -> None:
        self.lines = filter(None, tree.lines())
        self.line_no = 0  # of the last line whose turn has come

    def node(self) -> Node:
        """The next one. Raises Broken where there is none."""
        line = next(self.lines, None)
        if line is None:
            raise Broken(self.line_no, "the tree ends before this node's children")
        self.line_no += 1
        return node_of(self.line_no, line)


def look(height: int, wanted: frozenset[Key], block: Families) -> Seen:
    """The parents of ``height`` against their children; odd are those not written exactly as the children demand."""
    parents, rows = block.parents.split(b"\n"), _PLAIN.findall(block.children)
    if len(rows) != 2 * len(parents):  # some child is not plain: look at all of them one by one
        return Seen(Looked.of(block, list(range(len(parents)))), [])
    own, below = b"%d" % height, b"%d" % (height - 1)
    odd: list[int] = []
    met: list[Key] = []
    for at, (parent, right, left) in enumerate(zip(parents, rows[::2], rows[1::2], strict=True)):
        held = (_amounts(right), _amounts(left))
        texts = [_text(one + other) for one, other in zip(*held, strict=True)]
        digest = sha256(b"".join((left[0], right[0], *texts, own))).hexdigest().encode()
        stated = b'%s,%s,{"BTC":"%s","ETH":"%s","USDT":"%s"}' % (digest, own, *texts)
        if parent != stated or not right[1] == left[1] == below:
            odd.append(at)
        elif wanted:
            keys = zip((right[0].lower(), left[0].lower()), held, strict=True)
            met += [key for key in keys if key in wanted]
    return Seen(Looked.of(block, odd), met)


def _amounts(row: tuple[bytes, ...]) -> Amounts:
    """Base units of a plain row's three wholes and fractions."""
    _, _, btc, btc_part, eth, eth_part, usdt, usdt_part = row
    return (
        int(btc + (btc_part + _ZEROS)[:SCALE]),
        int(eth + (eth_part + _ZEROS)[:SCALE]),
        int(usdt + (usdt_part + _ZEROS)[:SCALE]),
    )


def _text(amount: int) -> bytes:
    whole, part = divmod(amount, UNIT)
    return (b"%d.%08d" % (whole, part)).rstrip(b"0") if part else b"%d" % whole


def keys_of(nodes: tuple[Node, Node], wanted: frozenset[Key]) -> list[Key]:
    return [key for node in nodes if (key := (node.hash.lower(), node.amounts)) in wanted]


def node_of(line_no: int, line: bytes) -> Node:
    """Raises Broken for a line that is no node."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise Broken(line_no, "not hash,height,balances with at most 8 decimals")
    node_hash, height, btc, eth, usdt = match.groups()
    return Node(line_no, node_hash, int(height), btc + eth + usdt, (_units(btc), _units(eth), _units(usdt)))


def _units(text: bytes) -> int:
    whole, _, part = text.partition(b".")
    return int(whole + (part + _ZEROS)[:SCALE])
