"""The gRPC queries asked through ABCI, at a height: what they send, and what their answers say. Pure.

Sources: https://github.com/cosmos/cosmos-sdk, proto/cosmos/{bank,staking}/v1beta1/query.proto and staking.proto,
proto/cosmos/base/query/v1beta1/pagination.proto. A query that the state cannot answer has a code other than 0; one of
the raw store may answer code 0, no value, and the trouble in ``log`` (store/iavl), so a log is never passed over.
"""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec

from chains.adapter import Call, Json
from chains.answers import digits, shape
from chains.codec import proto
from chains.errors import Malformed, Pruned, RpcFault

_GONE = ("failed to load state at height", "version does not exist", "pruned")


class Query(StrEnum):
    BALANCE = "/cosmos.bank.v1beta1.Query/Balance"
    DELEGATIONS = "/cosmos.staking.v1beta1.Query/DelegatorDelegations"
    UNBONDING = "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations"


class Page(NamedTuple):
    """The sum of one page, and where the next one starts (empty: nowhere)."""

    amount: int
    next: bytes


class _Response(msgspec.Struct, frozen=True):
    height: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
    code: int = 0
    log: str = ""
    value: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    response: _Response


def balance_call(address: str, denom: str, height: int) -> Call:
    return _call(Query.BALANCE, proto.field(1, address) + proto.field(2, denom), height)


def page_call(query: Query, address: str, start: bytes, height: int) -> Call:
    page = proto.field(2, proto.field(1, start)) if start else b""
    return _call(query, proto.field(1, address) + page, height)


def _call(query: Query, data: bytes, height: int) -> Call:
    return "abci_query", {"path": query.value, "data": data.hex(), "height": str(height), "prove": False}


def value(answer: Json, height: int) -> bytes:
    """The message of an answer of this very height. Raises Pruned, RpcFault, Malformed."""
    response = shape(_Answer, answer, "abci_query").response
    if response.code != 0 or response.log:
        if any(words in response.log for words in _GONE):
            raise Pruned(response.code, response.log)
        raise RpcFault(response.code, response.log or "refused without a word")
    if response.height != str(height):
        raise Malformed(f"abci_query: of height {response.height}, not {height}")
    try:
        return base64.b64decode(response.value or "", validate=True)
    except binascii.Error:
        raise Malformed("abci_query: the value is not base64") from None


def balance(message: bytes, denom: str) -> int:
    """QueryBalanceResponse. The SDK states a zero in so many words; a missing coin is no zero."""
    coins = proto.fields(message, 1)
    if len(coins) != 1:
        raise Malformed("Balance: no coin")
    return _coin(coins[0], denom)


def delegations(message: bytes, denom: str) -> Page:
    """QueryDelegatorDelegationsResponse: the coins that the shares of each delegation are worth."""
    coins = [coin for one in proto.fields(message, 1) for coin in proto.fields(one, 2)]
    return Page(sum(_coin(coin, denom) for coin in coins), _next(message))


def unbonding(message: bytes, denom: str) -> Page:
    """QueryDelegatorUnbondingDelegationsResponse: what is left of each entry. They are always of the bond denom."""
    entries = [entry for one in proto.fields(message, 1) for entry in proto.fields(one, 3)]
    return Page(sum(digits(proto.text(entry, 4), "unbonding") for entry in entries), _next(message))


def _coin(coin: bytes, denom: str) -> int:
    if (found := proto.text(coin, 1)) != denom:
        raise Malformed(f"a coin of {found!r}, not {denom!r}")
    return digits(proto.text(coin, 2), "amount")


def _next(message: bytes) -> bytes:
    pages = proto.fields(message, 2)
    keys = proto.fields(pages[-1], 1) if pages else []
    return keys[-1] if keys else b""
