"""A java-tron node: its HTTP API at the solid state, and what it says of its own blocks.

Documents: https://tronprotocol.github.io/documentation-en/api/http (getblock, getaccount, triggerconstantcontract,
getaccountbalance). Failures come with status 200, as ``{"Error": "class ... : words"}`` or as ``result.code``; fields
that are zero are left out. Nothing here goes through the node's ``eth_call``: it knows ``latest`` only, refuses numeric
tags, and was seen to answer ``{"blockNumber": ...}`` from the present state without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias, TypeGuard

from chains.adapter import Call, Json, Rpc
from chains.answers import outcome
from chains.errors import Malformed, Pruned, RpcFault, TooLarge
from chains.tron import multicall
from chains.tron.account import Account, account
from chains.tron.address import text
from chains.tron.multicall import Answers, Question
from chains.types import BlockRef, Failure

Said: TypeAlias = "Account | Failure | RpcFault"
"""What the node says of one account."""

NOBODY = text(bytes(20))
_END_MS = 253_402_300_800_000  # the year 10,000
_SPLIT = ("OutOfTime", "CPU timeout", "OutOfEnergy", "Not enough energy", "energy limit", "OutOfMemory")


class Header(NamedTuple):
    block: BlockRef
    parent: str


async def header(rpc: Rpc, number: int | None = None) -> Header:
    """The header at a height, or the newest solid one. Raises Pruned where there is none."""
    asked = {} if number is None else {"id_or_num": str(number)}
    body = _sound(rpc, await rpc.call("POST walletsolidity/getblock", {**asked, "detail": False}))
    match body:
        case {"blockID": str(block_id), "block_header": {"raw_data": {"parentHash": str(parent), **raw}}}:
            height, milliseconds = raw.get("number", 0), raw.get("timestamp", 0)
            if _is_below(height, 2**63) and _is_below(milliseconds, _END_MS) and number in (None, height):
                return Header(BlockRef(height, block_id, datetime.fromtimestamp(milliseconds / 1000, UTC)), parent)
        case {}:
            if not body:
                raise Pruned(0, f"{rpc.provider}: no solid block {number}")
    raise Malformed(f"{rpc.provider}: getblock: not the header of block {number}")


async def aggregate(rpc: Rpc, contract: bytes, questions: Sequence[Question]) -> Answers:
    """All questions on one solid state. Raises TooLarge for more than the node computes at a time."""
    arguments = multicall.encode(questions, multicall=contract)
    body = _sound(
        rpc,
        await rpc.call(
            "POST walletsolidity/triggerconstantcontract",
            {
                "owner_address": NOBODY,
                "contract_address": text(contract),
                "function_selector": multicall.SIGNATURE,
                "parameter": arguments.hex(),
                "visible": True,
            },
        ),
    )
    match body:
        case {"result": {"result": True, **more}, "constant_result": [str(answer)]} if "message" not in more and answer:
            try:
                raw = bytes.fromhex(answer)
            except ValueError:
                raise Malformed(f"{rpc.provider}: triggerconstantcontract: no hexadecimal answer") from None
            return multicall.decode(raw, count=len(questions))
        case {"result": {**result}}:
            raise _refusal(rpc, result)
    raise Malformed(f"{rpc.provider}: triggerconstantcontract: neither a result nor a refusal")


async def accounts(rpc: Rpc, addresses: Sequence[str]) -> dict[str, Said]:
    """Every account at the solid state, each by a request of its own, or why it is not known."""
    calls: list[Call] = [
        ("POST walletsolidity/getaccount", {"address": address, "visible": True}) for address in addresses
    ]
    answers = await rpc.batch(calls) if calls else []

    def said(address: str, answer: Json | RpcFault) -> Said:
        return outcome(answer, lambda body: account(_sound(rpc, body), address))

    return {address: said(address, answer) for address, answer in zip(addresses, answers, strict=True)}


def _sound(rpc: Rpc, body: Json | RpcFault) -> Json:
    """The body, unless it is a refusal in disguise."""
    if isinstance(body, RpcFault):
        raise body
    if isinstance(body, dict) and isinstance(said := body.get("Error"), str):
        raise RpcFault(0, f"{rpc.provider}: {said}"[:300])
    return body


def _is_below(value: object, end: int) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < end


def _refusal(rpc: Rpc, result: Mapping[object, object]) -> TooLarge | RpcFault:
    """Messages are text, or its hexadecimal form."""
    said = str(result.get("message", ""))
    with suppress(ValueError):
        said = bytes.fromhex(said).decode("utf-8", "replace")
    words = f"{rpc.provider}: {result.get('code', 'failed')}: {said}"[:300]
    return TooLarge(words) if any(sign in said for sign in _SPLIT) else RpcFault(0, words)
