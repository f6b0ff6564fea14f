"""Trees of records without sums, as The Network Firm's tools write them."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.liabilities import tnf, tnf_records
from indexer.liabilities.scheme import BadDocument
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from tests.unit.liability_kit import text_document

TOKENS = ("BTC", "ETH")
ROWS = [("alice", ("1.50", "0")), ("bob", ("0.1", "2.000")), ("carol", ("7", "8"))]


def _tree(leaves: list[str]) -> str:
    return "Level\tHash\r\n" + "".join(f"3,{at}\t{leaf}\r\n" for at, leaf in enumerate(leaves))


def _root(leaves: list[str]) -> str:
    level = [bytes.fromhex(leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [hashlib.sha256(b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0].hex()


def _leaf(uid: str, balances: tuple[str, ...], *, older: bool = False) -> str:
    return tnf_records.leaf_hashes(uid, balances, TOKENS)[older]


def _verify(tree: str, records: str, root: str | None = None) -> LiabilityVerdict:
    documents = [text_document("tree.txt", tree)]
    if records:
        documents.append(text_document("mine.csv", f"#ID,{','.join(TOKENS)}\n{records}"))
    return tnf.verify(documents, root)


def test_the_published_example_tree() -> None:
    """The five leaves and the root that the older tool's repository shows."""
    leaves = ["ec7062f87011b218", "6e49d1187238bf8b", "e5e21863decf6629", "ec7f9b77c0619357", "45b5e0b070b5d6b5"]
    root = "3c70b1b8436d23b0ee8147bc6f46b13e8ac34ea956e61dcf8096e8bd5e244a9a"
    verdict = _verify(_tree(leaves), "", root)
    assert (verdict.valid, verdict.leaves, verdict.anchored) == (True, 5, Anchor.EQUAL)
    assert verdict.totals == ()  # there are no sums in it


def test_both_forms_of_leaf_are_written_as_specified() -> None:
    named = hashlib.sha256(b"alice,BTC:1.5,ETH:0").hexdigest()[:16]
    joined = hashlib.sha256(b"1.500").hexdigest()
    older = hashlib.sha256((hashlib.sha256(b"alice").hexdigest() + joined).encode()).hexdigest()[:16]
    assert tnf_records.leaf_hashes("alice", ("1.50", "0"), TOKENS) == (named, older)


@pytest.mark.parametrize("older", [False, True])
def test_records_are_found_by_their_leaves(older: bool) -> None:
    leaves = [_leaf(uid, balances, older=older) for uid, balances in ROWS]
    verdict = _verify(_tree(leaves), "alice, 1.50, 0\n", _root(leaves))
    assert (verdict.valid, verdict.anchored) == (True, Anchor.EQUAL)
    assert verdict.proven == (Proven.INCLUSION, Proven.COMPLETENESS)
    assert [(total.amount, total.scale) for total in verdict.found] == [(15, 1), (0, 1)]


def test_forgeries() -> None:
    leaves = [_leaf(uid, balances) for uid, balances in ROWS]
    root = _root(leaves)
    for records in ("alice,1.51,0\n", "mallory,1.50,0\n", "alice,0,1.50\n", "alice,-1.5,0\n", f"alice,{'9' * 90},0\n"):
        assert not _verify(_tree(leaves), records, root).valid
    assert not _verify(_tree(leaves), "alice,1.50,0\nalice,1.50,0\n", root).valid  # one leaf, shown to two
    for bent in ([leaves[1], leaves[0], leaves[2]], leaves[:2], [*leaves, leaves[2]]):
        assert _verify(_tree(bent), "", root).anchored is Anchor.DIFFERENT
    assert not _verify(_tree(leaves) + "junk\n", "", root).valid
    assert not _verify("Level\tHash\n", "").valid


@given(st.integers(1, 40))
def test_any_number_of_leaves(count: int) -> None:
    leaves = [hashlib.sha256(bytes([at])).hexdigest()[:16] for at in range(count)]
    assert _verify(_tree(leaves), "").root_found == _root(leaves)


def _export(*, leaf: str | None = None, path: str | None = None) -> str:
    leaves = [_leaf(uid, balances) for uid, balances in ROWS]
    upper = hashlib.sha256(bytes.fromhex(leaves[0]) + bytes.fromhex(leaves[1])).hexdigest()
    pairs = f"{leaves[0]}:{leaves[1]}|{upper}:{leaves[2]}" if path is None else path
    head = "#position,leaf,userhash,BTC,ETH,proofAndPath,datasetFormat\n"
    return f"{head}1,{leaf or leaves[0]},alice,1.5,0,{pairs},2\n"


def test_an_exported_record_climbs_to_the_root() -> None:
    root = _root([_leaf(uid, balances) for uid, balances in ROWS])
    verdict = tnf.verify([text_document("export.csv", _export())], root)
    assert (verdict.valid, verdict.anchored, verdict.proven) == (True, Anchor.EQUAL, (Proven.INCLUSION,))


@pytest.mark.parametrize("path", ["", "zz", f"{'0' * 16}:{'1' * 16}"])
def test_a_broken_path_is_refused(path: str) -> None:
    assert not tnf.verify([text_document("export.csv", _export(path=path))], None).valid


def test_a_truncated_path_leads_to_another_root() -> None:
    leaves = [_leaf(uid, balances) for uid, balances in ROWS]
    verdict = tnf.verify([text_document("e.csv", _export(path=f"{leaves[0]}:{leaves[1]}"))], _root(leaves))
    assert verdict.anchored is Anchor.DIFFERENT


def test_files_that_are_no_records_are_bad_input() -> None:
    for bad in ("ID,BTC\n1,2\n", "#ID\n1\n", "#position,leaf,userhash,BTC,path,proof\n"):
        with pytest.raises(BadDocument):
            tnf.verify([text_document("bad.csv", bad)], None)
