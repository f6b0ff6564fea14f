"""The cosmos family on a scripted CometBFT: gRPC queries through ABCI at a height, pages, and batches of ten.

JSON-RPC shapes and errors: https://docs.cometbft.com/v0.38/rpc and cometbft, rpc/core (blocks.go, env.go),
rpc/jsonrpc/server (batches of at most 10 by default); messages: cosmos-sdk, proto/cosmos/{bank,staking}/v1beta1; what
a pruned height says: cosmos-sdk, baseapp/abci.go.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.codec import bech32_bytes, proto
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene
from tests.rest import Answer, Asked

NATIVE = Instrument("slip44:118")
DENOM = "uatom"
IBC = Instrument("denom:ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5")
SPEC = ChainSpec(
    id=ChainId("cosmos:cosmoshub-4"),
    name="scripted Cosmos Hub",
    family="cosmos",
    native=NATIVE,
    native_decimals=6,
    options={"hrp": "cosmos", "denom": DENOM},
)
BATCH_MAX, PAGE = 10, 2
Stake = dict[str, list[int]]  # address -> amounts, one for each validator


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(bech32_bytes.encode("cosmos", blake2b(b"%d" % number, 20))), NATIVE)


def either(number: int) -> BalanceKey:
    return key(number)._replace(instrument=IBC) if number % 3 == 2 else key(number)


def coin(denom: str, amount: int) -> bytes:
    return proto.field(1, denom) + proto.field(2, str(amount))


class Comet(Served):
    """Heights below ``oldest`` are pruned. ``staked`` and ``unbonding`` are the same at every height."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.oldest = 1
        self.staked: Stake = {}
        self.unbonding: Stake = {}
        self.said: dict[str, dict[str, Any]] = {}

    async def _serve(self, asked: Asked) -> Answer:
        if isinstance(asked.body, list) and len(asked.body) > BATCH_MAX:
            data = f"batch request exceeds maximum ({BATCH_MAX}) allowed number of requests"
            error = {"code": -32600, "message": "Invalid Request", "data": data}
            return Answer({"jsonrpc": "2.0", "id": None, "error": error}, 500)
        return await super()._serve(asked)

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "status", _:
                sync = {"latest_block_height": str(self.world.head), "catching_up": False}
                return {"node_info": {"network": "cosmoshub-4", "version": "0.38.17"}, "sync_info": sync}
            case "blockchain", {"minHeight": str(low), "maxHeight": str(high)}:
                return self._blockchain(int(low), int(high))
            case "abci_query", {"path": str(path), "data": str(data), "height": str(height), "prove": False}:
                return {"response": self._query(path, bytes.fromhex(data), int(height))}
        raise Refusal(-32601, {"message": "Method not found"})

    def _blockchain(self, low: int, high: int) -> Any:
        low = max(low, self.oldest)
        if low > high:
            data = f"min height {low} can't be greater than max height {high}"
            raise Refusal(-32603, {"message": "Internal error", "data": data})
        metas = []
        for height in range(high, low - 1, -1):
            time = self.world.time(height).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
            header = {"chain_id": "cosmoshub-4", "height": str(height), "time": time}
            metas.append({"block_id": {"hash": self.world.digest(height).hex().upper()}, "header": header})
        return {"last_height": str(self.world.head), "block_metas": metas}

    def _query(self, path: str, data: bytes, height: int) -> dict[str, Any]:
        address = proto.text(data, 1)
        sound = {"code": 0, "log": "", "info": "", "index": "0", "key": None, "proofOps": None, "codespace": ""}
        if height < self.oldest:
            log = f"failed to load state at height {height}; version does not exist (latest height: {self.world.head})"
            return {**sound, "code": 18, "codespace": "sdk", "log": log, "value": None, "height": "0"}
        value = {
            "/cosmos.bank.v1beta1.Query/Balance": self._balance,
            "/cosmos.staking.v1beta1.Query/DelegatorDelegations": self._delegations,
            "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations": self._unbonding,
        }[path](address, data, height)
        shown = base64.b64encode(value).decode() if value else None
        said = self.said.get(address, {}) if path.endswith("/Balance") else {}
        return {**sound, "value": shown, "height": str(height), **said}

    def _balance(self, address: str, data: bytes, height: int) -> bytes:
        denom = proto.text(data, 2)
        asked = BalanceKey(Address(address), NATIVE if denom == DENOM else Instrument(f"denom:{denom}"))
        return proto.field(1, coin(denom, self.world.at(height).get(asked, 0)))

    def _delegations(self, address: str, data: bytes, height: int) -> bytes:
        amounts, more = self._page(self.staked.get(address, []), data)
        shares = proto.field(1, address) + proto.field(3, "1000000000000000000")
        return b"".join(proto.field(1, proto.field(1, shares) + proto.field(2, coin(DENOM, n))) for n in amounts) + more

    def _unbonding(self, address: str, data: bytes, height: int) -> bytes:
        amounts, more = self._page(self.unbonding.get(address, []), data)
        entry = b"\x08\x05" + proto.field(2, b"\x08\x01")  # creation height 5, a completion time
        entries = [entry + proto.field(3, "999") + proto.field(4, str(n)) for n in amounts]
        return b"".join(proto.field(1, proto.field(1, address) + proto.field(3, one)) for one in entries) + more

    def _page(self, amounts: list[int], data: bytes) -> tuple[list[int], bytes]:
        asked = proto.fields(data, 2)
        start = int(proto.text(asked[0], 1)) if asked else 0
        rest = proto.field(1, str(start + PAGE)) if start + PAGE < len(amounts) else b""
        return amounts[start : start + PAGE], proto.field(2, rest)


MODULE = bech32_bytes.encode("cosmos", bytes(range(32)))


class CosmosHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("cosmos:theta-testnet-001"))
    good = (
        GoodAddress(
            "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh", "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh", True
        ),
        GoodAddress(
            "COSMOS1FL48VSNMSDZCV85Q5D2Q4Z5AJDHA8YU34MF0EH", "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh", True
        ),
        GoodAddress(MODULE, MODULE, True),
    )
    bad = (
        "",
        "cosmos1",
        "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0e",
        "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh ",
        "Cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh",
        bech32_bytes.encode("osmo", bytes(20)),
        bech32_bytes.encode("cosmos", bytes(21)),
        bech32_bytes.encode("cosmosvaloper", bytes(20)),
        "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb",
    )
    instruments = ((NATIVE, 6),)
    instruments_bad = (
        "",
        "denom:",
        "denom:uatom",  # which has a name of its own
        "denom:1u",
        "denom:u",
        "DENOM:uusdc",
        f"{IBC} ",
        f"{IBC}\n",
        "slip44:60",
        "SLIP44:118",
        "uatom",
        "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with Comet(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            refused, empty = key(20_000), key(20_001)
            node.said[refused.address] = {"code": 2, "log": "invalid address", "value": None}
            node.said[empty.address] = {"value": None}
            yield WorldScene(world, rpc, either, [(refused, Reason.REFUSED), (empty, Reason.MALFORMED)])


HARNESS = CosmosHarness()
