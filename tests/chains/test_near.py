"""NEAR's traps: skipped and dropped heights look alike, collected state, absent accounts, and no batches."""

from __future__ import annotations

from typing import Any

import pytest

from chains.codec import base58
from chains.controllers import Authority, ControlKind, Weighted, by_key
from chains.errors import Pruned, Reorged
from chains.near.adapter import SKIPPED_MAX
from chains.types import BlockRef, Failure, Liquidity, Reason
from tests.chains.harness_near import SPEC, NearNode, _handler, block_hash, key
from tests.chains.kit import asking
from tests.chains.world import World

KEY, ABSENT = key(1), key(10_000)


def world(blocks: int = 6) -> World:
    made = World()
    for number in range(1, blocks):
        made.tick({KEY: 100 * number})
    return made


async def test_accounts_are_asked_at_the_hash_of_the_block() -> None:
    made = world()
    async with asking(SPEC, node := NearNode(made)) as ask:
        block = await ask.at(height=3)
        assert await ask.amounts(KEY, ABSENT, block=block) == [made.at(3)[KEY], 0]
        queries: Any = [params for method, params in node.calls if method == "query"]
        assert {params["block_id"] for params in queries} == {block_hash(made, 3)}


async def test_a_skipped_height_is_the_block_before_it() -> None:
    made = world()
    async with asking(SPEC, node := NearNode(made)) as ask:
        node.skipped = {3, 4}
        assert (await ask.at(height=4)).height == 2
        assert (await ask.at(time=made.time(5))).height == 2  # block 5 itself is a fraction of a second later


async def test_dropped_blocks_are_not_taken_for_skipped_ones() -> None:
    made = world(SKIPPED_MAX + 20)
    async with asking(SPEC, node := NearNode(made)) as ask:
        block = await ask.at(height=5)
        node.first = SKIPPED_MAX + 10
        for asked in (ask.at(height=5), ask.at(time=made.time(5)), ask.read(KEY, block=block)):
            with pytest.raises(Pruned):
                await asked


async def test_collected_state_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := NearNode(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = 4
        with pytest.raises(Pruned):
            await ask.read(ABSENT, KEY, block=block)


@pytest.mark.parametrize("data", ["contract code of account x does not exist while viewing", "account is gone"])
async def test_only_the_missing_account_itself_is_zero(data: str) -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.said[ABSENT.address] = _handler("UNKNOWN_ACCOUNT", data)
        failed, ok = await ask.amounts(ABSENT, KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED
        assert ok == 500


async def test_what_a_validator_locked_stands_beside() -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.locked[KEY.address] = 10**30
        found = await ask.read(ABSENT, KEY)
        assert list(found.amounts) == [0, 500]
        assert found.locked == {1: {Liquidity.STAKED: 10**30}}


@pytest.mark.parametrize("said", [{"block_hash": "other"}, {"amount": "-1"}, {"amount": None}, {"locked": 3}])
async def test_an_answer_that_does_not_fit_is_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, node := NearNode(world())) as ask:
        node.said[KEY.address] = said
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


async def test_another_hash_at_that_height_is_a_reorganisation() -> None:
    async with asking(SPEC, NearNode(world())) as ask:
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(3, "other"))


async def test_a_node_without_batches_is_soon_asked_singly() -> None:
    keys = [key(number) for number in range(64)]
    async with asking(SPEC, node := NearNode(world())) as ask:
        await ask.read(*keys)
        before = len(node.asked)
        await ask.read(*keys)
        assert len(node.asked) - before == 64 + 2


async def test_who_controls_are_the_keys_with_full_access() -> None:
    ed, secp = bytes(range(1, 33)), bytes(range(64))
    call = {"FunctionCall": {"allowance": "1", "receiver_id": "a.near", "method_names": []}}
    named = "secp256k1:" + base58.encode(secp)
    async with asking(SPEC, node := NearNode(world())) as ask:
        full = [("ed25519:" + base58.encode(ed), "FullAccess"), (named, "FullAccess")]
        node.keys = {KEY.address: [*full, ("ed25519:" + base58.encode(bytes(32)), call)]}
        found, absent = await ask.control(KEY.address, ABSENT.address)
        signers = [by_key(ed), by_key(b"\x03" + secp[:32])]
        assert found == tuple(Authority(ControlKind.WALLET_KEY, 1, (Weighted(one),)) for one in signers)
        assert isinstance(absent, Failure)
        assert await ask.control() == []


@pytest.mark.parametrize("key", ["ed25519:0", "ed25519:1", "other:" + "1" * 32, "", "ed25519:" + "1" * 33])
async def test_a_key_that_is_none_and_none_at_all_are_failures(key: str) -> None:
    made = world()
    made.tick({ABSENT: 5})
    async with asking(SPEC, node := NearNode(made)) as ask:
        node.keys = {KEY.address: [(key, "FullAccess")]}
        for found in await ask.control(KEY.address, ABSENT.address):
            assert isinstance(found, Failure)
