"""Tokens that answer badly, and random state, through every way to ask, on a real node; and the rules of old forks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.adapter import Rpc
from chains.evm.adapter import EvmAdapter, build
from chains.evm.plan import READER
from chains.evm.ways import Way
from chains.types import Address, BalanceKey, Reason
from scripts.engines import EngineMissing, anvil, multicall3
from tests.chains import evm_proxy as p
from tests.chains.evm_proxy import Proxy
from tests.chains.harness_evm import HARNESS, NATIVE, TOKEN, address, chain, erc20
from tests.sim.client import client

BEFORE: dict[Way, list[p.Before]] = {
    Way.OVERRIDE: [],
    Way.INITCODE: [p.no_overrides],
    Way.MULTICALL: [p.no_overrides, p.no_init_code],
}
RETURNS_LARGEST = "0x60001960005260206000f3"
BURNS_GAS = "0x5b600056"
INVALID = "0xfe"
WRITES = "0x60016000" + "55" + "602b60005260206000f3"  # a fee on reading: stores, then returns 43
ODD: dict[str, tuple[str, int | Reason]] = {
    "reverts": (anvil.REVERTS, Reason.REVERTED),
    "says nothing": (anvil.SILENT, Reason.EMPTY),
    "says one byte": (anvil.SHORT, Reason.MALFORMED),
    "says 65,535 bytes": (anvil.HUGE, 42),
    "says the largest number": (RETURNS_LARGEST, 2**256 - 1),
    "burns all gas": (BURNS_GAS, Reason.REVERTED),
    "is invalid": (INVALID, Reason.REVERTED),
    "writes": (WRITES, 43),
    "passes on to a good one": (anvil.proxy_code(TOKEN), 0),
    "passes on to nobody": (anvil.proxy_code("0x" + "0e" * 20), Reason.EMPTY),
    "has no code": ("0x", Reason.NO_CODE),
}
CONTRACTS = {name: f"0x{0xBAD << 100 | index:040x}" for index, name in enumerate(ODD)}


@dataclass
class Ground:
    node: anvil.Anvil
    ways: dict[Way, Rpc]
    destroyed: str

    async def adapter(self, way: Way) -> EvmAdapter:
        made = build(HARNESS.spec)
        assert isinstance(made, EvmAdapter)
        assert await made.probe(self.ways[way], await made.final_block(self.node.rpc)) is way
        return made


@pytest.fixture(scope="module")
async def ground() -> AsyncIterator[Ground]:
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(HARNESS.engine())
        except EngineMissing as missing:
            pytest.skip(str(missing))
        await multicall3.place(node.node)
        for name, (code, _) in ODD.items():
            await node.node.set_code(CONTRACTS[name], code)
        destroyed = await _destroyed(node.node)
        await node.node.mine()
        ways: dict[Way, Rpc] = {}
        for way, before in BEFORE.items():
            proxy = await stack.enter_async_context(Proxy(node.node.url, before=before))
            ways[way] = await stack.enter_async_context(client(proxy.url))
        yield Ground(node.node, ways, destroyed)


async def _destroyed(node: anvil.Anvil) -> str:
    """A contract that destroyed itself while it was made."""
    accounts = await node.rpc.call("eth_accounts")
    assert isinstance(accounts, list)
    made = await node.rpc.call("eth_sendTransaction", ({"from": accounts[0], "data": "0x33ff", "gas": "0x30000"},))
    await node.mine(1)
    receipt = await node.rpc.call("eth_getTransactionReceipt", (made,))
    assert isinstance(receipt, dict)
    assert receipt["status"] == "0x1"
    return str(receipt["contractAddress"])


@pytest.mark.parametrize("way", BEFORE)
async def test_no_token_spoils_another(ground: Ground, way: Way) -> None:
    reader = await ground.adapter(way)
    block = await reader.final_block(ground.node.rpc)
    holders = [address(0x10000 + n) for n in range(6)]  # they hold coins and TOKEN, each another amount
    tokens = [*CONTRACTS.values(), ground.destroyed]
    expected = [*(outcome for _, outcome in ODD.values()), Reason.NO_CODE]
    keys = [
        BalanceKey(holder, instrument)
        for holder in holders
        for instrument in (erc20(tokens[0]), NATIVE, *map(erc20, tokens[1:]), erc20(TOKEN))
    ]
    readings = await reader.balances(ground.ways[way], block, keys)
    said = [readings.failures[i].reason if i in readings.failures else n for i, n in enumerate(readings.amounts)]
    for number in range(len(holders)):
        row = said[number * (len(tokens) + 2) :][: len(tokens) + 2]
        assert row == [expected[0], 10**18 + number, *expected[1:], 10**6 + number]
    assert await reader.probe(ground.ways[way], block) is way, "a token's fault is not the way's"


@pytest.mark.parametrize("way", BEFORE)
async def test_a_list_of_nothing_but_one_bad_token(ground: Ground, way: Way) -> None:
    reader = await ground.adapter(way)
    block = await reader.final_block(ground.node.rpc)
    for name in ("reverts", "has no code", "burns all gas"):
        keys = [BalanceKey(address(n), erc20(CONTRACTS[name])) for n in range(12)]
        readings = await reader.balances(ground.ways[way], block, keys)
        assert {failure.reason for failure in readings.failures.values()} == {ODD[name][1]}
        assert len(readings.failures) == 12


async def test_contracts_that_mean_something_else_to_the_reader(ground: Ground) -> None:
    """The zero address is the coin in a payload, and the reader's own address has code only while it runs."""
    reader = await ground.adapter(Way.OVERRIDE)
    block = await reader.final_block(ground.node.rpc)
    keys = [BalanceKey(address(0x10000), erc20(contract)) for contract in ("0x" + "00" * 20, READER)]
    readings = await reader.balances(ground.ways[Way.OVERRIDE], block, [*keys, BalanceKey(address(0x10000), NATIVE)])
    assert [readings.failures[index].reason for index in (0, 1)] == [Reason.NO_CODE] * 2
    assert readings.amounts[2] == 10**18


