"""The sui family on a scripted GraphQL service: checkpoints, retention, errors beside data, a limit on the query.

Schema and limits: https://docs.sui.io/references/sui-graphql (Query.checkpoint, Query.multiGetAddresses, AddressKey,
Address.balance: zero for what is not owned; Address.objects; serviceConfig); chain identifiers: sui-types, digests.rs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import orjson

from chains.codec import base58
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:784")
USDC = Instrument("coin:0xdba34672e30cb065b1f93e3ab55318768fd6fef66c15942c9f7cb846e2f900e7::usdc::USDC")
SPEC = ChainSpec(
    id=ChainId("sui:mainnet"),
    name="scripted Sui",
    family="sui",
    native=NATIVE,
    native_decimals=9,
    options={"identifiers": ["35834a8a"]},
)
PAYLOAD_MAX, PAGE = 5000, 50
SUI_TYPE = f"0x{2:064x}::sui::SUI"


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(f"0x{number + 0xABC:064x}"), (NATIVE, USDC)[number % 2])


class SuiService(Served):
    """Checkpoints below ``oldest`` are out of range. ``broken`` addresses make an error; ``said`` replaces balances."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.oldest = 0
        self.broken: set[str] = set()
        self.said: dict[str, Any] = {}
        self.stakes: dict[str, list[int]] = {}

    def respond(self, method: str, params: Any) -> Any:
        assert method == "POST "
        query, variables = params["query"], params["variables"]
        if len(orjson.dumps(params)) > PAYLOAD_MAX:
            return _errors(f"Query payload is too large: the limit is {PAYLOAD_MAX} bytes")
        if "chainIdentifier" in query:
            return {"data": {"chainIdentifier": "35834a8a"}}
        if "coinMetadata" in query:
            decimals = {USDC.removeprefix("coin:"): 6}.get(variables["type"])
            return {"data": {"coinMetadata": None if decimals is None else {"decimals": decimals}}}
        if "multiGetAddresses" in query:
            assert ("StakedSui" in query) == (variables["type"] == SUI_TYPE)
            return self._balances(variables["keys"], variables["type"], variables.get("after"))
        return {"data": {"checkpoint": self._checkpoint(variables.get("at", self.world.head))}}

    def _checkpoint(self, height: int) -> Any:
        if not self.world.has(height) or height < self.oldest:
            return None
        time = self.world.time(height).strftime("%Y-%m-%dT%H:%M:%S.250Z")
        return {"sequenceNumber": height, "digest": base58.encode(self.world.digest(height)), "timestamp": time}

    def _objects(self, address: str, after: str | None) -> Any:
        start, held = int(after or 0), self.stakes.get(address, [])
        page = [{"contents": {"json": {"pool_id": "0x5", "principal": str(n)}}} for n in held[start : start + PAGE]]
        more = start + PAGE < len(held)
        return {"pageInfo": {"hasNextPage": more, "endCursor": str(start + PAGE) if page else None}, "nodes": page}

    def _balances(self, keys: list[dict[str, Any]], kind: str, after: str | None) -> Any:
        instrument = NATIVE if kind == SUI_TYPE else Instrument("coin:" + kind)
        owners = []
        for asked in keys:
            address, height = asked["address"], asked["atCheckpoint"]
            if height < self.oldest:
                return _errors(f"Checkpoint {height} is outside the available range [{self.oldest}, {self.world.head}]")
            if address in self.broken:
                return _errors("Internal error occurred while processing request.")
            held = self.world.at(height).get(BalanceKey(Address(address), instrument), 0)
            owner = {"address": address, "balance": {"totalBalance": str(held)}}
            stakes = {"objects": self._objects(address, after)} if instrument == NATIVE else {}
            owners.append({**owner, **stakes, **self.said.get(address, {})})
        return {"data": {"multiGetAddresses": owners}}


def _errors(message: str) -> Any:
    return {"data": None, "errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]}


LONG = "0xdba34672e30cb065b1f93e3ab55318768fd6fef66c15942c9f7cb846e2f900e7"


class SuiHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("sui:testnet"), options={"identifiers": ["4c78adac"]})
    good = (GoodAddress(LONG, LONG, False), GoodAddress("0x2", f"0x{2:064x}", False))
    bad = ("", "0x", LONG[2:], LONG + "0", LONG.upper(), LONG + " ", "0x" + "g" * 64, "alice.sui")
    instruments = ((NATIVE, 9), (USDC, 6))
    instruments_bad = ("", "slip44:60", "coin:", "coin:0x2::sui", "coin:0x2::sui::SUI::x", "coin:0x2::s ui::SUI")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World(first=0)
        async with SuiService(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            refused, broken = key(20_000), key(20_001)
            node.broken.add(refused.address)
            node.said[broken.address] = {"balance": None}
            yield WorldScene(world, rpc, key, [(refused, Reason.REFUSED), (broken, Reason.MALFORMED)])


HARNESS = SuiHarness()
