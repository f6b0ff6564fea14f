"""Honest trees in the published formats, for the tests to bend and the bench to time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from indexer.core.amounts import format_amount
from indexer.liabilities.bitmex_accounts import leaf_hash, sub_nonce

BitmexLeaf = tuple[int, bytes, int]
"""Account, nonce, value."""

OkxLeaf = tuple[str, tuple[int, int, int]]
"""User hash, amounts at 8 decimals."""


def bitmex_lines(leaves: Sequence[BitmexLeaf], *, height: int) -> list[str]:
    """The whole tree over a power of two of leaves, root first."""
    assert leaves
    assert not len(leaves) & (len(leaves) - 1), "a full binary tree"
    level = [
        (leaf_hash(sub_nonce(nonce, height=height, account=account), value=value, index=index), value)
        for index, (account, nonce, value) in enumerate(leaves)
    ]
    levels = [level]
    while len(level) > 1:
        level = [_bitmex_node(level[at], level[at + 1]) for at in range(0, len(level), 2)]
        levels.append(level)
    nodes = [f"{digest.hex()},{value}" for level in reversed(levels) for digest, value in level]
    return [f"block_height:{height}", *nodes]


def _bitmex_node(left: tuple[bytes, int], right: tuple[bytes, int]) -> tuple[bytes, int]:
    data = left[0] + left[1].to_bytes(8, "little") + right[0] + right[1].to_bytes(8, "little")
    return hashlib.sha256(data).digest(), left[1] + right[1]


def okx_texts(amounts: Sequence[int]) -> tuple[str, ...]:
    return tuple(format_amount(amount, decimals=8) for amount in amounts)


def okx_balances(amounts: Sequence[int]) -> dict[str, str]:
    return dict(zip(("BTC", "ETH", "USDT"), okx_texts(amounts), strict=True))


def okx_leaf(user_hash: str, amounts: Sequence[int]) -> str:
    return hashlib.sha256((user_hash + "".join(okx_texts(amounts))).encode()).hexdigest()


def okx_lines(leaves: Sequence[OkxLeaf]) -> list[str]:
    """The whole tree, root first, every level from right to left and padded to an even number."""
    level = [(okx_leaf(user_hash, amounts), amounts) for user_hash, amounts in leaves]
    levels, height = [], 1
    while True:
        if len(level) > 1 and len(level) % 2:
            level.append((level[-1][0], (0, 0, 0)))
        levels.append(level)
        if len(level) == 1:
            break
        height += 1
        level = [_okx_node(level[at], level[at + 1], height) for at in range(0, len(level), 2)]
    lines = []
    for down, nodes in enumerate(reversed(levels)):
        for digest, amounts in reversed(nodes):
            btc, eth, usdt = okx_texts(amounts)
            lines.append(f'{digest},{height - down},{{"BTC":"{btc}","ETH":"{eth}","USDT":"{usdt}"}}')
    return lines


def _okx_node(left: OkxLeaf, right: OkxLeaf, height: int) -> OkxLeaf:
    b0, e0, u0 = left[1]
    b1, e1, u1 = right[1]
    sums = (b0 + b1, e0 + e1, u0 + u1)
    return hashlib.sha256(f"{left[0]}{right[0]}{''.join(okx_texts(sums))}{height}".encode()).hexdigest(), sums
