"""Slot discovery on tokens of every layout, on anvil, with and without eth_createAccessList."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from chains.adapter import Call, Json, Params, Rpc
from chains.errors import Pruned, Reorged, RpcFault
from chains.evm.blocks import at_height
from chains.evm.proof.discover import NoRule, confirm, discover
from chains.evm.proof.slots import Layout, SlotRule, parse_rule
from chains.types import Address, BlockRef
from scripts.engines import EngineMissing, anvil
from tests.chains.proof import tokens
from tests.chains.scripted import ScriptedRpc

IMPLEMENTATION, KEEPER = Address("0x" + "1a" * 20), Address("0x" + "1b" * 20)
PROXY, FRONT = Address("0x" + "2a" * 20), Address("0x" + "2b" * 20)

FOUND = {
    tokens.solidity(0): (Layout.SOLIDITY, 0, 0, 256),
    tokens.solidity(9): (Layout.SOLIDITY, 9, 0, 256),
    tokens.solidity(100): (Layout.SOLIDITY, 100, 0, 256),
    tokens.solidity(tokens.OZ_ERC20): (Layout.SOLIDITY, tokens.OZ_ERC20, 0, 256),
    tokens.vyper(3): (Layout.VYPER, 3, 0, 256),
    tokens.solady(): (Layout.SOLADY, 0x87A211A2, 0, 256),
    tokens.packed(9, shift=0, width=255): (Layout.SOLIDITY, 9, 0, 255),  # as USDC since v2.2
    tokens.packed(4, shift=0, width=96): (Layout.SOLIDITY, 4, 0, 96),  # as UNI
    tokens.packed(2, shift=64, width=128): (Layout.SOLIDITY, 2, 64, 128),
    tokens.delegating(IMPLEMENTATION): (Layout.SOLIDITY, 51, 0, 256),
}
REFUSED = {
    "rebasing": (tokens.rebasing(0, index_slot=7), "rebasing, or computed"),
    "sum of two mappings": (tokens.summed(0, 1), "rebasing, or computed"),
    "more than is stored": (tokens.generous(0), "rebasing, or computed"),
    "never above a cap": (tokens.capped(0), "rebasing, or computed"),
    "narrow": (tokens.packed(0, shift=0, width=32), "rebasing, or computed"),
    "unheard-of slot": (tokens.solidity(101), "no known slot"),
    "the same for all": (tokens.constant(10**18), "no known slot"),
    "silent": (anvil.SILENT, "no known slot"),
    "reverting": (anvil.REVERTS, "no known slot"),
    "no code": ("0x", "no known slot"),
}


class Without:
    """A provider that lacks a method."""

    provider = "without"

    def __init__(self, rpc: Rpc, method: str) -> None:
        self._rpc, self._method = rpc, method

    async def call(self, method: str, params: Params = ()) -> Json:
        return await self._rpc.call(method, params)

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        missing = RpcFault(-32601, "the method does not exist")
        return [missing if call[0] == self._method else (await self._rpc.batch([call]))[0] for call in calls]


class NoOverrides(Without):
    """A provider that ignores state overrides."""

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        return await self._rpc.batch([(method, tuple(params)[:2]) for method, params in calls])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def node() -> AsyncIterator[anvil.Anvil]:
    try:
        async with anvil.Anvil() as node:
            await node.set_code(IMPLEMENTATION, tokens.solidity(51))
            await node.set_code(KEEPER, tokens.solidity(6))
            await node.rpc.call("anvil_setStorageAt", (_token(0), "0x" + f"{7:064x}", f"0x{10**18:064x}"))
            for index, code in enumerate([*(code for code, _ in REFUSED.values()), *FOUND]):
                await node.set_code(_token(index), code)
            await node.set_code(FRONT, tokens.asking(KEEPER))
            await node.mine()
            yield node
    except EngineMissing as missing:
        pytest.skip(str(missing))


def _token(index: int) -> Address:
    return Address(f"0x70{index:038x}")


@pytest.mark.parametrize("offers_access_lists", [True, False])
@pytest.mark.parametrize("index", range(len(FOUND)))
async def test_every_layout_is_found_and_confirmed(node: anvil.Anvil, index: int, *, offers_access_lists: bool) -> None:
    rpc = node.rpc if offers_access_lists else Without(node.rpc, "eth_createAccessList")
    block = await at_height(rpc, 1)
    token = _token(len(REFUSED) + index)
    rule = await discover(rpc, block, token)
    layout, base, shift, width = list(FOUND.values())[index]
    assert rule == SlotRule(token, token, layout, base, shift, width, 1)
    assert parse_rule(str(rule)) == rule
    assert await confirm(rpc, block, rule)
    assert await confirm(rpc, block, rule, holder=Address("0x" + "77" * 20))
    for wrong in (
        SlotRule(token, token, layout, base ^ 1, shift, width, 1),
        SlotRule(token, token, layout, base, shift, width - 1, 1),
        SlotRule(token, FRONT, layout, base, shift, width, 1),
    ):
        assert not await confirm(rpc, block, wrong)


@pytest.mark.parametrize("offers_access_lists", [True, False])
@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_one_slot_is_not_provable(node: anvil.Anvil, name: str, *, offers_access_lists: bool) -> None:
    rpc = node.rpc if offers_access_lists else Without(node.rpc, "eth_createAccessList")
    token = _token(list(REFUSED).index(name))
    found = await discover(rpc, await at_height(rpc, 1), token)
    assert isinstance(found, NoRule)
    assert offers_access_lists is False or REFUSED[name][1] in found.reason


async def test_balances_kept_by_another_contract(node: anvil.Anvil) -> None:
    block = await at_height(node.rpc, 1)
    rule = await discover(node.rpc, block, FRONT)
    assert rule == SlotRule(FRONT, KEEPER, Layout.SOLIDITY, 6, 0, 256, 1)
    assert rule.describe() == f"solidity mapping at slot 0x6 of {KEEPER}"


async def test_an_upgraded_proxy_no_longer_confirms(node: anvil.Anvil) -> None:
    await node.set_code(PROXY, tokens.delegating(IMPLEMENTATION))
    await node.mine(1)
    before = await at_height(node.rpc, 4)
    rule = await discover(node.rpc, before, PROXY)
    assert isinstance(rule, SlotRule)
    await node.set_code(PROXY, tokens.delegating(KEEPER))
    await node.mine(1)
    assert not await confirm(node.rpc, await at_height(node.rpc, 5), rule)


async def test_a_provider_that_ignores_overrides_confirms_nothing(node: anvil.Anvil) -> None:
    rpc = NoOverrides(node.rpc, "")
    token = _token(len(REFUSED))
    assert isinstance(await discover(rpc, await at_height(rpc, 1), token), NoRule)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"accessList": None},
        {"accessList": [7, {}, {"address": 1, "storageKeys": []}, {"address": FRONT, "storageKeys": 3}]},
        {"accessList": [{"address": FRONT, "storageKeys": [5, "0x1", "0x" + "zz" * 32]}]},
    ],
)
async def test_an_access_list_of_nonsense_finds_nothing(answer: Json) -> None:
    rpc = ScriptedRpc(lambda method, _: answer if method == "eth_createAccessList" else "0x" + "00" * 32)
    assert isinstance(await discover(rpc, BlockRef(1, "0x" + "11" * 32), FRONT), NoRule)


@pytest.mark.parametrize(("now", "error"), [("11", Pruned), ("22", Reorged)])
async def test_a_block_that_is_gone_is_no_fact_about_the_token(now: str, error: type[Exception]) -> None:
    header: Json = {"number": "0x1", "timestamp": "0x1", "hash": "0x" + now * 32}
    fault = RpcFault(-32000, "missing trie node 1234")
    rpc = ScriptedRpc(lambda method, _: header if method == "eth_getBlockByNumber" else fault)
    with pytest.raises(error):
        await discover(rpc, BlockRef(1, "0x" + "11" * 32), FRONT)


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"{FRONT} {FRONT} solidity 0x6 0 256",
        f"{FRONT} {FRONT} solidity 0x6 0 257 1",
        f"{FRONT} {FRONT} solidity 0x6 1 256 1",
        f"{FRONT} {FRONT} solidity 0x6 0 63 1",
        f"{FRONT} {FRONT} diamond 0x6 0 256 1",
        f"{FRONT} {FRONT} solidity 0x{'1' * 65} 0 256 1",
        f"{FRONT} {FRONT} solidity 0x6 0 256 1\n",
        f"{FRONT} {FRONT} solidity 0x6 0 256 ١",
    ],
)
def test_only_whole_rules_are_read(line: str) -> None:
    with pytest.raises(ValueError, match="slot rule"):
        parse_rule(line)
