"""What an explorer can be asked. Every question names its height; every answer is in the words of JSON-RPC."""

from __future__ import annotations

from typing import Protocol

from chains.adapter import Json
from chains.errors import RpcFault
from chains.rpc.http import Counters
from chains.rpc.refusals import refusal

BALANCE_OF = "0x70a08231" + "0" * 24
SELECTOR_LENGTH = len("0x70a08231")


class Source(Protocol):
    """One explorer's API. Each method raises ChainError; a refusal of this one question is an RpcFault."""

    @property
    def counters(self) -> Counters: ...

    async def chain_number(self) -> Json:
        """The number of the chain, in hexadecimal."""
        ...

    async def newest(self) -> Json:
        """The newest block the explorer knows, as a block object."""
        ...

    async def block(self, height: int) -> Json:
        """The block object at a height, or null."""
        ...

    async def balance(self, address: str, height: int) -> Json:
        """Native balance after the block at ``height``: a hexadecimal quantity."""
        ...

    async def contract(self, to: str, data: str, height: int) -> Json:
        """What a contract returns after the block at ``height``: hexadecimal data."""
        ...


def no_method(provider: str, method: str) -> RpcFault:
    fault = refusal(provider, {"code": -32601, "message": f"an explorer has no such method: {method}"})
    assert isinstance(fault, RpcFault)
    return fault


def holder(data: str) -> str | None:
    """The address of a ``balanceOf`` call, None for any other call."""
    is_balance = data.startswith(BALANCE_OF) and len(data) == len(BALANCE_OF) + 40
    return "0x" + data.removeprefix(BALANCE_OF) if is_balance else None
