"""What the chain says of those who signed, and what then counts toward the reserve."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.controllers import NOBODY, Authority, ControlKind, Signer, Weighted, by_address, by_key
from chains.ownership.types import Verdict
from chains.types import Address, ChainId, Failure, Reason
from indexer.core.ownership import counted, settled
from indexer.model.control import Held, OwnershipSummary, Said
from tests.unit.reports import total

ALICE, BOB, CAROL = (by_address(Address(f"0x{name}")) for name in ("a1", "b0", "ca"))
MALLORY = by_address(Address("0xbad"))
KEY = by_key(b"\x02" * 33)
TWO_OF_THREE = Authority(
    ControlKind.MULTISIG, 2, (Weighted(ALICE), Weighted(BOB), Weighted(CAROL)), name="getThreshold"
)
BY_KEY = Authority(ControlKind.PERMISSION, 3, (Weighted(KEY, 3), Weighted(ALICE, 1)), name="active")
STAKE = Authority(ControlKind.WITHDRAWAL, 1, (Weighted(CAROL),), chain=ChainId("eip155:1"))
HASHED = Authority(ControlKind.AUTHENTICATION_KEY, 1, (Weighted(MALLORY),))
DOWN = Failure(Reason.UNSUPPORTED, "a contract that names no owners")


@pytest.mark.parametrize(
    ("signers", "witnesses", "said", "words"),
    [
        ((ALICE, BOB), [(TWO_OF_THREE,)], Said.CONFIRMED, "2 of the 2 that multisig contract (getThreshold) asks"),
        ((ALICE, BOB), [(TWO_OF_THREE,)] * 3, Said.CONFIRMED, "2 of the 2"),
        ((ALICE,), [(TWO_OF_THREE,)], Said.TOO_FEW, "1 of the 2"),
        ((ALICE, ALICE), [(TWO_OF_THREE,)], Said.TOO_FEW, "1 of the 2"),
        ((KEY,), [(TWO_OF_THREE,)], Said.OTHERS, "multisig contract (getThreshold), 2 of 0xa1, 0xb0, 0xca"),
        ((KEY,), [(TWO_OF_THREE, BY_KEY)], Said.CONFIRMED, "3 of the 3 that account permission (active) asks"),
        ((ALICE,), [(BY_KEY,)], Said.TOO_FEW, "1 of the 3"),
        ((ALICE, BOB), [(TWO_OF_THREE,), (BY_KEY,)], Said.DISPUTED, "witnesses differ"),
        ((ALICE, BOB), [(TWO_OF_THREE,), (replace(TWO_OF_THREE, threshold=1),)], Said.DISPUTED, "witnesses differ"),
        ((ALICE, BOB), [(BY_KEY, TWO_OF_THREE), (TWO_OF_THREE, BY_KEY)], Said.CONFIRMED, "2 of the 2"),
        ((ALICE, BOB), [(TWO_OF_THREE,), DOWN], Said.UNREAD, "unsupported: a contract that names no owners"),
        ((ALICE, BOB), [DOWN], Said.UNREAD, "unsupported"),
        ((CAROL,), [(STAKE,)], Said.CONFIRMED, "withdrawal credentials"),
        ((ALICE,), [(STAKE,)], Said.UNREAD, "decided on another chain, which was not read"),
        ((ALICE, BOB), [(STAKE, TWO_OF_THREE)], Said.CONFIRMED, "2 of the 2"),
        ((MALLORY,), [(STAKE, TWO_OF_THREE)], Said.OTHERS, "withdrawal credentials, 1 of 0xca"),
        ((ALICE,), [(NOBODY,)], Said.OTHERS, "nobody can move what this address holds"),
        ((ALICE,), [(NOBODY,), (BY_KEY,)], Said.DISPUTED, "witnesses differ: no key, and account permission (active)"),
        ((ALICE,), [(HASHED,)], Said.HIDDEN, "not the one it obeys, or not alone: authentication key, 1 of 0xbad"),
        ((MALLORY,), [(HASHED,)], Said.CONFIRMED, "1 of the 1"),
        ((ALICE,), [(HASHED,), (BY_KEY,)], Said.DISPUTED, "witnesses differ"),
        ((KEY,), [(STAKE, TWO_OF_THREE)], Said.TOO_FEW, "a validator's own key cannot withdraw"),
    ],
)
def test_what_the_chain_says(signers: tuple[str, ...], witnesses: list[object], said: Said, words: str) -> None:
    found, detail = settled(signers, witnesses)  # type: ignore[arg-type]
    assert found is said
    assert words in detail


@given(st.lists(st.sampled_from([ALICE, BOB, CAROL, KEY])), st.lists(st.sampled_from(["all", "fails"]), min_size=1))
def test_nothing_is_confirmed_unless_every_witness_answered(signers: list[Signer], answers: list[str]) -> None:
    said, _ = settled(signers, [(TWO_OF_THREE,) if each == "all" else DOWN for each in answers])
    reached = len({ALICE, BOB, CAROL} & set(signers)) >= 2
    assert (said is Said.CONFIRMED) == (reached and "fails" not in answers)


def summary(*held: Held, judged: bool = True) -> OwnershipSummary:
    return OwnershipSummary(judged, (Verdict.OWNED,), (), held, {"ETH": 18}, {}, 0)


def test_only_what_counts_is_a_reserve() -> None:
    owned = Held("ETH", Verdict.OWNED, 2, 6, 8, counts=True)
    bad = Held("ETH", Verdict.BAD_SIGNATURE, 1, 4, None, counts=False)
    whole = total("ETH", low=10, high=None)
    (found,) = counted([whole], summary(owned, bad))
    assert (found.low, found.high, found.coverage) == (6, 8, whole.coverage)
    (none,) = counted([total("ETH", low=4, high=4)], summary(bad))
    assert (none.low, none.high) == (0, 0)


def test_a_high_that_is_unknown_stays_unknown() -> None:
    held = Held("ETH", Verdict.OWNED, 2, 6, None, counts=True)
    assert counted([total("ETH", low=6, high=None)], summary(held))[0].high is None


def test_where_nothing_is_judged_everything_counts() -> None:
    whole = [total("ETH")]
    assert counted(whole, None) == counted(whole, summary(judged=False)) == whole


def test_more_than_there_is_cannot_count() -> None:
    with pytest.raises(AssertionError):
        counted([total("ETH", low=1, high=1)], summary(Held("ETH", Verdict.OWNED, 1, 2, 2, counts=True)))
