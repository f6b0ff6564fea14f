"""The beacon family on a scripted node: balances in Gwei, execution heights, a zero only by the node's own word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import BalanceKey, ChainId, Instrument, Reason
from tests.chains.beacon_node import GENESIS_S, GWEI, NATIVE, ROOT, SLOT_S, BeaconNode, validator_key
from tests.chains.harness import GoodAddress
from tests.chains.world import World, WorldScene

OPTIONS = {
    "root": ROOT,
    "genesis_time": GENESIS_S,
    "slot_s": SLOT_S,
    "electra_epoch": 0,
    "execution": "eip155:1",
}
SPEC = ChainSpec(
    id=ChainId("beacon:mainnet"),
    name="scripted validators",
    family="beacon",
    native=NATIVE,
    native_decimals=18,
    options=OPTIONS,
)


def key(number: int) -> BalanceKey:
    return BalanceKey(validator_key(number), NATIVE)


class BeaconHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, options={**OPTIONS, "root": "0x" + "ab" * 32})
    good = (
        GoodAddress(validator_key(1), validator_key(1), False),
        GoodAddress("0x" + "ab" * 48, "0x" + "ab" * 48, False),
    )
    bad = (
        "",
        "ab" * 48,
        "0x" + "ab" * 47,
        "0x" + "ab" * 49,
        "0x" + "AB" * 48,
        "0X" + "ab" * 48,
        "0x" + "ab" * 48 + "\n",
        "0x" + "٠" * 96,
        "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb",
    )
    instruments = ((NATIVE, 18),)
    instruments_bad = ("", "slip44:61", "SLIP44:60", " slip44:60", "erc20:0x12")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World(settle=2)
        async with BeaconNode(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            failing = [
                (key(20_000), Reason.MALFORMED),
                (BalanceKey(validator_key(1), Instrument("erc20:0x12")), Reason.UNSUPPORTED),
            ]
            world.tick({key(20_000): 32 * 10**18})
            node.silent = {key(20_000).address}
            yield WorldScene(world, rpc, key, failing, unit=GWEI)


HARNESS = BeaconHarness()
