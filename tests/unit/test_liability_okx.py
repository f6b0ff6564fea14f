"""OKX's Merkle schemes: whole trees, users' leaves, single paths, and the attack that paths cannot see."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.liabilities import okx_v1, okx_v2
from indexer.liabilities.scheme import BadDocument
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from scripts.benches.liability_trees import OkxLeaf, okx_balances, okx_leaf, okx_lines, okx_texts
from tests.unit.liability_kit import json_document, text_document

AMOUNTS = [(5, 0, 10**8), (10**8, 7, 0), (0, 0, 1), (1, 2, 3), (2**60, 0, 0)]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _user_hash(amounts: tuple[int, int, int], nonce: str = "n") -> str:
    btc, eth, usdt = okx_texts(amounts)
    return _sha(f'{nonce}{{"BTC":"{btc}","ETH":"{eth}","USDT":"{usdt}"}}')


def _user(amounts: list[tuple[int, int, int]], nonce: str = "n") -> dict[str, Any]:
    b, e, u = (sum(each[at] for each in amounts) for at in range(3))
    user_hash = _user_hash((b, e, u), nonce)
    nodes = [{"hash": okx_leaf(user_hash, each), "balances": okx_balances(each)} for each in amounts]
    return {"hash": user_hash, "nodes": nodes, "nonce": nonce, "totalBalances": okx_balances((b, e, u))}


def _leaves() -> list[OkxLeaf]:
    mine = _user(AMOUNTS[:2])["hash"]
    return [(mine, AMOUNTS[0]), *((f"{at:064x}", each) for at, each in enumerate(AMOUNTS[2:])), (mine, AMOUNTS[1])]


def _verify(lines: list[str], *users: dict[str, Any], root: str | None = None) -> LiabilityVerdict:
    tree = text_document("tree.txt", "\n".join(lines) + "\n")
    return okx_v2.verify([tree, *(json_document(f"user{at}.json", user) for at, user in enumerate(users))], root)


def test_a_whole_tree_with_pads_and_a_user_in_it() -> None:
    lines = okx_lines(_leaves())
    verdict = _verify(lines, _user(AMOUNTS[:2]), root=lines[0][:64])
    assert (verdict.valid, verdict.anchored, verdict.leaves) == (True, Anchor.EQUAL, 5)
    assert Proven.INCLUSION in verdict.proven
    assert [total.amount for total in verdict.totals] == [sum(each[at] for each in AMOUNTS) for at in range(3)]


@given(st.lists(st.tuples(*[st.integers(0, 2**50)] * 3), min_size=1, max_size=40))
def test_any_number_of_leaves(amounts: list[tuple[int, int, int]]) -> None:
    verdict = _verify(okx_lines([(f"{at:064x}", each) for at, each in enumerate(amounts)]))
    assert (verdict.valid, verdict.leaves) == (True, len(amounts))
    assert [total.amount for total in verdict.totals] == [sum(each[at] for each in amounts) for at in range(3)]


def test_every_changed_line_is_refused() -> None:
    honest = okx_lines(_leaves())
    for at, line in enumerate(honest):
        digest, height, balances = line.split(",", 2)
        for forged in (
            f"{digest[:-1]}{'0' if digest[-1] != '0' else '1'},{height},{balances}",
            f"{digest},{height},{balances.replace('USDT', 'usdt')}",
            f"{digest},{int(height) + 1},{balances}",
            line[:-2] + '9"}',
        ):
            lines = list(honest)
            lines[at] = forged
            assert not _verify(lines).valid, (at, forged)


def test_missing_added_and_swapped_lines_are_refused() -> None:
    honest = okx_lines(_leaves())
    for at in range(1, len(honest)):
        assert not _verify(honest[:at] + honest[at + 1 :]).valid
        assert not _verify([*honest[:at], honest[at], *honest[at:]]).valid
    for at in range(1, len(honest) - 1):
        swapped = [*honest[:at], honest[at + 1], honest[at], *honest[at + 2 :]]
        assert not _verify(swapped).valid


def test_a_negative_leaf_that_hashes_well_is_refused() -> None:
    verdict = _verify(okx_lines([("aa", (-5, 0, 0)), ("bb", (10, 0, 0))]))
    assert [each.reason for each in verdict.rejected] == ["a negative balance"]


def test_oversized_amounts_are_refused() -> None:
    assert not _verify([f'{"a" * 64},1,{{"BTC":"{"9" * 31}","ETH":"0","USDT":"0"}}']).valid


def test_a_users_leaves_must_all_be_there_as_often_as_claimed() -> None:
    lines = okx_lines(_leaves())
    assert not _verify(lines, _user([AMOUNTS[0], AMOUNTS[1], (0, 0, 9)])).valid
    user = _user(AMOUNTS[:2])
    user["nodes"].append(user["nodes"][0])
    assert not _verify(lines, user).valid  # does not sum to the whole balances
    twins = [_user([(3, 0, 0)]), _user([(3, 0, 0)])]
    shown_twice = okx_lines([(twins[0]["hash"], (3, 0, 0)), ("cc", (1, 1, 1))])
    assert _verify(shown_twice, twins[0]).valid
    assert not _verify(shown_twice, *twins).valid  # two users who were shown one leaf


def test_a_users_changed_balance_is_refused() -> None:
    lines = okx_lines(_leaves())
    for key in ("BTC", "ETH", "USDT"):
        user = _user(AMOUNTS[:2])
        user["totalBalances"][key] = "9"
        assert not _verify(lines, user).valid
        user = _user(AMOUNTS[:2])
        user["nodes"][0]["balances"][key] = "-1"
        assert not _verify(lines, user).valid


def test_two_trees_are_bad_input() -> None:
    tree = text_document("tree.txt", "\n".join(okx_lines(_leaves())))
    with pytest.raises(BadDocument):
        okx_v2.verify([tree, tree], None)


# --- single paths ----------------------------------------------------------------------------------------------------


def _v1_leaf(nonce: str, amounts: tuple[int, int, int]) -> str:
    return _user_hash(amounts, nonce)


def _v1_path(
    own: tuple[int, int, int], nonce: str, *, left: bool, sibling: dict[str, Any], root: dict[str, Any]
) -> dict[str, Any]:
    me = {
        "nonce": nonce,
        "hash": _v1_leaf(nonce, own),
        "type": 1 if left else 2,
        "height": 1,
        "balances": okx_balances(own),
    }
    return {"self": me, "path": [sibling | {"type": 2 if left else 1, "height": 1}, root]}


def _v1_root(left: str, right: str, sums: tuple[int, int, int]) -> dict[str, Any]:
    digest = _sha(left + right + "".join(okx_texts(sums)) + "2")
    return {"hash": digest, "type": 3, "height": 2, "balances": okx_balances(sums)}


def _verify_v1(path: dict[str, Any], root: str | None = None) -> LiabilityVerdict:
    return okx_v1.verify([json_document("path.json", path)], root)


def _honest_v1() -> dict[str, Any]:
    mine, other = (4, 0, 0), (6, 1, 0)
    root = _v1_root(_v1_leaf("a", mine), _v1_leaf("b", other), (10, 1, 0))
    return _v1_path(
        mine, "a", left=True, sibling={"hash": _v1_leaf("b", other), "balances": okx_balances(other)}, root=root
    )


def test_two_users_two_sums_is_accepted_by_v1_and_said_so() -> None:
    """Alice is owed 10, Bob 10, the root says 10: both their paths verify. The verdict must say what it cannot see."""
    alice, bob = (10, 0, 0), (10, 0, 0)
    hashes = _v1_leaf("alice", alice), _v1_leaf("bob", bob)
    root = _v1_root(*hashes, (10, 0, 0))
    nothing = okx_balances((0, 0, 0))
    shown_alice = _v1_path(alice, "alice", left=True, sibling={"hash": hashes[1], "balances": nothing}, root=root)
    shown_bob = _v1_path(bob, "bob", left=False, sibling={"hash": hashes[0], "balances": nothing}, root=root)
    for shown in (shown_alice, shown_bob):
        verdict = _verify_v1(shown, root["hash"])
        assert (verdict.valid, verdict.anchored) == (True, Anchor.EQUAL)
        assert Proven.SUMS not in verdict.proven
        assert any("two users different sums" in sentence for sentence in verdict.not_proven)


def test_v1_forgeries() -> None:
    assert _verify_v1(_honest_v1()).valid
    changed = _honest_v1()
    changed["self"]["balances"]["BTC"] = "0.00000005"
    swapped = _honest_v1()
    swapped["self"]["type"], swapped["path"][0]["type"] = 2, 1
    cut = _honest_v1()
    cut["path"] = cut["path"][:1]
    negative = _honest_v1()
    negative["path"][0]["balances"]["BTC"] = "-0.00000006"
    oversized = _honest_v1()
    oversized["path"][0]["balances"]["BTC"] = "9" * 60
    other_asset = _honest_v1()
    other_asset["self"]["balances"]["DOGE"] = "1"
    for forged in (changed, swapped, cut, negative, oversized, other_asset):
        assert not _verify_v1(forged).valid
    assert _verify_v1(_honest_v1(), "00" * 32).anchored is Anchor.DIFFERENT


def test_v1_pads_hold_nothing() -> None:
    mine, other = (4, 0, 0), (6, 1, 0)
    root = _v1_root(_v1_leaf("a", mine), _v1_leaf("a", mine), (10, 1, 0))
    path = _v1_path(
        mine, "a", left=True, sibling={"hash": _v1_leaf("a", mine), "balances": okx_balances(other)}, root=root
    )
    path["path"][0]["type"] = 4
    assert any("pad" in each.reason for each in _verify_v1(path).rejected)
