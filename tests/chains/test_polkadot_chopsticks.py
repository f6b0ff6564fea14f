"""The polkadot family against a node that is not of our own making: thousands of accounts from a genesis we wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from chains import registry
from chains.polkadot import state, storage
from chains.types import BalanceKey, BlockRef, ChainId, Liquidity
from scripts.engines import EngineMissing
from scripts.engines.chopsticks import Chopsticks
from tests.chains.harness_polkadot import PREFIX, SPEC, account, address
from tests.chains.substrate import NATIVE, USDT, account_info, ledger, metadata, u128

ACCOUNTS = 5_000


@pytest.fixture(scope="module")
async def node() -> AsyncIterator[Chopsticks]:
    held = {storage.account_key(account(n)): account_info(10**10 * (n + 1), 7 * n) for n in range(ACCOUNTS)}
    held |= {storage.asset_key(1984, account(n)): u128(10**6 * n) + b"\0\1" for n in range(0, ACCOUNTS, 10)}
    held |= {storage.ledger_key(account(1)): ledger(account(1), 7, 5), storage.metadata_key(1984): metadata(6)}
    try:
        async with Chopsticks(held, ss58=PREFIX, decimals=10, symbol="DOT") as running:
            yield running
    except EngineMissing as missing:
        pytest.skip(str(missing))


async def test_every_account_of_a_foreign_node(node: Chopsticks) -> None:
    adapter = registry.adapter(msgspec.structs.replace(SPEC, id=ChainId("polkadot:" + "45" * 16)))
    await adapter.check_chain(node.rpc)
    block = BlockRef(0, await state.hash_at(node.rpc, 0))  # no runtime, no headers: the genesis block by its number
    keys = [BalanceKey(address(n), NATIVE) for n in range(ACCOUNTS + 1)]
    keys += [BalanceKey(address(n), USDT) for n in range(ACCOUNTS)]
    readings = await adapter.balances(node.rpc, block, keys)
    native = [10**10 * (n + 1) for n in range(ACCOUNTS)]
    assets = [10**6 * n if n % 10 == 0 else 0 for n in range(ACCOUNTS)]
    assert list(readings.amounts) == [*native, 0, *assets]
    assert readings.locked[1] == {Liquidity.STAKED: 5, Liquidity.UNBONDING: 2}
    assert readings.locked[2] == {Liquidity.LOCKED: 14}
    assert await adapter.decimals(node.rpc, block, NATIVE) == 10
    assert await adapter.decimals(node.rpc, block, USDT) == 6
