"""Aptos's traps: 410 for pruned versions, a block that is another now, absent accounts, numbers that are none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chains.controllers import Authority, ControlKind, Weighted, by_address
from chains.errors import Pruned, Reorged, RpcFault
from chains.types import Address, BalanceKey, BlockRef, Failure, Instrument, Reason
from tests.chains.harness_aptos import COIN, NATIVE, SPEC, USDT, AptosNode, key, last_version
from tests.chains.kit import asking
from tests.chains.served import Refusal
from tests.chains.world import World

KEY, ABSENT = key(3), key(10_002)


def world() -> World:
    made = World()
    for number in range(1, 6):
        made.tick({KEY: 100 * number})
    return made


async def test_a_block_is_read_at_its_last_version() -> None:
    made = world()
    async with asking(SPEC, node := AptosNode(made)) as ask:
        block = await ask.at(height=3)
        assert await ask.amounts(KEY, block=block) == [made.at(3)[KEY]]
        path, query = node.calls[-1]
        assert path == f"GET accounts/{KEY.address}/balance/0x1::aptos_coin::AptosCoin"
        assert query == {"ledger_version": str(last_version(3))}


async def test_pruned_is_410_and_never_zero() -> None:
    made = world()
    async with asking(SPEC, node := AptosNode(made)) as ask:
        block = await ask.at(height=3)
        node.oldest = last_version(3) + 1
        for asked in (ask.at(height=3), ask.at(time=made.time(3)), ask.read(KEY, ABSENT, block=block)):
            with pytest.raises(Pruned):
                await asked


async def test_state_pruned_before_its_block() -> None:
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.said[ABSENT.address] = Refusal(410, {"message": "pruned", "error_code": "version_pruned"})
        with pytest.raises(Pruned):
            await ask.read(KEY, ABSENT)


async def test_another_hash_at_that_height_is_a_reorganisation() -> None:
    async with asking(SPEC, AptosNode(world())) as ask:
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(3, "0x" + "00" * 32))


@pytest.mark.parametrize("strict", [False, True])
async def test_an_account_that_is_not_there_holds_nothing(strict: bool) -> None:
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.strict = strict
        assert await ask.amounts(ABSENT, KEY) == [0, 500]


@pytest.mark.parametrize("code", ["version_not_found", "web_framework_error", "table_item_not_found"])
async def test_any_other_404_is_not_zero(code: str) -> None:
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.said[ABSENT.address] = Refusal(404, {"message": "not found", "error_code": code})
        failed, ok = await ask.amounts(ABSENT, KEY)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.REFUSED
        assert ok == 500


@pytest.mark.parametrize("said", [-1, True, 1.5, [5], {"balance": "5"}])
async def test_what_is_no_u64_is_no_amount(said: Any) -> None:
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.said[KEY.address] = said
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert zero == 0


async def test_the_greatest_balance_is_read_exactly() -> None:
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.said[KEY.address] = 2**64 - 1
        assert await ask.amounts(KEY) == [2**64 - 1]


async def test_blocks_within_one_second_are_told_apart() -> None:
    made = world()
    async with asking(SPEC, node := AptosNode(made)) as ask:
        block = node._block

        def exact(height: int) -> Any:
            return {**block(height), "block_timestamp": str(1_750_000_000_000_000 + 250_000 * height)}

        node._block = exact  # type: ignore[method-assign]
        third = await ask.at(height=3)
        assert third.time is not None
        assert await ask.at(time=third.time) == third
        assert await ask.at(time=third.time - timedelta(microseconds=1)) == await ask.at(height=2)


async def test_three_kinds_of_instrument() -> None:
    keys = [BalanceKey(KEY.address, instrument) for instrument in (NATIVE, USDT, COIN)]
    made = World()
    made.tick({one: number for number, one in enumerate(keys, 1)})
    async with asking(SPEC, AptosNode(made)) as ask:
        assert await ask.amounts(*keys) == [1, 2, 3]
        with pytest.raises(RpcFault):
            await ask.adapter.decimals(ask.rpc, await ask.final(), Instrument("fa:0x" + "0" * 63 + "1"))


async def test_who_controls_is_the_rotated_key_not_the_address() -> None:
    other = Address("0x" + "7" * 64)
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.rotated = {KEY.address: other, ABSENT.address: "0x" + "0" * 64}
        own, rotated, nobody = await ask.control(key(9).address, KEY.address, ABSENT.address)
        assert own == (Authority(ControlKind.AUTHENTICATION_KEY, 1, (Weighted(by_address(key(9).address)),)),)
        assert rotated == (Authority(ControlKind.AUTHENTICATION_KEY, 1, (Weighted(by_address(other)),)),)
        assert isinstance(nobody, Failure)
        assert node.calls[-1][1] == {"ledger_version": str(last_version(node.world.head))}
        assert await ask.control() == []


async def test_an_account_of_several_owners_names_them() -> None:
    owners = ["0x" + "7" * 64, "0x8"]
    async with asking(SPEC, node := AptosNode(world())) as ask:
        accounts = [key(number).address for number in range(20, 25)]
        node.rotated = dict.fromkeys(accounts, "0x" + "0" * 64)
        odd = [["0x8", "0x8"], ["x"]]
        wanted = [(owners, "2"), *((names, "1") for names in odd), (owners, "0")]
        node.shared = {
            account: {"owners": names, "num_signatures_required": number, "last_executed_sequence_number": "0"}
            for account, (names, number) in zip(accounts, wanted, strict=False)
        }
        found = await ask.control(*accounts, key(9).address)
        signers = tuple(Weighted(by_address(Address("0x" + each[2:].zfill(64)))) for each in owners)
        assert found[0] == (Authority(ControlKind.MULTISIG, 2, signers, "0x1::multisig_account"),)
        reasons = [each.reason for each in found if isinstance(each, Failure)]
        assert reasons == [Reason.MALFORMED] * 3 + [Reason.UNSUPPORTED]
        assert not isinstance(found[-1], Failure)


async def test_an_account_that_is_not_there_is_controlled_by_nobody_known() -> None:
    async with asking(SPEC, node := AptosNode(world())) as ask:
        node.strict = True
        (found,) = await ask.control(KEY.address)
        assert isinstance(found, Failure)
        node.strict, node.oldest = False, 10**6
        with pytest.raises(Pruned):
            await ask.control(KEY.address, block=BlockRef(3, "0x" + node.world.digest(3).hex()))
