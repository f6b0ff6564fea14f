"""Tronscan, the explorer of TRON's makers: ``chains.spec.RELATED``.

Documents: https://docs.tronscan.org/api-endpoints/account (``/api/accountv2``) and .../block (``/api/block``). The key
goes into the header TRON-PRO-API-KEY; the provider's URL has no path. An answer about an account names no block. Its
``balance`` is what is liquid, in sun, as a JSON integer that may pass 2**53. ``withPriceTokens`` lists tokens as far as
they have a price, each with ``balance`` in base units; its ``amount`` is a price in TRX, and names and symbols are
anybody's: only the contract's address tells a token. What is not listed may be held all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chains.adapter import Json
from chains.answers import digits, shape
from chains.errors import Malformed
from chains.rpc.now.index import NowIndex
from chains.types import BalanceKey, BlockRef, Failure, Reason

_TOKEN = "trc20:"  # noqa: S105  (an instrument, not a password)
_UNLISTED = Failure(Reason.REFUSED, "Tronscan does not list the token, which need not mean zero")


class _Block(msgspec.Struct, frozen=True):
    number: int
    hash: str


class _Blocks(msgspec.Struct, frozen=True):
    data: list[_Block]


class _Token(msgspec.Struct, frozen=True, rename="camel"):
    token_id: str = ""
    balance: Any = None


class _Account(msgspec.Struct, frozen=True, rename="camel"):
    address: str
    balance: int
    with_price_tokens: list[_Token]


class Tronscan(NowIndex):
    """Implements OnlyNow."""

    async def newest(self) -> int:
        return (await self._block({"sort": "-number", "start": 0, "limit": 1})).number

    async def hash_at(self, height: int) -> str:
        block = await self._block({"number": height})
        if block.number != height:
            raise Malformed("api/block: another block than was asked for")
        return block.hash

    async def held(self, keys: Sequence[BalanceKey], *, since: BlockRef) -> list[int | Failure]:
        return await self._said(keys, lambda address: ("GET api/accountv2", {"address": address}), _amount)

    async def _block(self, query: Mapping[str, Json]) -> _Block:
        blocks = shape(_Blocks, await self._asked.call("GET api/block", query), "api/block").data
        if len(blocks) != 1:
            raise Malformed(f"api/block: {len(blocks)} blocks where one was asked for")
        return blocks[0]


def _amount(key: BalanceKey, body: Json) -> int | Failure:
    account = shape(_Account, body, "api/accountv2")
    if account.address != key.address:
        raise Malformed("api/accountv2: another account than was asked for")
    if not key.instrument.startswith(_TOKEN):
        if account.balance < 0:
            raise Malformed("api/accountv2: a balance below zero")
        return account.balance
    contract = key.instrument.removeprefix(_TOKEN)
    listed = [token for token in account.with_price_tokens if token.token_id == contract]
    if len(listed) > 1:
        raise Malformed("api/accountv2: a token listed twice")
    return digits(listed[0].balance, "balance") if listed else _UNLISTED
