"""The polkadot family: classes of liquidity, the move to the Asset Hub, the past, and answers that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from chains import registry
from chains.adapter import Rpc
from chains.errors import ChainError, Malformed, NotFinal, Pruned, Reorged, RpcFault
from chains.polkadot import state, storage
from chains.rpc import open_rpc
from chains.types import BalanceKey, Liquidity, Reason
from tests.chains.harness_polkadot import PREFIX, SPEC, account, address, world
from tests.chains.substrate import NATIVE, USDT, Substrate, account_info, compact, ledger, metadata

DOT = 10**10
U128 = st.integers(0, 2**128 - 1)


@pytest.fixture
async def node() -> AsyncIterator[Substrate]:
    async with Substrate(world(), PREFIX) as served:
        yield served


@pytest.fixture
async def rpc(node: Substrate) -> AsyncIterator[Rpc]:
    async with open_rpc(node.provider(SPEC.id)) as opened:
        yield opened


def adapter(**options: Any) -> Any:
    return registry.adapter(msgspec.structs.replace(SPEC, options={"ss58": PREFIX, **options}))


async def held(rpc: Rpc, number: int, **options: Any) -> tuple[Any, Any]:
    family = adapter(**options)
    readings = await family.balances(rpc, await family.final_block(rpc), [BalanceKey(address(number), NATIVE)])
    return readings.amounts[0], readings.failures.get(0) or dict(readings.locked.get(0, {}))


# -- storage: keys and bytes


def test_keys_are_those_of_the_pallets() -> None:
    def twox128(text: str) -> str:
        return "".join(
            xxhash.xxh64(text.encode(), seed=seed).intdigest().to_bytes(8, "little").hex() for seed in (0, 1)
        )

    assert storage.account_key(bytes(32))[2:66] == "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
    assert storage.NOW == "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
    assert storage.ledger_key(bytes(32))[2:66] == twox128("Staking") + twox128("Ledger")
    assert storage.asset_key(1984, bytes(32))[2:66] == twox128("Assets") + twox128("Account")
    assert storage.asset_key(1984, b"\7" * 32).endswith("c0070000" + storage.account_key(b"\7" * 32)[66:])


@given(st.integers(0, 2**536 - 1))
def test_compact_integers(value: int) -> None:
    assert storage.Bytes(compact(value), "test").compact() == value


@given(U128, U128, U128)
def test_an_account_of_the_new_logic(free: int, reserved: int, frozen: int) -> None:
    found = storage.funds(account_info(free, reserved, frozen))
    assert found == (free, reserved, frozen)
    liquid, rest = storage.split(found, None)
    assert liquid + sum(rest.values()) == found.total
    assert 0 <= liquid <= free
    assert found.total - liquid >= min(frozen, found.total), "what is frozen is never called liquid"


@given(free=U128, reserved=U128, misc=U128, fee=st.integers(0, 2**127 - 1))
def test_an_account_of_the_old_logic_froze_free_alone(free: int, reserved: int, misc: int, fee: int) -> None:
    liquid, rest = storage.split(storage.funds(account_info(free, reserved, misc, last=fee)), None)
    assert liquid == max(0, free - max(misc, fee))
    assert liquid + sum(rest.values()) == free + reserved


@given(st.binary(max_size=200))
def test_bytes_that_are_none_are_malformed_never_a_number(raw: bytes) -> None:
    for decode, size in ((storage.funds, 80), (storage.ledger, 34), (storage.asset_balance, 16)):
        try:
            decode(raw)
        except Malformed:
            continue
        assert len(raw) >= size


# -- classes of liquidity


async def test_bonded_and_unbonding_coins_stand_beside_the_liquid_ones(node: Substrate, rpc: Rpc) -> None:
    node.planted[storage.account_key(account(1))] = account_info(10 * DOT, reserved=6 * DOT)
    node.planted[storage.ledger_key(account(1))] = ledger(account(1), 5 * DOT, 3 * DOT)
    expected = {Liquidity.STAKED: 3 * DOT, Liquidity.UNBONDING: 2 * DOT, Liquidity.LOCKED: DOT}
    assert await held(rpc, 1) == (10 * DOT, expected)


async def test_frozen_coins_that_nothing_reserves_are_locked(node: Substrate, rpc: Rpc) -> None:
    node.planted[storage.account_key(account(1))] = account_info(10 * DOT, reserved=2 * DOT, frozen=7 * DOT)
    assert await held(rpc, 1) == (5 * DOT, {Liquidity.LOCKED: 7 * DOT})


async def test_the_entry_of_another_accounts_stash_says_nothing_of_this_one(node: Substrate, rpc: Rpc) -> None:
    node.planted[storage.account_key(account(1))] = account_info(DOT, reserved=DOT)
    node.planted[storage.ledger_key(account(1))] = ledger(account(2), DOT, DOT)
    assert await held(rpc, 1) == (DOT, {Liquidity.LOCKED: DOT})


# -- the move to the Asset Hub


async def test_after_the_move_a_zero_of_the_relay_chain_is_no_balance(node: Substrate, rpc: Rpc) -> None:
    node.planted[storage.account_key(account(2))] = account_info(DOT)
    moved = {"moved_at": node.world.final, "moved_to": "polkadot:hub"}
    amount, failure = await held(rpc, 1, **moved)
    assert amount is None
    assert failure.reason is Reason.UNSUPPORTED
    assert "polkadot:hub" in failure.detail
    assert await held(rpc, 2, **moved) == (DOT, {}), "what is left on the relay chain counts"
    assert await held(rpc, 1, moved_at=node.world.final + 1, moved_to="polkadot:hub") == (0, {})


async def test_while_balances_arrive_neither_chain_has_the_whole(node: Substrate, rpc: Rpc) -> None:
    final = node.world.final
    assert (await held(rpc, 1, arriving=[final, final + 1]))[0] is None
    assert await held(rpc, 1, arriving=[final - 1, final]) == (0, {})


@pytest.mark.parametrize("options", [{"moved_at": 5}, {"moved_to": "polkadot:hub"}, {"ss58": "0"}, {"ss59": 0}])
def test_bad_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        adapter(**options)


# -- which block


async def test_the_last_block_not_after_a_time(node: Substrate, rpc: Rpc) -> None:
    for _ in range(20):
        node.world.tick()
    for height in range(1, node.world.final):
        for late in (timedelta(0), timedelta(seconds=9)):
            found = await adapter().block_at(rpc, time=node.world.time(height) + late)
            assert (found.height, found.hash) == (height, node.hash(height))
    with pytest.raises(NotFinal):
        await adapter().block_at(rpc, time=node.world.time(node.world.final))


async def test_a_state_that_is_gone_is_pruned_and_another_block_there_is_a_reorg(node: Substrate, rpc: Rpc) -> None:
    family = adapter()
    older = await family.final_block(rpc)
    for _ in range(3):
        node.world.tick()
    node.pruned_below = older.height + 1
    with pytest.raises(Pruned, match="State already discarded"):
        await family.balances(rpc, older, [BalanceKey(address(1), NATIVE)])
    with pytest.raises(Reorged):
        await family.balances(rpc, replace(older, hash="0x" + "ab" * 32), [BalanceKey(address(1), NATIVE)])
    ahead = replace(older, height=node.world.head + 1, hash="0x" + "ab" * 32)
    with pytest.raises(Pruned, match="no block"):
        await family.balances(rpc, ahead, [BalanceKey(address(1), NATIVE)])


# -- what a node may answer


async def test_calls_are_halved_until_they_are_taken(node: Substrate, rpc: Rpc) -> None:
    node.keys_max = 100
    keys = [BalanceKey(address(n), NATIVE) for n in range(state.KEYS_MAX)]
    readings = await adapter().balances(rpc, await adapter().final_block(rpc), keys)
    assert list(readings.amounts) == [0] * state.KEYS_MAX
    node.keys_max = 0
    with pytest.raises(ChainError):
        await adapter().final_block(rpc)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda served: [],
        lambda served: [*served, *served],
        lambda served: [{**served[0], "block": "0x" + "00" * 32}],
        lambda served: [{**served[0], "changes": served[0]["changes"][1:]}],
        lambda served: [{**served[0], "changes": [*served[0]["changes"], ["0x1234", None]]}],
        lambda served: [{**served[0], "changes": [*served[0]["changes"][:-1], served[0]["changes"][0]]}],
        lambda served: [{**served[0], "changes": [[k, "0xzz"] for k, _ in served[0]["changes"]]}],
        lambda served: [{**served[0], "changes": [[k, 0] for k, _ in served[0]["changes"]]}],
    ],
)
async def test_an_answer_with_other_keys_or_of_another_block_is_never_parsed(
    node: Substrate, rpc: Rpc, spoil: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = await adapter().final_block(rpc)
    honest = node._stored
    monkeypatch.setattr(node, "_stored", lambda keys, shown: spoil(honest(keys, shown)))
    with pytest.raises(Malformed):
        await adapter().balances(rpc, block, [BalanceKey(address(1), NATIVE)])


async def test_decimals_of_an_asset_come_from_its_metadata(node: Substrate, rpc: Rpc) -> None:
    block = await adapter().final_block(rpc)
    node.planted[storage.metadata_key(7)] = metadata(12, "x" * 100, "")
    assert await adapter().decimals(rpc, block, adapter().parse_instrument("asset:7")) == 12
    with pytest.raises(RpcFault, match="no metadata"):
        await adapter().decimals(rpc, block, adapter().parse_instrument("asset:8"))
    assert await adapter().decimals(rpc, block, USDT) == 6
