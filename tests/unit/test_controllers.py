"""Who controls an address: weights, and the rule that silence is never an answer."""

from __future__ import annotations

import pytest

from chains.controllers import Authority, ControlKind, Controls, Weighted, by_address, by_key
from chains.types import Address, BlockRef, Failure, Reason

BLOCK = BlockRef(1, "0x01")
ALICE, BOB, CAROL = (by_address(Address(name)) for name in ("alice", "bob", "carol"))


def test_each_signer_counts_once_and_strangers_do_not() -> None:
    authority = Authority(ControlKind.SIGNER_LIST, 3, (Weighted(ALICE, 2), Weighted(BOB, 1)))
    assert authority.weight_of((ALICE, ALICE)) == 2
    assert authority.weight_of((ALICE, BOB, CAROL)) == 3
    assert authority.weight_of((CAROL,)) == 0


def test_a_key_and_an_address_of_the_same_text_are_two_signers() -> None:
    key = bytes(32)
    assert by_key(key) != by_address(Address(key.hex()))


def test_nobody_controls_by_no_weight_or_twice() -> None:
    with pytest.raises(AssertionError):
        Authority(ControlKind.MULTISIG, 0, (Weighted(ALICE),))
    with pytest.raises(AssertionError):
        Authority(ControlKind.MULTISIG, 1, (Weighted(ALICE), Weighted(ALICE, 2)))


def test_an_address_has_authorities_or_a_reason_never_both_and_never_neither() -> None:
    one = (Authority(ControlKind.OWN_KEY, 1, (Weighted(ALICE),)),)
    failure = Failure(Reason.UNSUPPORTED, "unknown code")
    assert Controls(BLOCK, [one, ()], {1: failure}).failures == {1: failure}
    with pytest.raises(AssertionError):
        Controls(BLOCK, [()], {})
    with pytest.raises(AssertionError):
        Controls(BLOCK, [one], {0: failure})
