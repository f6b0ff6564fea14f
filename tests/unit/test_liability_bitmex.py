"""BitMEX-type trees: honest ones hold, every bent one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.liabilities import bitmex
from indexer.liabilities.scheme import BadDocument
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven
from scripts.benches.liability_trees import bitmex_lines
from tests.unit.liability_kit import text_document

NONCES = {1: b"\x01" * 32, 2: b"\x02" * 32, 7: b"\x07" * 32}
LEAVES = [(1, NONCES[1], 600), (2, NONCES[2], 5), (1, NONCES[1], 400), (7, NONCES[7], 2**63)]


def _lines() -> list[str]:
    return bitmex_lines(LEAVES, height=800_000)


def _verify(lines: list[str], *others: str, root: str | None = None) -> LiabilityVerdict:
    tree = text_document("tree.csv", "\n".join(lines) + "\n")
    return bitmex.verify([tree, *(text_document("mine.csv", other) for other in others)], root)


def test_the_whole_tree_and_one_account() -> None:
    lines = _lines()
    verdict = _verify(lines, f"1,{NONCES[1].hex()}\n", root=lines[1].split(",")[0])
    assert (verdict.valid, verdict.anchored, verdict.leaves) == (True, Anchor.EQUAL, 4)
    assert verdict.totals[0].amount == 1005 + 2**63
    assert verdict.found[0].amount == 1000
    assert set(verdict.proven) == set(Proven)


def test_another_published_root_is_seen() -> None:
    assert _verify(_lines(), root="00" * 32).anchored is Anchor.DIFFERENT


@pytest.mark.parametrize("line", range(1, 8))
def test_a_changed_amount_anywhere_is_refused(line: int) -> None:
    lines = _lines()
    digest, value = lines[line].split(",")
    lines[line] = f"{digest},{int(value) - 1}"
    assert not _verify(lines).valid


def test_lowered_leaf_and_ancestors_are_refused_by_the_hash() -> None:
    """Sums that agree with one another are not enough."""
    lines = _lines()
    for at in (1, 2, 4):
        digest, value = lines[at].split(",")
        lines[at] = f"{digest},{int(value) - 100}"
    assert {each.where for each in _verify(lines).rejected} == {"tree.csv:2", "tree.csv:3"}


def test_swapped_siblings_are_refused() -> None:
    lines = _lines()
    lines[4], lines[5] = lines[5], lines[4]
    assert not _verify(lines).valid


def test_a_tree_cut_within_a_level_is_refused() -> None:
    for kept in (3, 5, 6, 7):
        verdict = _verify(_lines()[:kept])
        assert (verdict.valid, verdict.leaves) == (False, None)


def test_a_tree_cut_at_a_whole_level_adds_up_so_the_verdict_warns_and_the_customer_sees() -> None:
    cut = _lines()[:4]
    verdict = _verify(cut)
    assert (verdict.valid, verdict.leaves) == (True, 2)
    assert any("cut at a whole level" in sentence for sentence in verdict.not_proven)
    assert not _verify(cut, f"1,{NONCES[1].hex()}\n").valid


def test_a_duplicated_leaf_is_refused() -> None:
    lines = _lines()
    lines[5] = lines[4]
    assert not _verify(lines).valid


@pytest.mark.parametrize(("value", "reason"), [(-5, "negative"), (2**64, "beyond 64 bits")])
def test_values_out_of_range_are_refused(value: int, reason: str) -> None:
    lines = _lines()
    lines[4] = f"{lines[4].split(',')[0]},{value}"
    assert any(reason in each.reason for each in _verify(lines).rejected)


def test_lines_that_are_no_nodes_are_refused() -> None:
    lines = _lines()
    lines[6] = "zz"
    assert not _verify(lines).valid
    assert not _verify(["block_height:1"]).valid


def test_expected_amounts_are_compared() -> None:
    amounts = "account,amount\n1,1000\n"
    assert _verify(_lines(), f"1,{NONCES[1].hex()}\n", amounts).valid
    assert not _verify(_lines(), f"1,{NONCES[1].hex()}\n", "account,amount\n1,1001\n").valid
    assert _verify(_lines(), f"9,{'09' * 32}\n", amounts).valid  # not listed: nothing is owed, and nothing is found
    assert not _verify(_lines(), f"9,{'09' * 32}\n").valid


def test_files_that_are_not_accounts_are_refused() -> None:
    for bad in ("1,nonce\n", "account,amount\n1,-5\n", "account,amount\n1,5\n1,6\n"):
        with pytest.raises(BadDocument):
            _verify(_lines(), bad if not bad.startswith("1") else f"1,{'00' * 32}\n{bad}")


def test_capitals_and_line_ends_are_no_difference() -> None:
    lines = [line.upper() if "," in line else line for line in _lines()]
    tree = text_document("tree.csv", "\r\n".join(lines))
    assert bitmex.verify([tree], None).valid


@given(st.integers(0, 4).flatmap(lambda deep: st.lists(st.integers(0, 2**40), min_size=2**deep, max_size=2**deep)))
def test_any_tree_sums_to_its_leaves(values: list[int]) -> None:
    lines = bitmex_lines([(at, bytes(32), value) for at, value in enumerate(values)], height=5)
    verdict = _verify(lines)
    assert (verdict.valid, verdict.leaves, verdict.totals[0].amount) == (True, len(values), sum(values))
