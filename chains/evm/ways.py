"""The ways to ask one endpoint for many balances, best first, and one question by each of them."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from enum import StrEnum

from chains.adapter import Json, Rpc
from chains.errors import RpcFault, TooLarge
from chains.evm import multicall, packed, reader_code
from chains.evm.faults import is_gas
from chains.evm.packed import ADDRESS, Answer, Bytes, WayFailed
from chains.evm.plan import READER

_INITCODE_MAX = 49_152
"""Bytes (EIP-3860)."""
_OVERRIDE = {READER: {"code": "0x" + reader_code.OVERRIDE.hex()}}


class Way(StrEnum):
    """BATCH needs no probe: chains/rpc makes its batches as small as a provider wants, down to single calls."""

    OVERRIDE = "packed reader by code override"
    INITCODE = "packed reader as init code"
    MULTICALL = "Multicall3"
    BATCH = "JSON-RPC batches"

    @property
    def next(self) -> Way:
        ways = list(Way)
        return ways[ways.index(self) + 1]


def addresses_max(way: Way, *, tokens: int) -> int | None:
    """How many addresses fit one request at all; None where only the endpoint sets the limit."""
    if way is not Way.INITCODE:
        return None
    return (_INITCODE_MAX - len(reader_code.INITCODE) - 1 - tokens * ADDRESS) // ADDRESS


async def ask(rpc: Rpc, way: Way, at: object, tokens: Sequence[bytes], addresses: Bytes, *, multicall3: str) -> Answer:
    """The balances of ``addresses`` (n, 20), and the context to check them by; ``at`` is the block parameter.

    Raises WayFailed where the endpoint does not run what it is sent, TooLarge where the gas was not enough, and
    whatever ``rpc.call`` raises.
    """
    try:
        return await _ask(rpc, way, at, tokens, addresses, multicall3=multicall3)
    except RpcFault as fault:
        if is_gas(fault):
            raise TooLarge(str(fault)) from fault
        raise


async def _ask(rpc: Rpc, way: Way, at: object, tokens: Sequence[bytes], addresses: Bytes, *, multicall3: str) -> Answer:
    shape = {"tokens": len(tokens), "addresses": len(addresses)}
    match way:
        case Way.OVERRIDE:
            call: dict[str, Json] = {"to": READER, "data": "0x" + packed.payload(tokens, addresses).hex()}
            return packed.decode(_bytes(await rpc.call("eth_call", (call, at, _OVERRIDE))), **shape)
        case Way.INITCODE:
            call = {"data": "0x" + reader_code.INITCODE.hex() + packed.payload(tokens, addresses).hex()}
            return packed.decode(await _reverted(rpc, call, at), **shape)
        case Way.MULTICALL:
            data = multicall.payload(tokens, addresses, contract=bytes.fromhex(multicall3[2:]))
            call = {"to": multicall3, "data": "0x" + data.hex()}
            return multicall.decode(_bytes(await rpc.call("eth_call", (call, at))), **shape)
    raise AssertionError(f"{way} asks for each balance by itself")


async def _reverted(rpc: Rpc, call: dict[str, Json], at: object) -> bytes:
    """What the call reverted with."""
    try:
        await rpc.call("eth_call", (call, at))
    except RpcFault as fault:
        # Some nodes put words before it: "Reverted 0x...".
        if isinstance(fault.data, str) and "0x" in fault.data:
            return _bytes(fault.data[fault.data.index("0x") :])
        raise
    raise WayFailed("init code that reverts did not")


def _bytes(answer: Json) -> bytes:
    if not isinstance(answer, str) or not answer.startswith("0x"):
        raise WayFailed("not hexadecimal data")
    try:
        return binascii.unhexlify(answer[2:])
    except ValueError:
        raise WayFailed("not hexadecimal data") from None
