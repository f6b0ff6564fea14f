"""anvil made to behave as java-tron: its HTTP API at the solid state, and its traps.

- ``walletsolidity/*`` answers from anvil's finalized block; fields that are zero are left out.
- ``wallet/getaccountbalance`` answers 0 and repeats the block asked about where it keeps no history, and without an
  error. ``history_since`` is the block from which history is kept, None for a node without.
- ``eth_call`` and ``eth_getBalance`` know ``latest`` only; ``eth_getLogs`` has the limits of a node.
- More than ``calls_max`` calls in one constant call run out of time.

Frozen coins have no engine: ``accounts`` adds fields to what ``getaccount`` says of an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import orjson
from aiohttp import web

from chains.adapter import Json
from chains.codec.evm_address import keccak256
from chains.errors import RpcFault
from chains.spec import ProviderSpec
from chains.tron import address as tron_address
from chains.tron.multicall import SIGNATURE
from chains.types import Address, ChainId
from scripts.engines import multicall3
from scripts.engines.anvil import BLOCKS_TO_FINAL, Anvil
from scripts.engines.loopback import Loopback

REFERENCE = "2b6653dc"
MULTICALL = "TEazPvZwDjDtFeJupyo7QunvnrnUjPH8ED"
RANGE_MAX, LOGS_MAX = 5_000, 10_000
_SOLID = "finalized"
_LATEST_ONLY = {"eth_call": 1, "eth_getBalance": 1, "eth_getCode": 1, "eth_getStorageAt": 2}

Object = dict[str, Any]


def hexadecimal(address: str) -> Address:
    """The EVM's spelling of a Tron address."""
    return Address("0x" + tron_address.raw(address).hex())


def token_code(*, decimals: int) -> str:
    """``balanceOf`` by the mapping at slot 0, ``decimals``, and a ``transfer`` with its event that checks nothing."""
    slot = "6000 52 6000 6020 52 6040 6000 20"  # keccak(word on the stack . 0)
    event = keccak256(b"Transfer(address,address,uint256)").hex()
    return "0x" + "".join(
        (
            "600035 60e01c",
            "80 63 70a08231 14 6028 57",
            "80 63 a9059cbb 14 604d 57",
            "63 313ce567 14 6042 57",
            "60006000fd",
            f"5b 600435 {slot} 54 600052 60206000f3",
            f"5b 60{decimals:02x} 600052 60206000f3",
            f"5b 33 {slot} 80 54 602435 90 03 90 55",
            f"600435 {slot} 80 54 602435 01 90 55",
            f"602435 600052 600435 33 7f{event} 6020 6000 a3",
            "6001 600052 60206000f3",
        )
    ).replace(" ", "")


