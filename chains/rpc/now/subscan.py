"""Subscan, explorer of Polkadot's kind of chains.

Documents: https://support.subscan.io and https://github.com/subscan-explorer/subscan-OpenAPI (``/api/scan/metadata``,
``/api/scan/block``, ``/api/scan/account/tokens``). The key goes into the header X-API-Key, and the provider's URL is
the network's own, without a path. Every answer is ``{"code", "message", "generated_at", "data"}``, some without the
time; a code but 0 is a failure with status 200 (a missing key: 400). ``account/tokens`` gives base units in digits;
``v2/scan/search`` and ``scan/accounts`` give whole coins, and are not used. None of them names a block.
``account/balance_history`` does name heights, but one total only, by the day on some networks, and no document says
what holds between two of its rows.

Whether ``balance`` includes what is reserved or locked is not documented: it is compared only where nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from chains.adapter import Json
from chains.answers import SECOND, digits, shape, utc
from chains.errors import Malformed, RpcFault
from chains.rpc.now.index import NowIndex
from chains.types import BalanceKey, BlockRef, Failure, Reason

T = TypeVar("T")
_ASSET = "asset:"
_UNLISTED = Failure(Reason.REFUSED, "Subscan does not list it, which need not mean zero")
_LOCKED = Failure(Reason.UNSUPPORTED, "some of it is locked or reserved, which Subscan counts in a way of its own")


class _Envelope(msgspec.Struct, frozen=True):
    code: int
    message: str
    generated_at: int | None = None
    data: Any = None


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    block_num: str


class _Block(msgspec.Struct, frozen=True):
    block_num: int
    hash: str


class _Coin(msgspec.Struct, frozen=True):
    balance: str
    lock: str
    reserved: str


class _Asset(msgspec.Struct, frozen=True):
    balance: Any = None
    asset_id: str = ""


class _Tokens(msgspec.Struct, frozen=True):
    native: list[_Coin] | None = None
    assets: list[_Asset] | None = None


class Subscan(NowIndex):
    """Implements OnlyNow."""

    async def newest(self) -> int:
        return digits(shape(_Metadata, await self._ask("metadata", {}), "metadata").block_num, "blockNum")

    async def hash_at(self, height: int) -> str:
        block = shape(_Block, await self._ask("block", {"block_num": height}), "block")
        if block.block_num != height:
            raise Malformed("block: another block than was asked for")
        return block.hash

    async def held(self, keys: Sequence[BalanceKey], *, since: BlockRef) -> list[int | Failure]:
        return await self._said(
            keys, lambda address: ("POST api/scan/account/tokens", {"address": address}), partial(_amount, since)
        )

    async def _ask(self, path: str, params: Mapping[str, Json]) -> Json:
        data: Json = _data(await self._asked.call(f"POST api/scan/{path}", params)).data
        return data


def _data(body: Json) -> _Envelope:
    """Raises RpcFault for a refusal in disguise."""
    envelope = shape(_Envelope, body, "an answer")
    if envelope.code != 0:
        raise RpcFault(envelope.code, envelope.message[:200])
    return envelope


def _amount(since: BlockRef, key: BalanceKey, body: Json) -> int | Failure:
    envelope = _data(body)
    assert since.time is not None, "every block of this kind of chain has a time"
    if envelope.generated_at is None or utc(envelope.generated_at * SECOND, "generated_at") < since.time:
        raise Malformed("account/tokens: not made after the block it was asked after, or not said when")
    tokens = shape(_Tokens, envelope.data, "account/tokens")
    if key.instrument.startswith(_ASSET):
        number = key.instrument.removeprefix(_ASSET)
        assets = [asset for asset in tokens.assets or [] if asset.asset_id == number]
        return digits(_only(assets).balance, "balance") if assets else _UNLISTED
    if not tokens.native:
        return _UNLISTED
    coin = _only(tokens.native)
    held, kept = digits(coin.balance, "balance"), [digits(coin.lock, "lock"), digits(coin.reserved, "reserved")]
    return _LOCKED if any(kept) else held


def _only(listed: Sequence[T]) -> T:
    if len(listed) != 1:
        raise Malformed("account/tokens: something is listed twice")
    return listed[0]
