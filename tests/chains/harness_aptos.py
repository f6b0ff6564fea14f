"""The aptos family on a scripted node: versions behind block heights, 410 for what is pruned, bare numbers.

Shapes, error codes and headers: https://aptos.dev/rest-api (Aptos Node API: get_account_balance, get_block_by_height,
get_ledger_info, get_account_resource); that a balance adds coin store and paired primary store: aptos-core,
api/src/accounts.rs.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:637")
USDT = Instrument("fa:0x357b0b74bc833e95a115ad22604854d6b0fca151cecd94111770e5d6ffc9dc2b")
COIN = Instrument(f"coin:0x{'5a' * 32}::coin::T")
DECIMALS = {USDT: 6, COIN: 4}
SPEC = ChainSpec(id=ChainId("aptos:1"), name="scripted Aptos", family="aptos", native=NATIVE, native_decimals=8)
VERSIONS = 7  # transactions in each block


def key(number: int) -> BalanceKey:
    instrument = (NATIVE, USDT, COIN)[number % 3]
    return BalanceKey(Address(f"0x{number + 0xABC:064x}"), instrument)


def last_version(height: int) -> int:
    return height * VERSIONS + VERSIONS - 1


class AptosNode(Served):
    """Versions below ``oldest`` are pruned. ``strict``: answers 404 where nothing is held, as some versions do."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.oldest = 0
        self.strict = False
        self.said: dict[str, Any] = {}
        self.rotated: dict[str, str] = {}
        self.shared: dict[str, Any] = {}

    def respond(self, method: str, params: Any) -> Any:
        if method == "GET ":
            return {
                "chain_id": 1,
                "epoch": "15909",
                "ledger_version": str(last_version(self.world.head)),
                "oldest_ledger_version": str(self.oldest),
                "ledger_timestamp": str(self.world.seconds(self.world.head) * 10**6),
                "node_role": "full_node",
                "oldest_block_height": "0",
                "block_height": str(self.world.head),
            }
        if found := re.fullmatch(r"GET blocks/by_height/(\d+)", method):
            return self._block(int(found[1]))
        version = int(params["ledger_version"])
        if version < self.oldest:
            raise Refusal(410, {"message": "Ledger version is pruned", "error_code": "version_pruned"})
        if found := re.fullmatch(r"GET accounts/(0x[0-9a-f]{64})/balance/(.+)", method):
            return self._balance(found[1], found[2], version)
        if found := re.fullmatch(r"GET accounts/(0x[0-9a-f]{64})/resource/(.+)", method):
            return self._resource(found[1], found[2])
        if found := re.fullmatch(r"GET accounts/(0x[0-9a-f]{64})", method):
            if self.strict:
                raise Refusal(404, {"message": "Account not found by Address", "error_code": "account_not_found"})
            return {"sequence_number": "3", "authentication_key": self.rotated.get(found[1], found[1])}
        raise Refusal(404, {"message": "no such path", "error_code": "web_framework_error"})

    def _block(self, height: int) -> Any:
        if not self.world.has(height):
            raise Refusal(404, {"message": f"Block not found by height({height})", "error_code": "block_not_found"})
        if last_version(height) < self.oldest:
            raise Refusal(410, {"message": "Block is pruned", "error_code": "block_pruned"})
        return {
            "block_height": str(height),
            "block_hash": "0x" + self.world.digest(height).hex(),
            "block_timestamp": str(self.world.seconds(height) * 10**6),
            "first_version": str(height * VERSIONS),
            "last_version": str(last_version(height)),
            "transactions": None,
        }

    def _balance(self, address: str, asset: str, version: int) -> Any:
        if address in self.said:
            said = self.said[address]
            if isinstance(said, Refusal):
                raise said
            return said
        instrument = (
            NATIVE
            if asset == "0x1::aptos_coin::AptosCoin"
            else Instrument(("coin:" if "::" in asset else "fa:") + asset)
        )
        held = self.world.at(version // VERSIONS).get(BalanceKey(Address(address), instrument))
        if held is None and self.strict:
            raise Refusal(404, {"message": "Resource not found", "error_code": "resource_not_found"})
        return held or 0

    def _resource(self, address: str, kind: str) -> Any:
        if address in self.shared and kind == "0x1::multisig_account::MultisigAccount":
            return {"type": kind, "data": self.shared[address]}
        for instrument, decimals in DECIMALS.items():
            if instrument == f"fa:{address}" and kind == "0x1::fungible_asset::Metadata":
                return {"type": kind, "data": {"name": "Tether USD", "symbol": "USDt", "decimals": decimals}}
            if instrument.startswith(f"coin:{address}") and kind == f"0x1::coin::CoinInfo<{instrument[5:]}>":
                return {"type": kind, "data": {"name": "T", "symbol": "T", "decimals": decimals}}
        raise Refusal(404, {"message": "Resource not found", "error_code": "resource_not_found"})


LONG = "0x357b0b74bc833e95a115ad22604854d6b0fca151cecd94111770e5d6ffc9dc2b"


class AptosHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("aptos:2"))
    good = (
        GoodAddress(LONG, LONG, False),
        GoodAddress("0x" + "0" * 63 + "1", "0x" + "0" * 63 + "1", False),
        GoodAddress("0x1", "0x" + "0" * 63 + "1", False),
    )
    bad = (
        "",
        "0x",
        "0x01",
        LONG[2:],
        LONG + "0",
        LONG.upper(),
        LONG[:-1] + "B",
        "0X" + LONG[2:],
        LONG + " ",
        "0x" + "g" * 64,
        "@alice",
    )
    instruments = ((NATIVE, 8), (USDT, 6), (COIN, 4))
    instruments_bad = (
        "",
        "slip44:60",
        "fa:",
        "fa:0xz",
        "coin:0x1",
        "coin:0x1::a",
        "coin:0x1::a::b<0x1::c::d>",
        "token:12",
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with AptosNode(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            missing = Refusal(404, {"message": "no such table", "error_code": "table_item_not_found"})
            refused, broken = key(20_000), key(20_001)
            node.said |= {refused.address: missing, broken.address: {"balance": 12}}
            yield WorldScene(world, rpc, key, [(refused, Reason.REFUSED), (broken, Reason.MALFORMED)])


HARNESS = AptosHarness()
