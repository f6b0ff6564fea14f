"""okx-stark-v1: the synthetic publication of the published prover, and forgeries of it; never said to be sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.codec.evm_address import keccak256
from indexer.liabilities import okx_stark_v1
from indexer.liabilities.okx_stark_v1 import P, branch_root, leaf_hash
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from tests.shared import shared
from tests.unit.liability_kit import MemoryDocument, json_document

TRUNK = "93a480dfddb9a3c59de6e1401b959487b307e36a5bffdf14a1f85682c2af63ed"


def published() -> dict[str, MemoryDocument]:
    top = shared("okx", "stark_v1_synth")
    paths = [path for path in sorted(top.rglob("*.json")) if path.name != "user_data.json"]
    names = [str(path.relative_to(top)) for path in paths]
    return {name: MemoryDocument(name, path.read_bytes()) for name, path in zip(names, paths, strict=True)}


def verdict(documents: dict[str, MemoryDocument]) -> LiabilityVerdict:
    assert all(okx_stark_v1.recognises(document) for document in documents.values())
    return okx_stark_v1.verify(list(documents.values()), TRUNK)


def changed(name: str, change: Callable[[Any], None]) -> LiabilityVerdict:
    documents = published()
    content = json.loads(documents[name].data)
    change(content)
    documents[name] = json_document(name, content)
    return verdict(documents)


def test_the_publication_agrees_with_itself_and_is_called_unsound() -> None:
    seen = verdict(published())
    assert (seen.valid, seen.anchored, seen.version) == (True, Anchor.EQUAL, "unsound")
    assert seen.proven == (Proven.INCLUSION,)
    assert "SCHEME UNSOUND" in seen.not_proven[0]
    assert [(total.asset, total.amount) for total in seen.totals] == [
        ("BTC", 7761619),
        ("ETH", 10370118),
        ("USDT", 8170480),
    ]


def test_a_user_alone() -> None:
    name = "inclusion/user_3_inclusion_proof.json"
    seen = verdict({name: published()[name]})
    assert (seen.valid, seen.root_found) == (True, TRUNK)
    assert "SCHEME UNSOUND" in seen.not_proven[0]


def test_a_user_with_a_negative_coin_is_read_as_published() -> None:
    name = "inclusion/user_0_inclusion_proof.json"
    assert {total.asset: total.amount for total in verdict({name: published()[name]}).found}["USDT"] == -5


def batch(key: str, value: Any) -> Callable[[Any], None]:
    return lambda proof: proof["batch_inclusion_proof"].update({key: value})


def swapped(proof: Any) -> None:
    path = proof["batch_inclusion_proof"]["merkle_path"]
    path[1], path[2] = path[2], path[1]


def shifted(proof: Any) -> None:
    proof["batch_inclusion_proof"].update(BTC="339565", ETH="993908")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (batch("BTC", "339565"), "not the sum of the coins"),
        (shifted, "not the hash of the record"),
        (swapped, "does not lead to batch_mtree_root"),
        (batch("merkle_path", []), "not the hash of the record"),
        (batch("batch_mtree_root", "00" * 32), "does not lead to"),
        (batch("user_index", 1), "does not lead to"),
        (batch("user_index", 1 << 39), "outside the tree"),
        (batch("uts", 8), "uts is not"),
        (batch("total_value", "-1"), "outside its range"),
        (batch("BTC", str(1 << 200)), "outside its range"),
        (batch("BTC", None), "not a whole number"),
        (lambda proof: proof["batch_inclusion_proof"]["merkle_path"].pop(), "does not lead to"),
        (lambda proof: proof["trunk_inclusion_proof"].update(batch_id="00" * 32), "not the hash of the record"),
        (lambda proof: proof["config"].update(coins=["BTC", "ETH", "USDT", "USDT"]), "a coin twice"),
    ],
)
def test_a_forged_user_is_refused(change: Callable[[Any], None], reason: str) -> None:
    seen = changed("inclusion/user_0_inclusion_proof.json", change)
    assert not seen.valid
    assert reason in str(seen.rejected)


def test_an_omitted_batch_shows_in_the_sums() -> None:
    documents = {name: each for name, each in published().items() if not name.startswith("batches/a1/")}
    assert "do not add up" in str(verdict(documents).rejected)


def test_the_omitted_batch_of_a_user_is_named() -> None:
    documents = {name: each for name, each in published().items() if not name.startswith("batches/a0/")}
    assert "is not among the files" in str(verdict(documents).rejected)


def test_a_batch_twice_is_refused() -> None:
    documents = published()
    for file in ("sum_proof.json", "sum_values.json"):
        documents[f"batches/a9/{file}"] = MemoryDocument(f"batches/a9/{file}", documents[f"batches/a1/{file}"].data)
    assert "one batch under two names" in str(verdict(documents).rejected)


def test_exchanged_totals_of_two_batches_contradict_the_users_file() -> None:
    documents = published()
    one, other = (documents[f"batches/{folder}/sum_values.json"].data for folder in ("a0", "a1"))
    documents["batches/a0/sum_values.json"] = MemoryDocument("batches/a0/sum_values.json", other)
    documents["batches/a1/sum_values.json"] = MemoryDocument("batches/a1/sum_values.json", one)
    assert "differ from the user's file" in str(verdict(documents).rejected)


def test_a_changed_total_is_refused() -> None:
    seen = changed("trunk/sum_values.json", lambda values: values.update(BTC=7761618, ETH=10370119))
    assert "do not add up" in str(seen.rejected)
    seen = changed("trunk/sum_values.json", lambda values: values.update({"B\n": 0}))
    assert "a coin's name is not a short text" in str(seen.rejected)
    seen = changed("trunk/sum_values.json", lambda values: values.update(total_value=1))
    assert "not the sum of the coins" in str(seen.rejected)


def test_another_trunk_root_is_refused() -> None:
    seen = changed("trunk/sum_proof.json", lambda proof: proof.update(mtree_root="11" * 32))
    assert (seen.valid, seen.anchored) == (False, Anchor.DIFFERENT)


@given(st.lists(st.integers(-(2**60), 2**60), min_size=1, max_size=5), st.integers(2, 6), st.data())
def test_every_row_of_a_made_tree_leads_to_its_root(values: list[int], depth: int, data: st.DataObject) -> None:
    """Leaves interleaved in four quarters, as the prover permutes them."""
    count = 1 << depth
    row = data.draw(st.integers(0, count - 1))
    values = [*values, abs(sum(values))]
    leaf = leaf_hash(values, identity=bytes(32), random=bytes(32))
    rows = [keccak256(bytes([number])) for number in range(count)]
    rows[row] = leaf
    order = [number + quarter * (count // 4) for number in range(count // 4) for quarter in range(4)]
    level, at, path = [rows[number] for number in order], order.index(row), [leaf]
    while len(level) > 1:
        path.append(level[at ^ 1])
        level, at = [keccak256(level[n] + level[n + 1]) for n in range(0, len(level), 2)], at // 2
    assert branch_root(path, row=row) == level[0]


def test_a_negative_amount_is_hashed_modulo_the_field() -> None:
    coins = (P - 5).to_bytes(32) + (7).to_bytes(32)
    expected = keccak256((2).to_bytes(32) + keccak256(coins) + bytes(32) + bytes(32))
    assert leaf_hash([-5, 7], identity=bytes(32), random=bytes(32)) == expected
