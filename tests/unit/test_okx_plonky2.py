"""okx-plonky2: the published vector, and everything that must not pass for it."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities import okx_plonky2
from indexer.liabilities.poseidon_goldilocks import Hash4, P, hash_no_pad, two_to_one
from indexer.liabilities.scheme import BadDocument
from indexer.model.verdict import Anchor, CommittedTotal, LiabilityVerdict, Proven
from tests.shared import shared
from tests.unit.liability_kit import json_document, text_document

IDENTITY = "0123456789abcdef" * 4


def hexed(word: int) -> str:
    return okx_plonky2.root_hex(digest(word))


def digest(word: int) -> Hash4:
    return hash_no_pad([word])


def made() -> tuple[dict[str, Any], str]:
    """A fresh copy of the user below, and the root above them."""
    proof, root = _built()
    return json.loads(proof), root


@cache
def _built() -> tuple[str, str]:
    """A user at index 4 + 64 * 4 + 1: batches of four, two levels of 64 branches; and the root, built apart from the
    module.
    """
    limbs = [int(IDENTITY[at : at + 14], 16) for at in (0, 14, 28, 42)] + [int(IDENTITY[56:], 16)]
    node = hash_no_pad([*limbs, 12, 5])
    node = two_to_one(two_to_one(digest(1), node), digest(2))
    levels = []
    for position in (1, 1):
        left, right = [digest(n) for n in range(position)], [digest(n) for n in range(position, 63)]
        node = hash_no_pad([word for each in (*left, node, *right) for word in each])
        levels.append({"left_hashes": _hexed(left), "right_hashes": _hexed(right)})
    proof = {
        "account": {"id": IDENTITY, "equity": ["10", "2"], "debt": ["5", "0"]},
        "index": 65 * 4 + 1,
        "sum_tree_siblings": [hexed(1), hexed(2)],
        "recursive_tree_siblings": levels,
    }
    return json.dumps(proof), okx_plonky2.root_hex(node)


def _hexed(hashes: list[Hash4]) -> list[str]:
    return [okx_plonky2.root_hex(each) for each in hashes]


def sums(root: str, equity: int = 100, debt: int = 40) -> dict[str, Any]:
    raw = bytes.fromhex(root)
    root_words = [int.from_bytes(raw[at : at + 8], "little") for at in range(0, 32, 8)]
    return {"general": {"recursion_branchout_num": 64}, "proof": {"public_inputs": [equity, debt, *root_words]}}


def verdict(*proofs: Any, root: str | None = None) -> LiabilityVerdict:
    documents = [json_document(f"{number}.json", proof) for number, proof in enumerate(proofs)]
    return okx_plonky2.verify(documents, root)


def test_the_published_vector_leads_to_its_root() -> None:
    proof = json.loads(shared("okx", "v2_plonky2_inclusion_vector.json").read_text())
    root = okx_plonky2.root_hex(tuple(proof["root"]))
    seen = verdict(proof, root=root)
    assert (seen.valid, seen.anchored, seen.proven) == (True, Anchor.EQUAL, (Proven.INCLUSION,))
    assert [total.amount for total in seen.found] == [9, 3]
    account = okx_plonky2.read_inclusion(proof)
    leaf = okx_plonky2.leaf_hash(account.identity, equity=account.equity, debt=account.debt)
    assert list(leaf) == proof["leaf_hash"]


def test_a_user_with_the_sum_proof() -> None:
    proof, root = made()
    seen = verdict(sums(root), proof, root=root)
    assert (seen.valid, seen.anchored) == (True, Anchor.EQUAL)
    assert seen.totals == (
        CommittedTotal("all coins, equity", 100, None),
        CommittedTotal("all coins, debt", 40, None),
    )
    assert [total.amount for total in seen.found] == [12, 5]
    said = " ".join(seen.not_proven)
    for weakness in ("balance of each coin is not committed", "No total per coin", "trusts the circuit"):
        assert weakness in said


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("account", "equity", 0), "11"),
        (("account", "debt", 0), "4"),
        (("account", "id"), IDENTITY[::-1]),
        (("sum_tree_siblings",), [hexed(2), hexed(1)]),
        (("sum_tree_siblings",), [hexed(1)]),
        (("recursive_tree_siblings",), made()[0]["recursive_tree_siblings"][:1]),
        (("recursive_tree_siblings", 0, "right_hashes", 0), hexed(9)),
        (("index",), 65 * 4),
    ],
)
def test_a_changed_record_or_path_is_refused(path: tuple[str | int, ...], value: Any) -> None:
    proof, root = made()
    place: Any = proof
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    seen = verdict(sums(root), proof)
    assert not seen.valid
    assert seen.proven == ()
    assert verdict(proof, root=root).anchored is Anchor.DIFFERENT or not verdict(proof, root=root).valid


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("account", "equity", 0), "-1", "outside its range"),
        (("account", "equity", 0), str(P), "outside its range"),
        (("account", "equity"), [str(P - 1), "2"], "wraps around"),
        (("account", "equity", 0), 1.5, "not a whole number"),
        (("account", "equity", 0), True, "not a whole number"),
        (("account", "debt", 0), "13", "debts above equity"),
        (("account", "id"), "12", "32 bytes"),
        (("index",), 65 * 4 + 1 + (1 << 14), "beyond the tree"),
        (("index",), 66 * 4 + 1, "not the one the index names"),
        (("sum_tree_siblings", 0), "ff" * 32, "outside its range"),
        (("sum_tree_siblings", 0), [1, 2, 3], "not four words"),
        (("sum_tree_siblings",), [hexed(1)] * 33, "33 items"),
    ],
)
def test_values_out_of_place_are_named(path: tuple[str | int, ...], value: Any, reason: str) -> None:
    proof, _ = made()
    place: Any = proof
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    seen = verdict(proof)
    assert not seen.valid
    assert any(reason in rejected.reason for rejected in seen.rejected)


def test_levels_of_different_width_are_refused() -> None:
    proof, _ = made()
    proof["recursive_tree_siblings"][1]["right_hashes"].pop()
    assert "different numbers of branches" in str(verdict(proof).rejected)


@pytest.mark.parametrize("key", ["index", "sum_tree_siblings", "recursive_tree_siblings"])
def test_missing_parts_are_not_taken_for_empty(key: str) -> None:
    proof, _ = made()
    del proof[key]
    assert f"no {key}" in str(verdict(proof).rejected)


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(BadDocument):
        verdict({"index": 1})
    with pytest.raises(BadDocument):
        okx_plonky2.verify([text_document("x.json", '{"account": {"equity": [')], None)


def test_two_users_of_two_trees_do_not_make_one_verdict() -> None:
    one, _ = made()
    other = copy.deepcopy(one)
    other["account"]["equity"][0] = "11"
    assert "do not all lead to one root" in str(verdict(one, other).rejected)


def test_a_sum_proof_alone_proves_nothing() -> None:
    seen = verdict(sums(made()[1]))
    assert (seen.valid, seen.root_found, seen.proven) == (False, None, ())


def test_a_total_debt_above_equity_is_refused() -> None:
    proof, root = made()
    assert "debt above" in str(verdict(sums(root, equity=1, debt=2), proof).rejected)


@settings(deadline=None, max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_garbage_in_any_place_is_a_rejection(garbage: Any) -> None:
    for key in ("account", "index", "sum_tree_siblings", "recursive_tree_siblings"):
        proof, _ = made()
        proof[key] = garbage
        # The words in front make the file look like this scheme's, whatever happened to the account.
        seen = verdict({"title": {"account": 0, "equity": 0}, **proof})
        assert seen.rejected or verdict(proof, root=made()[1]).anchored is Anchor.DIFFERENT