amounts = st.one_of(st.integers(0, 2**256 - 1), st.integers(2**128 - 5, 2**128 + 5), st.integers(0, 3))
holders = st.integers(0x70000, 0x70008).map(address)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(holders, st.tuples(amounts, amounts), min_size=1, max_size=9))
async def test_every_way_agrees_with_the_nodes_own_answers(
    ground: Ground, state: dict[Address, tuple[int, int]]
) -> None:
    await ground.node.set_balances({holder: coins for holder, (coins, _) in state.items()})
    await ground.node.set_token_balances(TOKEN, {holder: units for holder, (_, units) in state.items()})
    await ground.node.mine()
    block = await build(HARNESS.spec).final_block(ground.node.rpc)
    keys = [BalanceKey(holder, instrument) for holder in state for instrument in (NATIVE, erc20(TOKEN))]
    own: list[int] = []
    for holder in state:
        call = {"to": TOKEN, "data": "0x70a08231" + holder[2:].rjust(64, "0")}
        for method, params in (("eth_getBalance", holder), ("eth_call", call)):
            own.append(int(str(await ground.node.rpc.call(method, (params, hex(block.height)))), 16))
    assert own == [amount for both in state.values() for amount in both]
    for way in BEFORE:
        reader = await ground.adapter(way)
        assert list((await reader.balances(ground.ways[way], block, keys)).amounts) == own


@pytest.mark.parametrize("fork", ["istanbul", "berlin", "london", "shanghai", "prague", "osaka"])
async def test_the_reader_runs_under_the_rules_of_every_fork(fork: str) -> None:
    try:
        async with anvil.Anvil(chain_id=4242, flags=("--hardfork", fork)) as node:
            held = {address(n): n for n in range(0x90000, 0x90010)}
            await node.set_balances(held)
            await node.set_token(TOKEN, decimals=0, balances={holder: n + 1 for holder, n in held.items()})
            await node.mine()
            keys = [BalanceKey(holder, instrument) for holder in held for instrument in (NATIVE, erc20(TOKEN))]
            expected = [amount + one for amount in held.values() for one in (0, 1)]
            for way in (Way.OVERRIDE, Way.INITCODE):
                async with Proxy(node.url, before=BEFORE[way]) as proxy, client(proxy.url) as rpc:
                    reader = build(chain(4242))
                    assert isinstance(reader, EvmAdapter)
                    block = await reader.final_block(rpc)
                    assert await reader.probe(rpc, block) is way
                    assert list((await reader.balances(rpc, block, keys)).amounts) == expected
    except EngineMissing as missing:
        pytest.skip(str(missing))
