"""Single paths as Bybit and MEXC publish them: an honest one holds, every forgery is refused, and the one that paths
cannot see is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from indexer.core.amounts import format_amount
from indexer.liabilities import bybit, mexc
from indexer.liabilities.scheme import Scheme
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from tests.unit.liability_kit import json_document

ASSETS = bybit.VERSIONS["20-assets"]
LEFT, RIGHT, ROOT = 1, 2, 3
Node = dict[str, Any]
Amounts = Mapping[str, int]
"""Base units at 8 decimals."""


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _plus(one: Amounts, other: Amounts) -> Amounts:
    return {coin: one.get(coin, 0) + other.get(coin, 0) for coin in {**one, **other}}


class Kind(NamedTuple):
    """How a scheme writes its nodes: the key of balances, of the path, the lowest level, and its hashes."""

    scheme: Scheme
    balances: str
    path: str
    level: str
    lowest: int
    texts: Callable[[Amounts], dict[str, str]]
    leaf: Callable[[str, dict[str, str]], Node]
    parent: Callable[[str, str, Amounts, int], str]


def _bybit_texts(amounts: Amounts) -> dict[str, str]:
    return {asset: f"{amounts.get(asset, 0) // 10**8}.{amounts.get(asset, 0) % 10**8:08}" for asset in ASSETS}


def _bybit_leaf(user: str, texts: dict[str, str]) -> Node:
    return {"userHash": user, "hash": _sha(user + "".join(texts[asset] for asset in ASSETS))}


def _bybit_parent(left: str, right: str, sums: Amounts, height: int) -> str:
    return _sha(left + right + "".join(_bybit_texts(sums)[asset] for asset in ASSETS) + str(height))


def _mexc_texts(amounts: Amounts) -> dict[str, str]:
    coins = {"BTC", "ETH", "USDC", "USDT", *amounts}
    return {coin: format_amount(amounts.get(coin, 0), decimals=8) for coin in sorted(coins)}


def _mexc_leaf(user: str, texts: dict[str, str]) -> Node:
    stated = ",".join(f"{coin}:{texts[coin]}" for coin in sorted(texts))
    return {"proofId": "p", "accountId": user, "hash": _sha(f"p,{user},{stated}")[:32]}


def _mexc_parent(left: str, right: str, sums: Amounts, _level: int) -> str:
    stated = ",".join(f"{coin}:{text}" for coin, text in _mexc_texts(sums).items())
    return _sha(f"{left},{right},{stated}")[:32]


BYBIT = Kind(bybit, "balance", "path", "height", 1, _bybit_texts, _bybit_leaf, _bybit_parent)
MEXC = Kind(mexc, "balances", "pathList", "level", 0, _mexc_texts, _mexc_leaf, _mexc_parent)
kinds = pytest.mark.parametrize("kind", [BYBIT, MEXC], ids=["bybit", "mexc"])


def leaf(kind: Kind, user: str, amounts: Amounts) -> Node:
    texts = kind.texts(amounts)
    return kind.leaf(user, texts) | {kind.balances: texts}


def parent(kind: Kind, left: Node, right: Node, sums: Amounts, *, above: int) -> Node:
    """``above``: how many levels over the leaves."""
    digest = kind.parent(left["hash"], right["hash"], sums, kind.lowest + above)
    return {"hash": digest, kind.balances: kind.texts(sums)}


def placed(kind: Kind, node: Node, side: int, above: int) -> Node:
    return node | {"type": side, kind.level: kind.lowest + above}


def honest(kind: Kind) -> dict[str, Any]:
    """The second of four users, and their path of three nodes."""
    held: list[Amounts] = [{"BTC": 5}, {"BTC": 10**8, "ETH": 7}, {"USDT": 12}, {"BTC": 1}]
    users = [leaf(kind, f"user-{at}", amounts) for at, amounts in enumerate(held)]
    below, beside = _plus(held[0], held[1]), _plus(held[2], held[3])
    left = parent(kind, users[0], users[1], below, above=1)
    right = parent(kind, users[2], users[3], beside, above=1)
    top = parent(kind, left, right, _plus(below, beside), above=2)
    path = [placed(kind, users[0], LEFT, 0), placed(kind, right, RIGHT, 1), placed(kind, top, ROOT, 2)]
    return {"self": placed(kind, users[1], RIGHT, 0), kind.path: path}


def verdict_of(kind: Kind, shown: dict[str, Any], root: str | None = None) -> LiabilityVerdict:
    document = json_document("path.json", shown)
    assert kind.scheme.recognises(document)
    return kind.scheme.verify([document], root)


@kinds
def test_an_honest_path_holds(kind: Kind) -> None:
    shown = honest(kind)
    verdict = verdict_of(kind, shown, shown[kind.path][-1]["hash"])
    assert (verdict.valid, verdict.anchored, verdict.proven) == (True, Anchor.EQUAL, (Proven.INCLUSION,))
    owed = {total.asset: total.amount * 10 ** (8 - (total.scale or 0)) for total in verdict.totals if total.amount}
    assert owed == {"BTC": 10**8 + 6, "ETH": 7, "USDT": 12}
    assert verdict_of(kind, shown, "00" * 32).anchored is Anchor.DIFFERENT


def _own_amount(kind: Kind, shown: dict[str, Any]) -> None:
    shown["self"][kind.balances]["BTC"] = "2.00000000"


def _sibling_amount(kind: Kind, shown: dict[str, Any]) -> None:
    shown[kind.path][1][kind.balances]["USDT"] = "0.00000000"


def _lowered_all_along(kind: Kind, shown: dict[str, Any]) -> None:
    """Sibling and root agree with one another, but no longer with the hashes."""
    shown[kind.path][1][kind.balances]["USDT"] = shown[kind.path][2][kind.balances]["USDT"] = "0.00000011"


def _negative(kind: Kind, shown: dict[str, Any]) -> None:
    shown[kind.path][1][kind.balances]["ETH"] = "-0.00000007"


def _oversized(kind: Kind, shown: dict[str, Any]) -> None:
    shown[kind.path][1][kind.balances]["ETH"] = "9" * 90


def _swapped(kind: Kind, shown: dict[str, Any]) -> None:
    shown["self"]["type"], shown[kind.path][0]["type"] = LEFT, RIGHT


def _exchanged(kind: Kind, shown: dict[str, Any]) -> None:
    path = shown[kind.path]
    path[0], path[1] = placed(kind, path[1], path[0]["type"], 0), placed(kind, path[0], path[1]["type"], 1)


def _wrong_root(kind: Kind, shown: dict[str, Any]) -> None:
    shown[kind.path][-1]["hash"] = "0" * len(shown["self"]["hash"])


def _without_root(kind: Kind, shown: dict[str, Any]) -> None:
    del shown[kind.path][-1]


def _without_a_level(kind: Kind, shown: dict[str, Any]) -> None:
    del shown[kind.path][1]


def _a_level_twice(kind: Kind, shown: dict[str, Any]) -> None:
    shown[kind.path].insert(1, deepcopy(shown[kind.path][0]))


def _another_user(kind: Kind, shown: dict[str, Any]) -> None:
    key = "userHash" if kind is BYBIT else "accountId"
    shown["self"][key] = "user-9"


FORGERIES = [
    _own_amount, _sibling_amount, _lowered_all_along, _negative, _oversized, _swapped, _exchanged, _wrong_root,
    _without_root, _without_a_level, _a_level_twice, _another_user,
]  # fmt: skip


@kinds
@pytest.mark.parametrize("forge", FORGERIES)
def test_forgeries_are_refused(kind: Kind, forge: Callable[[Kind, dict[str, Any]], None]) -> None:
    shown = honest(kind)
    forge(kind, shown)
    verdict = verdict_of(kind, shown)
    assert (verdict.valid, verdict.proven) == (False, ())
    assert verdict.rejected_count


@kinds
def test_two_users_two_sums_cannot_be_seen_and_is_said(kind: Kind) -> None:
    """Alice and Bob are owed 10 each and the root says 10: both paths verify."""
    ten: Amounts = {"BTC": 10}
    alice, bob = leaf(kind, "alice", ten), leaf(kind, "bob", ten)
    root = placed(kind, parent(kind, alice, bob, ten, above=1), ROOT, 1)
    nothing = {kind.balances: kind.texts({})}
    for own, side, other in ((alice, LEFT, bob), (bob, RIGHT, alice)):
        beside = placed(kind, {"hash": other["hash"]} | nothing, LEFT + RIGHT - side, 0)
        verdict = verdict_of(kind, {"self": placed(kind, own, side, 0), kind.path: [beside, root]}, root["hash"])
        assert (verdict.valid, verdict.anchored) == (True, Anchor.EQUAL)
        assert Proven.SUMS not in verdict.proven
        assert any("two users different sums" in sentence for sentence in verdict.not_proven)
