"""GraphQL: one field of an answer, and the checkpoints. Data and errors come side by side, with status 200."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import rfc3339, shape
from chains.errors import Malformed, Pruned, RpcFault
from chains.types import BlockRef

_CHECKPOINT = "query($at: UInt53) { checkpoint(sequenceNumber: $at) { sequenceNumber digest timestamp } }"
_GONE = ("available range", "consistent", "checkpoint", "pruned")


class _Error(msgspec.Struct, frozen=True):
    message: str


class _Answer(msgspec.Struct, frozen=True):
    data: dict[str, Any] | None = None
    errors: list[_Error] = []


class _Checkpoint(msgspec.Struct, frozen=True, rename="camel"):
    sequence_number: Annotated[int, msgspec.Meta(ge=0)]
    digest: str
    timestamp: str


def call(query: str, **variables: object) -> Call:
    return "POST ", {"query": query, "variables": variables}


def field(answer: Json, name: str) -> Json:
    """One field of an answer without errors. Raises Pruned, RpcFault, Malformed."""
    graph = shape(_Answer, answer, name)
    if graph.errors:
        message = graph.errors[0].message
        gone = any(words in message.lower() for words in _GONE)
        raise Pruned(0, message) if gone else RpcFault(0, message)
    if graph.data is None or name not in graph.data:
        raise Malformed(f"{name}: neither data nor errors")
    found: Json = graph.data[name]
    return found


async def checkpoint(rpc: Rpc, height: int | None) -> BlockRef:
    """One checkpoint; the newest where no height is named."""
    asked = {} if height is None else {"at": height}
    found = field(await rpc.call(*call(_CHECKPOINT, **asked)), "checkpoint")
    if found is None:
        raise Pruned(0, f"the provider has no checkpoint {height}")
    said = shape(_Checkpoint, found, "checkpoint")
    if height not in (None, said.sequence_number):
        raise Malformed(f"asked for checkpoint {height}, got {said.sequence_number}")
    return BlockRef(said.sequence_number, said.digest, rfc3339(said.timestamp, "checkpoint"))
