"""Nothing false is accepted: dishonest provers, customers shown what is not counted, other encodings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.liabilities.stark.encoding import SegmentProof, decode, encode, encoded_bytes, fingerprints_at
from indexer.liabilities.stark.errors import Malformed, ProofError, Refuted
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import climb
from indexer.liabilities.stark.kernels.blake3 import merkle_levels, siblings
from indexer.liabilities.stark.params import PRODUCT
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.user import Inclusion, check_user, leaf
from indexer.liabilities.stark.verifier import verify_segment
from tests.stark import kit
from tests.stark.forgers import FORGERS, ROW, Forger, forge


@pytest.mark.parametrize("forger", FORGERS, ids=lambda forger: forger.__name__)
def test_a_dishonest_prover_is_caught(forger: type[Forger]) -> None:
    stated, data = forge(forger)
    assert forger.reason
    with pytest.raises(ProofError, match=forger.reason):
        verify_segment(stated, 0, data)


class _Spoiled(SegmentProver):
    """One cell of one step changed, and everything after it done honestly on what it has become."""

    step: str
    row: int
    column: int
    by: int

    def base_trace(self) -> Words:
        return self.spoil("base", super().base_trace(), self.layout.limbs)

    def lookup_trace(self, rows: Words, beta: tuple[int, int, int, int, int]) -> Words:
        return self.spoil("lookup", super().lookup_trace(rows, beta), self.layout.running)

    def fingerprints(self, rows: Words, alpha: tuple[int, int, int, int, int]) -> Words:
        return self.spoil("fingerprints", super().fingerprints(rows, alpha), 5)

    def openings(self, z: tuple[int, int, int, int, int]) -> Words:
        opened = super().openings(z)
        place = (self.row * 7 + self.column) % len(opened)
        return self.spoil("openings", opened, 5, row=place)

    def spoil(self, step: str, cells: Words, columns: int, row: int | None = None) -> Words:
        if step == self.step:
            place = (self.row % self.params.active_rows if row is None else row, self.column % columns)
            cells[place] = (int(cells[place]) + self.by) % P
        return cells


@given(
    step=st.sampled_from(["base", "lookup", "fingerprints", "openings"]),
    row=st.integers(0, 5_000),
    column=st.integers(0, 500),
    by=st.integers(1, P - 1),
)
@settings(max_examples=150, deadline=None)
def test_no_cell_of_any_step_can_be_another(step: str, row: int, column: int, by: int) -> None:
    users = kit.population(kit.TINY, users=150, assets=2)
    stated = kit.statement(kit.TINY, users)
    prover = type("Spoiled", (_Spoiled,), {"step": step, "row": row, "column": column, "by": by})
    made = prover(stated, 0, users, kit.SEED)
    data = made.prove()
    with pytest.raises(ProofError):
        verify_segment(stated, 0, data)


# -- what a customer checks


@pytest.fixture(scope="module")
def proven() -> tuple[SegmentProver, Statement, bytes]:
    users = kit.population(kit.TEST, users=300, assets=3)
    stated = kit.statement(kit.TEST, users)
    prover = SegmentProver(stated, 0, users, kit.SEED)
    data = prover.prove()
    assert verify_segment(stated, 0, data) == stated.totals
    return prover, stated, data


def _refused(stated: Statement, data: bytes, shown: Inclusion, reason: str) -> None:
    with pytest.raises(ProofError, match=reason):
        check_user(stated, data, shown)


def test_every_customer_finds_their_place(proven: tuple[SegmentProver, Statement, bytes]) -> None:
    prover, stated, data = proven
    for slot in range(300):
        check_user(stated, data, kit.inclusion(prover, slot))


def test_a_customer_is_not_deceived(proven: tuple[SegmentProver, Statement, bytes]) -> None:
    prover, stated, data = proven
    mine, other = kit.inclusion(prover, ROW), kit.inclusion(prover, ROW + 1)
    more = (mine.balances[0] + 1, *mine.balances[1:])
    wrapped = (mine.balances[0] + kit.TEST.balance_end, *mine.balances[1:])
    for changed, reason in (
        ({"balances": more}, "leaf is not under"),
        ({"balances": wrapped}, "a balance is not in"),
        ({"balances": (-1, *mine.balances[1:])}, "a balance is not in"),
        ({"balances": mine.balances[1:]}, "not one balance an asset"),
        ({"user": "somebody-else"}, "leaf is not under"),  # shown another customer's leaf
        ({"slot": ROW + 1}, "leaf is not under"),
        ({"slot": ROW + 1, "siblings": other.siblings}, "leaf is not under"),
        ({"slot": -1}, "not among the segment's"),
        ({"slot": 300}, "not among the segment's"),
        ({"segment": 1}, "no such segment"),
        ({"salt": other.salt}, "leaf is not under"),
        ({"salt": mine.salt[1:]}, "a salt is 32 bytes"),
        ({"blind": other.blind}, "leaf is not under"),
        ({"blind": (mine.blind[0] + P, *mine.blind[1:])}, "no blind"),
        ({"siblings": mine.siblings[:-1]}, "not 10 siblings"),
        ({"siblings": (*mine.siblings, bytes(32))}, "not 10 siblings"),
        ({"siblings": (mine.siblings[0][1:], *mine.siblings[1:])}, "a sibling is 32 bytes"),
        ({"siblings": (bytes(32), *mine.siblings[1:])}, "leaf is not under"),
    ):
        _refused(stated, data, replace(mine, **changed), reason)


def test_a_customer_who_was_left_out_has_no_leaf(proven: tuple[SegmentProver, Statement, bytes]) -> None:
    prover, stated, data = proven
    omitted = replace(kit.inclusion(prover, 299), user="user-300", slot=299)
    _refused(stated, data, omitted, "leaf is not under")


def test_a_customer_on_a_mask_row_is_not_counted() -> None:
    """The tree of users is as wide as the trace, so a leaf can stand where nothing is constrained."""
    users = kit.population(kit.TINY, users=kit.TINY.active_rows, assets=1)
    stated = kit.statement(kit.TINY, users)
    outside = kit.TINY.active_rows + 1

    made = SegmentProver(stated, 0, users, kit.SEED)
    hidden = replace(kit.inclusion(made, 0), slot=outside, user="hidden")
    leaves = made.user_levels[0].copy()
    leaves[outside] = np.frombuffer(leaf(stated.digest, hidden), "<u4")
    made.user_levels = merkle_levels(leaves, 1)
    hidden = replace(hidden, siblings=tuple(siblings(made.user_levels, outside)))
    data = made.prove()
    verify_segment(stated, 0, data)
    root = decode(stated.layout, data).committed.user_root
    assert climb(leaf(stated.digest, hidden), outside, hidden.siblings) == (root, 0)
    _refused(stated, data, hidden, "not among the segment's")


def test_a_leaf_that_is_not_what_was_counted() -> None:
    """The split that broke the first published scheme: true leaves for customers, zeros in the totals."""
    shown = kit.population(kit.TEST, users=50, assets=2)
    counted = shown.balances.copy()
    counted[ROW] = 0
    users = replace(shown, balances=counted)
    stated = kit.statement(kit.TEST, users)
    prover = SegmentProver(stated, 0, users, kit.SEED)
    prover.user_levels = SegmentProver(stated, 0, shown, kit.SEED).user_levels
    data = prover.prove()
    assert verify_segment(stated, 0, data) == stated.totals  # the proof itself is true: of what was counted
    told = replace(kit.inclusion(prover, ROW), balances=tuple(int(each) for each in shown.balances[ROW]))
    _refused(stated, data, told, "not those that were counted in this place")
    at = fingerprints_at(stated.layout) + 20 * ROW
    patched = data[:at] + bytes(20) + data[at + 20 :]
    with pytest.raises(ProofError):
        verify_segment(stated, 0, patched)


def test_a_customer_under_another_root_of_users(proven: tuple[SegmentProver, Statement, bytes]) -> None:
    prover, stated, _ = proven
    data = SegmentProver(stated, 0, prover.users, bytes(32)).prove()  # the same users, other salts
    _refused(stated, data, kit.inclusion(prover, ROW), "leaf is not under")


# -- one statement, one snapshot, one place


def test_a_proof_is_of_one_snapshot_only(proven: tuple[SegmentProver, Statement, bytes]) -> None:
    prover, stated, data = proven
    for other in (
        replace(stated, snapshot="2026-12"),
        replace(stated, assets=(*stated.assets[:-1], stated.assets[-1]._replace(name="other"))),
        replace(stated, assets=(*stated.assets[:-1], stated.assets[-1]._replace(decimals=9))),
        replace(stated, users=stated.users - 1),
        replace(stated, totals=(stated.totals[0] - 1, *stated.totals[1:])),
        replace(stated, params=replace(stated.params, name="other")),
    ):
        with pytest.raises(Refuted, match="another statement"):
            verify_segment(other, 0, data)
        _refused(other, data, kit.inclusion(prover, ROW), "another statement")


def test_a_header_that_claims_another_statement_has_other_challenges(
    proven: tuple[SegmentProver, Statement, bytes],
) -> None:
    _, stated, data = proven
    other = replace(stated, snapshot="2026-12")
    moved = encode(stated.layout, replace(decode(stated.layout, data), statement=other.digest))
    with pytest.raises(Refuted):
        verify_segment(other, 0, moved)


def test_a_segment_has_one_place() -> None:
    users = kit.population(kit.TINY, users=kit.TINY.active_rows, assets=1)
    twice = replace(kit.statement(kit.TINY, users), users=2 * kit.TINY.active_rows)
    data = SegmentProver(twice, 0, users, kit.SEED).prove()
    verify_segment(twice, 0, data)
    with pytest.raises(Refuted, match="segment 0 in the place of segment 1"):
        verify_segment(twice, 1, data)
    for absent in (2, -1):
        with pytest.raises(Malformed, match="no such segment"):
            verify_segment(twice, absent, data)
    renamed = encode(twice.layout, replace(decode(twice.layout, data), segment=1))
    with pytest.raises(Refuted):
        verify_segment(twice, 1, renamed)


# -- encodings


_SECTIONS: dict[str, Callable[[SegmentProof], Words]] = {
    "blind_sum": lambda proof: proof.committed.blind_sum,
    "fingerprints": lambda proof: proof.fingerprints,
    "openings": lambda proof: proof.openings,
    "final": lambda proof: proof.final,
    "base rows": lambda proof: proof.rows[0][:, :-4],
    "lookup rows": lambda proof: proof.rows[1][:, :-4],
    "quotient rows": lambda proof: proof.rows[2][:, :-4],
    "first layer": lambda proof: proof.fri_leaves[0],
    "second layer": lambda proof: proof.fri_leaves[1],
}


@pytest.mark.parametrize("section", _SECTIONS)
def test_an_element_has_one_spelling(section: str, proven: tuple[SegmentProver, Statement, bytes]) -> None:
    """The same element, P greater: it would be the same to all arithmetic."""
    _, stated, data = proven
    copy = bytearray(data)
    cells = _SECTIONS[section](decode(stated.layout, copy))  # type: ignore[arg-type]
    place = tuple(np.array(cells.shape) // 2)
    cells.setflags(write=True)
    cells[place] = int(cells[place]) + P
    with pytest.raises(Malformed, match="a field element is not below P"):
        verify_segment(stated, 0, bytes(copy))


def test_only_one_length_is_read(proven: tuple[SegmentProver, Statement, bytes]) -> None:
    _, stated, data = proven
    assert len(data) == encoded_bytes(stated.layout)
    middle = len(data) // 2
    for wrong in (b"", data[:-1], data + b"\0", data[:-32], data[:middle] + data[middle + 32 :], data + bytes(32)):
        with pytest.raises(Malformed, match="bytes, not"):
            verify_segment(stated, 0, wrong)
    with pytest.raises(Malformed, match="no segment of this scheme"):
        verify_segment(stated, 0, b"A" + data[1:])


def test_a_proof_of_test_parameters_is_nothing_to_the_product(
    proven: tuple[SegmentProver, Statement, bytes],
) -> None:
    _, stated, data = proven
    with pytest.raises(Malformed):
        verify_segment(replace(stated, params=PRODUCT), 0, data)
