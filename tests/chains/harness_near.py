"""The near family on a scripted node: skipped heights, collected blocks, accounts that are not there, no batches.

Shapes and causes: https://docs.near.org/api/rpc (status, block-chunk, contracts view_account and call_function, common
errors); that a batch is answered as a parse error, and a failed view as a result with ``error``: nearcore,
chain/jsonrpc (process, process_query_response), and their messages: near-jsonrpc-primitives. What a token says:
https://nomicon.io/Standards/Tokens/FungibleToken.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import orjson

from chains.codec import base58
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene
from tests.rest import Answer, Asked

NATIVE = Instrument("slip44:397")
CONTRACT = "usdt.tether-token.near"
USDT = Instrument(f"nep141:{CONTRACT}")
SPEC = ChainSpec(id=ChainId("near:mainnet"), name="scripted NEAR", family="near", native=NATIVE, native_decimals=24)


def key(number: int) -> BalanceKey:
    named = f"wallet-{number}.near" if number % 2 else blake2b(b"%d" % number, 32).hex()
    return BalanceKey(Address(named), NATIVE)


def token(number: int) -> BalanceKey:
    return key(number)._replace(instrument=USDT)


def either(number: int) -> BalanceKey:
    return token(number) if number % 3 == 2 else key(number)


def block_hash(world: World, height: int) -> str:
    return base58.encode(world.digest(height))


class NearNode(Served):
    """Heights in ``skipped`` have no block; state below ``oldest`` is collected, blocks below ``first`` are gone.

    ``viewed`` replaces parts of what a view of an account says.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.skipped: set[int] = set()
        self.oldest = self.first = 0
        self.locked: dict[str, int] = {}
        self.keys: dict[str, list[tuple[str, Any]]] = {}
        self.said: dict[str, Any] = {}
        self.viewed: dict[str, Any] = {}

    async def _serve(self, asked: Asked) -> Answer:
        if isinstance(asked.body, list):
            error = {"code": -32700, "message": "Parse error", "data": "JSON RPC Request format was expected"}
            return Answer({"jsonrpc": "2.0", "error": error, "id": None}, 400)
        return await super()._serve(asked)

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "status", _:
                return {"chain_id": "mainnet", "sync_info": {"latest_block_height": self.world.head}}
            case "block", {"finality": "final"}:
                return self._block(max(h for h in range(1, self.world.final + 1) if h not in self.skipped))
            case "block", {"block_id": int(height)}:
                return self._block(height)
            case "query", {"request_type": "view_account", "block_id": str(shown), "account_id": str(account)}:
                return self._account(shown, account)
            case "query", {"request_type": "view_access_key_list", "block_id": str(shown), "account_id": str(account)}:
                self._account(shown, account)
                keys = [
                    {"public_key": key, "access_key": {"nonce": 1, "permission": permission}}
                    for key, permission in self.keys.get(account, [])
                ]
                return {"keys": keys, "block_height": 1, "block_hash": shown}
            case "query", {"request_type": "call_function", "block_id": str(shown), "account_id": str(contract)}:
                return self._view(self._height(shown), contract, params)
        raise Refusal(-32601, {"message": "Method not found"})

    def _block(self, height: int) -> Any:
        if height in self.skipped or height < self.first or not self.world.has(height):
            raise _handler("UNKNOWN_BLOCK", f"DB Not Found Error: BLOCK HEIGHT: {height} \n Cause: Unknown")
        nanos = self.world.seconds(height) * 10**9 + 123_456_789
        header = {"height": height, "hash": block_hash(self.world, height), "timestamp": nanos}
        return {"author": "v", "header": {**header, "timestamp_nanosec": str(nanos)}, "chunks": []}

    def _height(self, shown: str) -> int:
        height = self.world.height_of(shown, lambda height: block_hash(self.world, height))
        if height is None:
            raise _handler("UNKNOWN_BLOCK", f"DB Not Found Error: BLOCK: {shown} \n Cause: Unknown")
        if height < self.oldest:
            said = f"The data for block #{height} is garbage collected on this node, use an archival node to fetch it"
            raise _handler("GARBAGE_COLLECTED_BLOCK", said)
        return height

    def _view(self, height: int, contract: str, params: Any) -> Any:
        where = {"logs": [], "block_height": height, "block_hash": block_hash(self.world, height)}
        arguments = orjson.loads(base64.b64decode(params["args_base64"]))
        if contract != CONTRACT:
            raise _handler("UNKNOWN_ACCOUNT", f"account {contract} does not exist while viewing")
        match params["method_name"], arguments:
            case "ft_balance_of", {"account_id": str(account)}:
                said = self.viewed.get(account, {})
                if isinstance(said, Refusal):
                    raise said
                held = self.world.at(height).get(BalanceKey(Address(account), USDT), 0)
                return {**where, "result": list(orjson.dumps(str(held))), **said}
            case "ft_metadata", {}:
                metadata = {"spec": "ft-1.0.0", "name": "Tether USD", "symbol": "USDt", "decimals": 6}
                return {**where, "result": list(orjson.dumps(metadata)), **self.viewed.get(CONTRACT, {})}
        raise AssertionError(params)

    def _account(self, shown: str, account: str) -> Any:
        height = self._height(shown)
        what = self.said.get(account)
        if isinstance(what, Refusal):
            raise what
        amount = self.world.at(height).get(BalanceKey(Address(account), NATIVE))
        if amount is None:
            raise _handler("UNKNOWN_ACCOUNT", f"account {account} does not exist while viewing")
        found = {"amount": str(amount), "locked": str(self.locked.get(account, 0)), "code_hash": "1" * 32}
        return {**found, "storage_usage": 182, "block_height": height, "block_hash": shown, **(what or {})}


PANIC = 'wasm execution failed with error: HostError(GuestPanic { panic_msg: "no such thing" })'


def _handler(cause: str, data: str) -> Refusal:
    body = {"name": "HANDLER_ERROR", "cause": {"name": cause, "info": {}}, "message": "Server error", "data": data}
    return Refusal(-32000, body)


class NearHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("near:testnet"))
    good = (
        GoodAddress("okx.near", "okx.near", False),
        GoodAddress("9" * 64, "9" * 64, False),
        GoodAddress("a-b_c.d", "a-b_c.d", False),
    )
    bad = (
        "",
        "a",
        "Okx.near",
        "okx..near",
        ".near",
        "near.",
        "a--b",
        "okx.near ",
        "okx.near\n",
        "a" * 65,
        "ok@x",
        "окх",
    )
    instruments = ((NATIVE, 24), (USDT, 6))
    instruments_bad = ("", "slip44:60", "SLIP44:397", "nep141:", "nep141:USDT.near", "NEP141:usdt.near", f"{USDT} ")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with NearNode(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            refused, broken = key(20_000), key(20_001)
            node.said[refused.address] = _handler("INTERNAL_ERROR", "the shard is not tracked")
            world.tick({broken: 5})
            node.said[broken.address] = {"amount": 5}
            panics = token(20_002)
            node.viewed[panics.address] = {"result": None, "error": PANIC}
            failing = [(refused, Reason.REFUSED), (broken, Reason.MALFORMED), (panics, Reason.REVERTED)]
            yield WorldScene(world, rpc, either, failing)


HARNESS = NearHarness()
