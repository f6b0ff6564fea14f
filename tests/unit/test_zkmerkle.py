"""binance-zkmerkle and gate-zkmerkle: Gate's publication, made ones of both layouts, and forgeries of each part."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities import binance_zkmerkle, gate_zkmerkle
from indexer.liabilities.poseidon_bn254 import R, poseidon
from indexer.liabilities.scheme import BadDocument
from indexer.liabilities.zkmerkle import Holding, Layout, dense_leaf, empty_root
from indexer.model.verdict import Anchor, CommittedTotal, LiabilityVerdict, Proven
from tests.shared import shared
from tests.unit import zkmerkle_kit as kit
from tests.unit.liability_kit import MemoryDocument, file_document, json_document, text_document

GATE_ROOT = "2e7e01ad51d5c668e8d581be83fcfe806644b7c834876d540b188816a67778e6"


def gate(*names: str, change: Callable[[Any], None] = lambda _: None) -> LiabilityVerdict:
    """Gate's published files; ``change`` is applied to the last, a JSON file."""
    documents = [file_document(shared("gateio", name)) for name in names]
    content = json.loads(documents[-1].data)
    change(content)
    return gate_zkmerkle.verify([*documents[:-1], json_document(names[-1], content)], GATE_ROOT)


def binance(*documents: MemoryDocument) -> LiabilityVerdict:
    assert all(binance_zkmerkle.recognises(document) for document in documents)
    return binance_zkmerkle.verify(documents, None)


@cache
def commitments() -> tuple[int, int]:
    return kit.table_hash(emptied=True), kit.table_hash(emptied=False)


def test_gates_publication_holds_from_the_empty_tree_to_the_totals() -> None:
    seen = gate("proof.csv", "cex_config.json", "user_config.json")
    assert (seen.valid, seen.anchored) == (True, Anchor.EQUAL)
    assert seen.proven == (Proven.INCLUSION, Proven.COMPLETENESS)
    assert len(seen.totals) == 462
    assert sum(total.amount for total in seen.totals) == 29774
    assert seen.found == (CommittedTotal("dbc", 29774, 8),)
    assert "Groth16 proof of each batch was not verified" in seen.not_proven[0]


def test_the_empty_tree_is_the_one_gates_verifier_names() -> None:
    assert f"{empty_root(Layout(800, 2, 1)):064x}" == "037bf6d8fe5b7cbaecf7b35604b57f82173f5c8155c1c750cef00afebcd65436"


def edit(key: str, value: Any) -> Callable[[Any], None]:
    return lambda proof: proof.update({key: value})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edit("TotalAssetEquity", 1737312900000001), "do not lead to the root"),
        (edit("Arrangement", 1), "do not lead to the root"),
        (edit("TreeRootHash", "00" * 32), "do not lead to the root"),
        (edit("UniqueIdentification", "15" * 32), "do not lead to the root"),
        (edit("AssetDetails", []), "do not lead to the root"),
        (edit("AssetDetails", [{"Index": 110, "Equity": 29774, "Debt": -1}]), "outside its range"),
        (edit("AssetDetails", [{"Index": 110, "Equity": 1 << 64, "Debt": 0}]), "outside its range"),
        (edit("AssetDetails", [{"Index": 110, "Equity": 29774}]), "no Debt"),
        (edit("AssetDetails", [{"Index": 110, "Equity": 1, "Debt": 0}] * 2), "there twice"),
        (edit("Arrangement", 1 << 28), "outside its range"),
        (edit("UniqueIdentification", f"{R:064x}"), "not below the field's modulus"),
        (lambda proof: proof["MerkleProofEncode"].pop(), "a path of 27 hashes"),
        (lambda proof: proof["MerkleProofEncode"].append("AA=="), "29 items"),
        (lambda proof: proof["MerkleProofEncode"].reverse(), "do not lead to the root"),
        (edit("TotalAssetDebt", 1 << 60), "debts above equity"),
        (lambda proof: proof.pop("TotalAssetDebt"), "no TotalAssetDebt"),
    ],
)
def test_a_forged_user_of_gate_is_refused(change: Callable[[Any], None], reason: str) -> None:
    seen = gate("user_config.json", change=change)
    assert (seen.valid, seen.proven) == (False, ())
    assert reason in str(seen.rejected)


