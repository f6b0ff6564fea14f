"""Filecoin's traps: parent state, null rounds, lookback, a reorganisation, and nodes without F3."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chains.codec import filecoin
from chains.errors import ChainError, NotFinal, Pruned, Reorged
from chains.filecoin.adapter import FINALITY_EPOCHS
from chains.types import Address, BalanceKey, Failure, Liquidity, Reason
from tests.chains.harness_filecoin import NATIVE, SPEC, Lotus, cid, key
from tests.chains.kit import asking
from tests.chains.world import World, grown

KEY = key(1)


def world() -> World:
    return grown(lambda n: {KEY: 100 * n}, 4, settle=1)


async def test_the_state_is_that_after_the_tipset_not_before() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        final = await ask.final()
        assert await ask.amounts(KEY) == [made.at(final.height)[KEY]]
        assert made.at(final.height - 1)[KEY] != made.at(final.height)[KEY]
        asked = [params for method, params in node.calls if method == "Filecoin.StateGetActor"]
        assert asked == [[KEY.address, [{"/": cid(made, final.height + 1)}, {"/": cid(made, final.height + 1) + "b"}]]]


async def test_the_child_may_follow_after_null_rounds() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.null = {made.final - 1, made.final}
        final = await ask.final()
        assert final.height == made.final - 2
        assert await ask.amounts(KEY, block=final) == [made.at(made.head - 1)[KEY]]


async def test_a_null_round_has_the_state_of_the_last_tipset_before_it() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.null = {4, 5}
        assert (await ask.at(height=5)).height == 3
        assert (await ask.at(time=made.time(5) + timedelta(seconds=1))).height == 3


async def test_another_tipset_at_that_height_is_a_reorganisation() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        final = await ask.final()
        node.world = World(settle=1, fork="other")
        for _ in range(5):
            node.world.tick()
        with pytest.raises(Reorged):
            await ask.read(KEY, block=final)


async def test_a_node_without_f3_is_read_900_epochs_deep() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.f3 = False
        with pytest.raises(NotFinal):
            await ask.final()
        while made.head < FINALITY_EPOCHS + 7:
            made.tick()
        assert (await ask.final()).height == made.head - FINALITY_EPOCHS


async def test_a_gateway_that_looks_back_too_little_says_so() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = 6
        with pytest.raises(Pruned):
            await ask.at(height=3)
        with pytest.raises(Pruned):
            await ask.read(KEY, block=block)


async def test_state_that_is_gone_is_pruned_and_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        final = await ask.final()
        node.gone = True
        with pytest.raises(Pruned):
            await ask.read(KEY, key(10_000), block=final)


async def test_a_refusal_that_is_not_about_the_actor_is_not_zero() -> None:
    made = world()
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.broken = {key(7).address}
        ok, failed = await ask.amounts(KEY, key(7))
        assert ok == made.at(made.final)[KEY]
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED
        with pytest.raises(ChainError):
            await ask.read(key(7))


async def test_every_kind_of_address_is_asked_as_it_is_written() -> None:
    addresses = [filecoin.encode(b"\x07" * (48 if head == "f3" else 20), head) for head in filecoin.HEAD]
    keys = [BalanceKey(Address(text), NATIVE) for text in [*addresses, "f099"]]
    made = World(settle=1)
    made.tick({one: number for number, one in enumerate(keys, 1)})
    async with asking(SPEC, Lotus(made)) as ask:
        assert await ask.amounts(*keys) == [1, 2, 3, 4, 5]


async def test_what_vests_or_is_pledged_is_locked() -> None:
    texts = [filecoin.encode(bytes([number]) * 20, "f2") for number in range(3)]
    multisig, miner, plain = (BalanceKey(Address(text), NATIVE) for text in texts)
    made = World(settle=1)
    made.tick({multisig: 100, miner: 50, plain: 7, KEY: 9})
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.multisigs, node.miners = {multisig.address: 60}, {miner.address: 0}
        found = await ask.read(multisig, KEY, miner, plain)
        assert list(found.amounts) == [60, 9, 0, 7]
        assert found.locked == {0: {Liquidity.LOCKED: 40}, 2: {Liquidity.LOCKED: 50}}
        asked = [params[0] for method, params in node.calls if "AvailableBalance" in method]  # type: ignore[index]
        assert KEY.address not in asked


async def test_a_node_that_does_not_say_what_is_available_gives_no_amount_of_such_actors_alone() -> None:
    actor = BalanceKey(Address(filecoin.encode(bytes(20), "f2")), NATIVE)
    made = World(settle=1)
    made.tick({actor: 7, KEY: 9})
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.gateway = True
        failed, ok = await ask.amounts(actor, KEY)
        assert isinstance(failed, Failure)
        assert ok == 9


async def test_more_available_than_there_is_is_malformed() -> None:
    actor = BalanceKey(Address(filecoin.encode(bytes(20), "f2")), NATIVE)
    made = World(settle=1)
    made.tick({actor: 7, KEY: 9})
    async with asking(SPEC, node := Lotus(made)) as ask:
        node.multisigs = {actor.address: 8}
        failed, ok = await ask.amounts(actor, KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert ok == 9
