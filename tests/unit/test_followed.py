"""A validator pays to an account of another chain: who controls that account is asked there, one step far."""

from __future__ import annotations

from collections.abc import Sequence

from chains.controllers import Authority, ControlKind, Weighted, by_address
from chains.types import Address, ChainId, Failure, Reason
from indexer.work.followed import Answers, followed

EXECUTION = ChainId("eip155:1")
THE_POD, THE_ACCOUNT = Address("0x70d"), Address("0xa1")
POD, OWNER, ALONE = (by_address(address) for address in (THE_POD, Address("0x0a"), THE_ACCOUNT))
TO_POD = Authority(ControlKind.WITHDRAWAL, 1, (Weighted(POD),), chain=EXECUTION)
TO_ACCOUNT = Authority(ControlKind.WITHDRAWAL, 1, (Weighted(ALONE),), chain=EXECUTION)
OF_POD = Authority(ControlKind.OWNER, 1, (Weighted(OWNER),), name="podOwner")
HERE = Authority(ControlKind.OWN_KEY, 1, (Weighted(ALONE),))
UNREAD = Failure(Reason.UNSUPPORTED, "no such validator")


class Execution:
    def __init__(self, answers: Answers | None) -> None:
        self.answers, self.asked = answers, list[tuple[ChainId, tuple[Address, ...]]]()

    async def __call__(self, chain: ChainId, addresses: Sequence[Address]) -> Answers | None:
        self.asked.append((chain, tuple(addresses)))
        return self.answers


async def test_the_owner_of_a_pod_stands_beside_the_pod() -> None:
    ask = Execution(((OF_POD,), (HERE,)))
    found = await followed(((TO_POD,), UNREAD, (TO_ACCOUNT,), (TO_POD,)), ask)
    assert found == ((TO_POD, OF_POD), UNREAD, (TO_ACCOUNT, HERE), (TO_POD, OF_POD))
    assert ask.asked == [(EXECUTION, (THE_POD, THE_ACCOUNT))], "each account is asked about once"


async def test_what_cannot_be_followed_stays_as_it_was() -> None:
    for answers in (None, (Failure(Reason.UNSUPPORTED, "a contract that names no owners"),)):
        assert await followed(((TO_POD,),), Execution(answers)) == ((TO_POD,),)


async def test_nothing_is_asked_where_no_other_chain_decides() -> None:
    ask = Execution(None)
    assert await followed(((HERE,), UNREAD), ask) == ((HERE,), UNREAD)
    assert ask.asked == []


async def test_one_of_several_who_decide_together_does_not_stand_for_all() -> None:
    both = Authority(ControlKind.MULTISIG, 2, (Weighted(POD), Weighted(ALONE)), chain=EXECUTION)
    assert await followed(((both,),), Execution(((OF_POD,), (HERE,)))) == ((both,),)