def row(index: int, **values: Any) -> Callable[[Any], None]:
    return lambda config: config["CexAssetsInfo"][index].update(values)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (row(110, TotalEquity=29773), "not those of the published asset table"),
        (row(3, BasePrice=1), "does not go on from the totals before it"),
        (row(3, TotalDebt=1), "owe more than they own"),
        (row(3, Index=4), "there twice"),
        (row(3, TotalEquity=-1), "outside its range"),
        (edit("CexAssetsInfo", []), "is empty"),
    ],
)
def test_a_forged_asset_table_of_gate_is_refused(change: Callable[[Any], None], reason: str) -> None:
    seen = gate("proof.csv", "cex_config.json", change=change)
    assert not seen.valid
    assert reason in str(seen.rejected)


def test_an_amount_at_another_price_contradicts_the_table() -> None:
    seen = gate("cex_config.json", "user_config.json", change=edit("TotalAssetEquity", 1))
    assert "not the sum of amount times price" in str(seen.rejected)


def test_a_tiered_user_is_under_its_root() -> None:
    seen = binance(json_document("user_config.json", kit.tiered_user()))
    assert (seen.valid, seen.version, seen.proven) == (True, "with collateral", (Proven.INCLUSION,))
    assert [(total.asset, total.amount) for total in seen.found] == [("asset 2", 70), ("asset 60", 7)]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("TotalCollateral",), 501, "do not lead to the root"),
        (("TotalCollateral",), 299, "debts above collateral"),
        (("Assets", 0, "Loan"), 41, "do not lead to the root"),
        (("Assets", 0, "Loan"), 101, "more of an asset pledged than held"),
        (("Assets", 0, "Index"), 3, "do not lead to the root"),
        (("Assets", 0, "Margin"), None, "not a whole number"),
    ],
)
def test_a_forged_tiered_user_is_refused(path: tuple[str | int, ...], value: Any, reason: str) -> None:
    proof: Any = kit.tiered_user()
    place = proof
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert reason in str(binance(json_document("user_config.json", proof)).rejected)


# binance/zkmerkle-proof-of-solvency, verifier/config/user_config.json @ 49843eaf: 350 assets with collateral. The
# leaf is what
# the published path leads from to the published root.
RELEASED = {
    0: Holding(14571647457, 184812783, 7285823729, 3642911864, 1821455932),
    1: Holding(25424316291, 3323064077, 12712158145, 6356079073, 3178039536),
    2: Holding(57834282404, 19716095367, 28917141202, 14458570601, 7229285300),
    3: Holding(25100, 669524367015, 12550, 6275, 3138),
}
RELEASED_HEAD = [0x6D, 107595993240612342000000, 4812541145779934000000, 4861152676874104600000]
RELEASED_LEAF = 0x27D41F50D8BD1EBA995EE1BA54E14761B2FF3F5D75E335AA9DD002DC19ED07D1


def test_the_leaf_of_binances_released_sample() -> None:
    assert dense_leaf(RELEASED_HEAD, RELEASED, Layout(350, 5, 1)) == RELEASED_LEAF


def test_the_first_release_took_the_other_word_of_the_state() -> None:
    """The empty subtree of height 14 in Binance's first user file is that of 256 elements, word 0."""
    siblings = json.loads(shared("binance", "user_config_c1884aa.json").read_text())["Proof"]
    node = dense_leaf([0, 0, 0], {}, Layout(384, 2, 0))
    for _ in range(14):
        node = poseidon([node, node], word=0)
    assert kit.element(node) == siblings[14]


def test_binances_first_user_file_does_not_lead_to_the_root_beside_it() -> None:
    """Its record seems to be a placeholder: the total equity is the bare amount of asset 7, which is AGLD at a price of
    0.272 in the sample users of that release, whose code multiplies amount by price. The path is of a real tree.
    """
    seen = binance(file_document(shared("binance", "user_config_c1884aa.json")))
    assert (seen.valid, seen.proven) == (False, ())
    assert "do not lead to the root" in str(seen.rejected)


def test_binances_asset_table_alone_proves_nothing() -> None:
    assert "nothing to recompute" in str(binance(file_document(shared("binance", "verifier_config.json"))).rejected)


