"""Blockscout's JSON-RPC endpoint, which answers native balances from its own index and the rest from its node.

Documents: https://docs.blockscout.com/devs/apis/rpc/eth-rpc and, for what the block parameters may be, its source
(apps/explorer/lib/explorer/eth_rpc.ex and eth_rpc_helper.ex): ``eth_getBalance`` takes the height in decimal digits,
the methods passed on to the node take it in hexadecimal, and neither takes a hash or the words finalized and safe.
Errors are bare strings; "Balance not found" is one of them, and no zero.

The REST API is not used: ``coin-balance-history`` lists changes, so the balance at a block would be a conclusion.
"""

from __future__ import annotations

from chains.adapter import Json
from chains.rpc.client import HttpRpc
from chains.rpc.http import Counters


class Blockscout:
    def __init__(self, rpc: HttpRpc) -> None:
        self._rpc = rpc

    @property
    def counters(self) -> Counters:
        return self._rpc.counters

    async def chain_number(self) -> Json:
        return await self._rpc.call("eth_chainId")

    async def newest(self) -> Json:
        return await self._rpc.call("eth_getBlockByNumber", ("latest", False))

    async def block(self, height: int) -> Json:
        return await self._rpc.call("eth_getBlockByNumber", (hex(height), False))

    async def balance(self, address: str, height: int) -> Json:
        return await self._rpc.call("eth_getBalance", (address, str(height)))

    async def contract(self, to: str, data: str, height: int) -> Json:
        return await self._rpc.call("eth_call", ({"to": to, "data": data}, hex(height)))