class TronNode(Loopback):
    """``async with TronNode() as node``: entering raises EngineMissing. ``anvil`` is the chain behind it."""

    def __init__(self, *, reference: str = REFERENCE) -> None:
        self.anvil = Anvil(chain_id=int(reference, 16))
        self.reference = reference
        self.accounts: dict[str, Object] = {}
        self.history_since: int | None = 0
        self.calls_max = 1_000
        self.asked: list[str] = []

    async def _open(self, stack: AsyncExitStack) -> None:
        await stack.enter_async_context(self.anvil)
        await self.anvil.rpc.call("anvil_autoImpersonateAccount", (True,))
        await multicall3.place(self.anvil, hexadecimal(MULTICALL))
        await self.anvil.mine(2 * BLOCKS_TO_FINAL)

    @property
    def provider(self) -> ProviderSpec:
        return ProviderSpec(
            name="tron",
            chain=ChainId(f"tron:0x{self.reference}"),
            url=self.url,
            operator="local",
            per_second_max=10_000.0,
            in_flight_max=16,
        )

    async def advance(self) -> None:
        """Everything set so far becomes part of the solid block."""
        await self.anvil.mine()

    async def set_balances(self, balances: Mapping[Address, int]) -> None:
        await self.anvil.set_balances({hexadecimal(holder): amount for holder, amount in balances.items()})

    async def set_token(self, token: str, *, decimals: int, balances: Mapping[Address, int]) -> None:
        await self.anvil.set_code(hexadecimal(token), token_code(decimals=decimals))
        held = {hexadecimal(holder): amount for holder, amount in balances.items()}
        await self.anvil.set_token_balances(hexadecimal(token), held)

    async def transfer(self, token: str, sender: str, to: str, amount: int) -> None:
        """In a block of its own. The sender pays for it in coins out of nowhere."""
        await self.anvil.set_balances({hexadecimal(sender): 10**18})
        data = keccak256(b"transfer(address,uint256)")[:4] + tron_address.raw(to).rjust(32, b"\0") + amount.to_bytes(32)
        send = {"from": hexadecimal(sender), "to": hexadecimal(token), "data": "0x" + data.hex(), "gas": hex(200_000)}
        done = await self.anvil.rpc.call("eth_sendTransaction", (send,))
        await self.anvil.mine(1)
        receipt = await self.anvil.rpc.call("eth_getTransactionReceipt", (done,))
        assert isinstance(receipt, dict)
        assert receipt["status"] == "0x1"

    async def _handle(self, request: web.Request) -> web.Response:
        path, body = request.path.strip("/"), orjson.loads(await request.read())
        self.asked.append(path)
        match path:
            case "walletsolidity/getblock":
                answer = await self._block(body)
            case "walletsolidity/getaccount":
                answer = await self._account(body["address"])
            case "walletsolidity/triggerconstantcontract":
                answer = await self._constant(body)
            case "wallet/getaccountbalance":
                answer = await self._balance_at(body["account_identifier"]["address"], body["block_identifier"])
            case "jsonrpc":
                answer = await self._jsonrpc(body)
            case _:
                return web.Response(status=404, text="<html>not found</html>", content_type="text/html")
        return web.Response(body=orjson.dumps(answer), content_type="application/json")

    async def _block(self, body: Object) -> Object:
        solid = await self._evm_block(_SOLID)
        assert solid is not None
        block = solid
        if "id_or_num" in body:
            number = int(body["id_or_num"])
            found = await self._evm_block(hex(number)) if number <= int(solid["number"], 16) else None
            if found is None:
                return {}
            block = found
        height = int(block["number"], 16)
        block_id = "0" * 56 + self.reference if height == 0 else block["hash"][2:]
        raw = {"number": height, "parentHash": block["parentHash"][2:], "timestamp": 1000 * int(block["timestamp"], 16)}
        return {
            "blockID": block_id,
            "block_header": {"raw_data": {name: value for name, value in raw.items() if value}},
        }

    async def _evm_block(self, tag: str) -> Object | None:
        found = await self.anvil.rpc.call("eth_getBlockByNumber", (tag, False))
        assert found is None or isinstance(found, dict)
        return found

    async def _account(self, address: str) -> Object:
        balance = await self.anvil.rpc.call("eth_getBalance", (hexadecimal(address), _SOLID))
        assert isinstance(balance, str)
        extra = self.accounts.get(address, {})
        if balance == "0x0" and not extra:
            return {}
        said = {"address": address, "create_time": 1, "balance": int(balance, 16), **extra}
        return {name: value for name, value in said.items() if value}

    async def _constant(self, body: Object) -> Object:
        assert body["function_selector"] == SIGNATURE
        if int(body["parameter"][64:128], 16) > self.calls_max:
            said = (
                "class org.tron.core.vm.program.Program$OutOfTimeException : CPU timeout for 'CALL' operation executing"
            )
            return {"result": {"code": "OTHER_ERROR", "message": said.encode().hex()}}
        data = "0x" + keccak256(SIGNATURE.encode())[:4].hex() + body["parameter"]
        call = {"to": hexadecimal(body["contract_address"]), "data": data}
        result = await self.anvil.rpc.call("eth_call", (call, _SOLID))
        assert isinstance(result, str)
        if result == "0x":
            said = "No contract or not a smart contract"
            return {"result": {"code": "CONTRACT_VALIDATE_ERROR", "message": said.encode().hex()}}
        return {"result": {"result": True}, "energy_used": 1, "constant_result": [result[2:]]}

    async def _balance_at(self, address: str, block: Object) -> Object:
        number = block["number"]
        if self.history_since is not None and number >= self.history_since:
            balance = await self.anvil.rpc.call("eth_getBalance", (hexadecimal(address), hex(number)))
            assert isinstance(balance, str)
            if balance != "0x0":
                return {"balance": int(balance, 16), "block_identifier": {**block, "number": max(0, number - 1)}}
        return {"block_identifier": block}

    async def _jsonrpc(self, body: Object) -> Object:
        def refused(code: int, message: str) -> Object:
            return {"jsonrpc": "2.0", "id": body["id"], "error": {"code": code, "message": message, "data": "{}"}}

        method, params = body["method"], body["params"]
        if method in _LATEST_ONLY:
            tag = params[_LATEST_ONLY[method]]
            if isinstance(tag, str) and tag.startswith("0x"):
                return refused(-32602, "QUANTITY not supported, just support TAG as latest")
            params[_LATEST_ONLY[method]] = "latest"  # also of {"blockNumber": ...}: the trap
        if method == "eth_getLogs":
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            if last - first > RANGE_MAX:
                return refused(-32602, f"exceed max block range: {RANGE_MAX}")
        try:
            result: Json = await self.anvil.rpc.call(method, params)
        except RpcFault as fault:
            return refused(fault.code, fault.message)
        if isinstance(result, list) and len(result) > LOGS_MAX:
            return refused(-32005, f"query returned more than {LOGS_MAX} results")
        return {"jsonrpc": "2.0", "id": body["id"], "result": result}
