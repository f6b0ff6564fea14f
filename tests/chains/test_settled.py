"""What is answered alike before and after a block became irreversible was held in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from chains.answers import Held, Outcome
from chains.errors import RpcFault, Transport
from chains.settled import ROUNDS_MAX, settled
from chains.types import BlockRef, Failure, Liquidity

START = BlockRef(10, "10")


class Chain:
    """A head that is ``ahead`` of the irreversible block; each look at that is a block later. ``says``: by round."""

    def __init__(self, *says: Mapping[str, Outcome], ahead: int = 0) -> None:
        self.says: Sequence[Mapping[str, Outcome]] = says
        self.final_height, self.ahead, self.rounds = 10, ahead, 0

    async def ask(self) -> tuple[int, Mapping[str, Outcome]]:
        found = self.says[min(self.rounds, len(self.says) - 1)]
        self.rounds += 1
        return self.final_height + self.ahead, found

    async def final(self) -> BlockRef:
        self.final_height += 1
        return BlockRef(self.final_height, str(self.final_height))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.settled.POLL_S", 0)
    monkeypatch.setattr("chains.settled.POLLS_MAX", 20)


async def test_the_block_is_not_older_than_the_first_answers() -> None:
    chain = Chain({"a": Held(5)}, ahead=7)
    assert await settled(chain.ask, chain.final, not_before=START) == (BlockRef(17, "17"), {"a": Held(5)})
    assert chain.rounds == 2


async def test_what_is_locked_counts_as_well() -> None:
    held = [Held(5, {Liquidity.STAKED: number}) for number in (1, 2, 2)]
    chain = Chain(*({"a": one} for one in held))
    assert (await settled(chain.ask, chain.final, not_before=START))[1] == {"a": held[-1]}
    assert chain.rounds == 3


async def test_what_moves_each_time_has_no_amount() -> None:
    chain = Chain(*({"a": Held(number), "b": Held(7)} for number in range(ROUNDS_MAX + 1)))
    _, found = await settled(chain.ask, chain.final, not_before=START)
    assert isinstance(found["a"], Failure)
    assert found["b"] == Held(7)
    assert chain.rounds == ROUNDS_MAX + 1


async def test_a_refusal_stays_one_and_is_not_waited_for() -> None:
    chain = Chain({"a": RpcFault(1, "no")}, {"a": RpcFault(1, "no")})
    assert isinstance((await settled(chain.ask, chain.final, not_before=START))[1]["a"], RpcFault)
    assert chain.rounds == 2


async def test_one_refusal_is_no_amount_of_that_block() -> None:
    says: list[dict[str, Outcome]] = [{"a": RpcFault(1, "no")}, {"a": Held(5)}]
    chain = Chain(*says * 3)
    assert not isinstance((await settled(chain.ask, chain.final, not_before=START))[1]["a"], Held)


async def test_no_keys_are_not_waited_for() -> None:
    chain = Chain({}, ahead=1000)
    assert await settled(chain.ask, chain.final, not_before=START) == (BlockRef(11, "11"), {})


async def test_a_chain_that_does_not_come_so_far_says_nothing() -> None:
    with pytest.raises(Transport):
        await settled((chain := Chain({"a": Held(5)}, ahead=100)).ask, chain.final, not_before=START)
    with pytest.raises(Transport):
        await settled((chain := Chain({"a": Held(5)})).ask, chain.final, not_before=BlockRef(100, "100"))
