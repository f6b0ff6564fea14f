"""A user's own file of the second OKX scheme (user_info_file.json): the leaves that are theirs, each with a part of
their balances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from indexer.core.amounts import BadAmount, parse_amount
from indexer.liabilities.okx_v1 import ASSETS
from indexer.liabilities.okx_v2_nodes import Amounts, Key
from indexer.liabilities.scheme import BadDocument, Document, Rejections, json_object
from indexer.liabilities.sum_path import SCALE


class User(NamedTuple):
    where: str
    total: Amounts
    leaves: Counter[Key]


def is_user(document: Document) -> bool:
    head = document.head.lstrip()
    return head.startswith(b"{") and b'"nodes"' in head


def read_user(document: Document, rejections: Rejections) -> User | None:
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
    if sha256(f"{nonce}{{{stated}}}".encode()).hexdigest() != user_hash.lower():
        rejections.add(document.name, "the user hash is not that of the nonce and the whole balances")
    held = tuple(sum(amounts[at] * times for (_, amounts), times in leaves.items()) for at in range(len(ASSETS)))
    if held != total:
        rejections.add(document.name, "the leaves do not sum to the whole balances")
    return User(document.name, total, leaves)


def _leaf(node: object, user_hash: str) -> Key:
    """Raises ValueError."""
    if not isinstance(node, dict) or not isinstance(node.get("hash"), str):
        raise ValueError("a leaf without hash and balances")
    texts, amounts = _balances(node.get("balances"))
    computed = sha256((user_hash + "".join(texts)).encode()).hexdigest()
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


def find_leaves(users: Sequence[User], met: Counter[Key], rejections: Rejections) -> None:
    """Every leaf of every user as often in the tree as the users together claim it."""
    claimed: Counter[Key] = Counter()
    for user in users:
        claimed.update(user.leaves)
    for user in users:
        for key in user.leaves:
            if met[key] < claimed[key]:
                reason = f"leaf {key[0].decode()} is {met[key]} times in the tree, claimed {claimed[key]} times"
                rejections.add(user.where, reason)
