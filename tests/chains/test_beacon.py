"""The beacon family: which slot a height is in, what is queued, who is paid, and silence that is not zero."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chains import registry
from chains.adapter import Controlling
from chains.errors import ChainError, Malformed, NotFinal, Pruned, Reorged, RpcFault
from chains.types import Failure, Liquidity, Reason
from tests.chains.beacon_node import GENESIS_S, GWEI, SLOT_S, BeaconNode, slot_of, validator_key
from tests.chains.harness_beacon import OPTIONS, SPEC, key
from tests.chains.kit import Asking, asking
from tests.chains.served import Refusal
from tests.chains.world import World

ETH = 10**18


@pytest.fixture
def node() -> BeaconNode:
    return BeaconNode(World({key(1): 32 * ETH + 5 * GWEI}, settle=2))


@pytest.fixture
async def ask(node: BeaconNode) -> AsyncIterator[Asking]:
    async with asking(SPEC, node) as opened:
        yield opened


def time_of(slot: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=GENESIS_S + slot * SLOT_S)


# -- which block


async def test_an_execution_height_is_found_past_slots_without_a_block(node: BeaconNode, ask: Asking) -> None:
    for _ in range(40):
        node.world.tick()
    for height in range(node.world.first, node.world.final + 1):
        found = await ask.at(height=height)
        assert (found.height, found.hash, found.time) == (height, node.root(slot_of(height)), time_of(slot_of(height)))
    asked = len(node.calls)
    await ask.at(height=node.world.first)
    assert len(node.calls) - asked < 40, "it goes straight there, not block by block"


async def test_a_height_before_the_merge_is_not_of_this_chain(ask: Asking) -> None:
    with pytest.raises(Pruned):
        await ask.at(height=0)


async def test_the_last_block_not_after_a_time(node: BeaconNode, ask: Asking) -> None:
    for _ in range(10):
        node.world.tick()
    final = slot_of(node.world.final)
    for slot in range(slot_of(node.world.first), final):
        for late in (timedelta(0), timedelta(seconds=SLOT_S - 1)):
            found = await ask.at(time=time_of(slot) + late)
            assert found.height == node.height_at(slot)
    with pytest.raises(NotFinal):
        await ask.at(time=time_of(final))
    with pytest.raises(ChainError, match="begins after"):
        await ask.at(time=time_of(-1))


async def test_a_block_at_another_time_than_its_slots_is_not_believed(
    node: BeaconNode, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = node._block

    def late(height: int) -> Any:
        block = honest(height)
        block["data"]["message"]["body"]["execution_payload_header"]["timestamp"] = "1"
        return block

    monkeypatch.setattr(node, "_block", late)
    with pytest.raises(Malformed, match="not of that slot's time"):
        await ask.final()


async def test_a_state_that_is_gone_is_pruned_and_another_root_is_a_reorg(node: BeaconNode, ask: Asking) -> None:
    block = await ask.final()
    with pytest.raises(Reorged):
        await ask.read(key(1), block=replace(block, hash="0x" + "ab" * 32))
    node.oldest_state = 10**9
    with pytest.raises(Pruned):
        await ask.read(key(1), block=block)


# -- what is not there


async def test_a_validator_left_out_is_zero_only_by_the_nodes_own_word(node: BeaconNode, ask: Asking) -> None:
    node.silent = {validator_key(1)}
    held, absent = await ask.amounts(key(1), key(2))
    assert isinstance(held, Failure)
    assert held.reason is Reason.MALFORMED
    assert absent == 0


async def test_a_state_that_is_missing_is_not_a_validator_that_is(
    node: BeaconNode, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = node.respond

    def forgetful(method: str, params: Any) -> Any:
        """Asked about one validator, another backend answers, which has no such state."""
        if method.startswith("GET") and "/validators/" in method:
            raise Refusal(404, {"code": 404, "message": "NOT_FOUND: State not found for the validator's slot"})
        return honest(method, params)

    monkeypatch.setattr(node, "respond", forgetful)
    held, absent = await ask.amounts(key(1), key(2))
    assert held == 32 * ETH + 5 * GWEI
    assert isinstance(absent, Failure)
    with pytest.raises(RpcFault, match="State not found"):
        await ask.read(key(2))


@pytest.mark.parametrize("more", [validator_key(1), validator_key(7)])
async def test_a_validator_twice_or_unasked_is_never_parsed(node: BeaconNode, ask: Asking, more: Any) -> None:
    node.more = [more]
    with pytest.raises(Malformed, match="not asked for, or one twice"):
        await ask.read(key(1))


# -- deposits that wait


async def test_deposits_that_wait_stand_beside_the_balance(node: BeaconNode, ask: Asking) -> None:
    node.queue = [(validator_key(1), 7), (validator_key(2), 32 * GWEI), (validator_key(1), 1), (validator_key(9), 5)]
    found = await ask.read(key(1), key(2), key(3))
    assert list(found.amounts) == [32 * ETH + 5 * GWEI, 0, 0]
    assert found.locked == {0: {Liquidity.LOCKED: 8 * GWEI}, 1: {Liquidity.LOCKED: 32 * ETH}}


async def test_before_electra_there_is_no_queue_to_ask_for(node: BeaconNode) -> None:
    spec = msgspec.structs.replace(SPEC, options={**OPTIONS, "electra_epoch": 10**6})
    async with asking(spec, node) as ask:
        assert await ask.amounts(key(1)) == [32 * ETH + 5 * GWEI]
    assert not [method for method, _ in node.calls if "pending_deposits" in method]


# -- who is paid


@pytest.mark.parametrize(
    ("credentials", "account"),
    [
        ("0x01" + "00" * 11 + "cd" * 20, "0x" + "cd" * 20),
        ("0x02" + "00" * 11 + "cd" * 20, "0x" + "cd" * 20),
        ("0x00" + "11" * 31, None),
        ("0x03" + "00" * 11 + "cd" * 20, None),
        ("0x01" + "01" * 11 + "cd" * 20, None),
    ],
)
async def test_withdrawal_credentials_name_an_account_or_nobody(
    node: BeaconNode, ask: Asking, credentials: str, account: str | None
) -> None:
    node.credentials[validator_key(1)] = credentials
    adapter = registry.adapter(SPEC)
    assert isinstance(adapter, Controlling)
    found = await adapter.controllers(ask.rpc, await ask.final(), [validator_key(1), validator_key(2)])
    assert set(found.failures) == ({1} if account else {0, 1})
    if account:
        (authority,) = found.authorities[0]
        assert ([each.signer for each in authority.signers], authority.chain) == ([account], "eip155:1")