def test_batches_of_one_root_lead_to_the_table() -> None:
    seen = binance(kit.batches(kit.one_root_rows(*commitments())), json_document("config.json", kit.table()))
    assert (seen.valid, seen.root_found) == (True, f"{999:064x}")
    assert seen.proven == (Proven.COMPLETENESS,)
    assert seen.totals == (CommittedTotal("btc", 800, 8), CommittedTotal("shib", 50, None))


def test_batches_of_two_roots_lead_from_the_empty_tree_to_the_table() -> None:
    empty = poseidon([0] * 5)
    for _ in range(28):
        empty = poseidon([empty, empty])
    rows = kit.two_root_rows(empty, *commitments())
    seen = binance(kit.batches(rows), json_document("config.json", kit.table()))
    assert (seen.valid, seen.root_found) == (True, f"{8:064x}")
    rows = kit.two_root_rows(5, *commitments())
    seen = binance(kit.batches(rows), json_document("config.json", kit.table()))
    assert "does not start from an empty tree" in str(seen.rejected)


def renumbered(*numbers: int) -> Callable[[list[Any]], list[Any]]:
    return lambda rows: [{**each, "batch_number": number} for each, number in zip(rows, numbers, strict=True)]


def replaced(**values: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda rows: [rows[0], {**rows[1], **values}, rows[2]]


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (lambda rows: rows[:2], "not those of the published asset table"),
        (lambda rows: [rows[0], rows[2]], "batch 2 where batch 1 should be"),
        (lambda rows: rows[1:], "batch 1 where batch 0 should be"),
        (lambda rows: [*rows, rows[1]], "batch 1 where batch 2 should be"),
        (renumbered(0, 2, 1), "does not go on from the totals before it"),
        (renumbered(1, 0, 2), "its accounts do not follow on"),
        (replaced(batch_commitment=kit.element(1)), "not the hash of its values"),
        (replaced(account_tree_roots=[kit.element(998)]), "is of another tree"),
        (replaced(min_account_index=701), "its accounts do not follow on"),
        (replaced(max_account_index=-1), "outside its range"),
        (replaced(account_tree_roots=[]), "one or two roots"),
        (replaced(account_tree_roots="[[["), "not a JSON list"),
        (replaced(cex_asset_list_commitments=["*", "*"]), "32 bytes in base64"),
        (replaced(batch_number="x"), "not a whole number"),
    ],
)
def test_a_forged_chain_is_refused(forge: Callable[[list[Any]], list[Any]], reason: str) -> None:
    rows = forge(kit.one_root_rows(*commitments()))
    seen = binance(kit.batches(rows), json_document("config.json", kit.table()))
    assert not seen.valid
    assert reason in str(seen.rejected)


def test_the_order_of_rows_does_not_matter() -> None:
    rows = kit.one_root_rows(*commitments())[::-1]
    assert binance(kit.batches(rows), json_document("config.json", kit.table())).valid


def test_batches_without_the_table_are_tied_to_no_totals() -> None:
    seen = binance(kit.batches(kit.one_root_rows(1, 2)))
    assert (seen.valid, seen.totals, seen.proven) == (True, (), ())
    assert "not tied to any totals" in str(seen.not_proven)


def test_a_user_of_another_tree_is_refused() -> None:
    user = json_document("user_config.json", kit.tiered_user())
    seen = binance(kit.batches(kit.one_root_rows(1, 2)), user)
    assert "under another root" in str(seen.rejected)


def test_nothing_to_recompute_is_not_valid() -> None:
    assert "nothing to recompute" in str(binance(json_document("config.json", kit.table())).rejected)
    assert not binance(kit.batches([{**kit.one_root_rows(1, 2)[0], "batch_number": "x"}])).valid


@pytest.mark.parametrize("data", [b'a,"batch_commitment', b"\xff", b"batch_commitment,account_tree_roots\n", b""])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(BadDocument):
        binance_zkmerkle.verify([MemoryDocument("x.csv", data)], None)
    with pytest.raises(BadDocument):
        gate_zkmerkle.verify([text_document("x.json", '{"UniqueIdentification" "Arrangement"')], None)


@settings(deadline=None, max_examples=30)
@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner, max_size=3)), st.data())
def test_garbage_in_any_place_is_a_rejection(garbage: Any, data: st.DataObject) -> None:
    proof = kit.tiered_user()
    proof[data.draw(st.sampled_from(sorted(proof)))] = garbage
    assert not binance(json_document("user_config.json", proof)).valid
