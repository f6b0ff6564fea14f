"""Fungible tokens (NEP-141): what their contract says of an account, at a block.

A contract states "0" for an account it does not know. A view that fails is no refusal of the node: it comes as a
result, with the trouble in ``error``. That an account does not exist is here said of the contract, and is no zero.
Shapes: https://docs.near.org/api/rpc/contracts (call_function), https://nomicon.io/Standards/Tokens/FungibleToken
(ft_balance_of, ft_metadata); that failures are results: nearcore, chain/jsonrpc (process_query_response).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
import orjson

from chains.adapter import Call, Json, Rpc
from chains.answers import DETAIL_MAX, Held, Outcome, ask_each, digits, outcome, shape
from chains.errors import Malformed, RpcFault
from chains.types import Address, BalanceKey, BlockRef, Failure, Reason

_AMOUNT_END = 2**128
_BYTES_MAX = 2**20
_NO_CODE = ("CodeDoesNotExist", "MethodNotFound", "Contract code for contract", "does not exist while viewing")
Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]


class _View(msgspec.Struct, frozen=True):
    block_hash: str
    result: Annotated[list[Byte], msgspec.Meta(max_length=_BYTES_MAX)] | None = None
    error: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    decimals: Byte


async def read(rpc: Rpc, block: BlockRef, contract: str, keys: Sequence[BalanceKey]) -> dict[BalanceKey, Outcome]:
    """One outcome for each key, all of one contract's token."""

    def ask(key: BalanceKey) -> Call:
        return _call(block, contract, "ft_balance_of", account_id=key.address)

    def held(_: BalanceKey, answer: Json | RpcFault) -> Outcome:
        found = outcome(answer, partial(_held, block))
        return _no_code(str(found.data)) or found if isinstance(found, RpcFault) else found

    return await ask_each(rpc, keys, ask, held)


async def decimals(rpc: Rpc, block: BlockRef, contract: str) -> int:
    """Raises RpcFault where the contract does not say."""
    found = _returned(block, await rpc.call(*_call(block, contract, "ft_metadata")))
    if isinstance(found, Failure):
        raise RpcFault(0, found.detail)
    return shape(_Metadata, found, "ft_metadata").decimals


def _call(block: BlockRef, contract: str, method: str, **arguments: Address) -> Call:
    asked = {"request_type": "call_function", "block_id": block.hash, "account_id": contract, "method_name": method}
    return "query", {**asked, "args_base64": base64.b64encode(orjson.dumps(arguments)).decode()}


def _held(block: BlockRef, answer: Json) -> Held | Failure:
    found = _returned(block, answer)
    if isinstance(found, Failure):
        return found
    amount = digits(found, "ft_balance_of")
    if amount >= _AMOUNT_END:
        raise Malformed("ft_balance_of: out of range")
    return Held(amount)


def _no_code(said: str) -> Failure | None:
    return Failure(Reason.NO_CODE, said[:DETAIL_MAX]) if any(words in said for words in _NO_CODE) else None


def _returned(block: BlockRef, answer: Json) -> Any:
    """The JSON that a view returned, or why it failed. Raises Malformed."""
    view = shape(_View, answer, "call_function")
    if view.block_hash != block.hash:
        raise Malformed(f"call_function: of block {view.block_hash}")
    if view.error is not None:
        return _no_code(view.error) or Failure(Reason.REVERTED, view.error[:DETAIL_MAX])
    if view.result is None:
        raise Malformed("call_function: neither a result nor an error")
    try:
        return orjson.loads(bytes(view.result))
    except orjson.JSONDecodeError:
        raise Malformed("call_function: the contract returned no JSON") from None
