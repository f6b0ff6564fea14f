"""The JSON of rippled and Clio, which is their own: no request ids, and errors inside ``result`` with status 200.

So calls are plain POSTs, one account each. Shapes and error names:
https://xrpl.org/docs/references/http-websocket-apis (account_info, ledger, server_info).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import SECOND, shape, utc
from chains.errors import Malformed, Pruned, RpcFault
from chains.types import BlockRef

EPOCH_S = 946_684_800  # 2000-01-01 in Unix time


class _Ledger(msgspec.Struct, frozen=True):
    ledger_hash: Annotated[str, msgspec.Meta(pattern="^[0-9A-F]{64}$")]
    close_time: Annotated[int, msgspec.Meta(ge=0)]


class _LedgerAnswer(msgspec.Struct, frozen=True):
    ledger: _Ledger
    ledger_index: Annotated[int, msgspec.Meta(ge=1)]
    validated: Literal[True]

    @property
    def block(self) -> BlockRef:
        time = utc((EPOCH_S + self.ledger.close_time) * SECOND, "close_time")
        return BlockRef(self.ledger_index, self.ledger.ledger_hash, time)


def call(method: str, **params: object) -> Call:
    return "POST ", {"method": method, "params": [params]}


class _Envelope(msgspec.Struct, frozen=True):
    result: dict[str, Any]


def result(answer: Json, what: str) -> Mapping[str, Json]:
    """The ``result`` of a success. Raises RpcFault with the error's name, or Pruned. What may pass never comes here:
    chains/rpc asks again.
    """
    found = shape(_Envelope, answer, what).result
    match found:
        case {"error": "lgrNotFound"}:
            raise Pruned(0, f"the server has no such ledger ({what})")
        case {"error": str(name)}:
            raise RpcFault(0, name, found)
        case {"status": "success"}:
            return found
    raise Malformed(f"{what}: neither a success nor an error")


async def _ask(rpc: Rpc, method: str, **params: object) -> Mapping[str, Json]:
    return result(await rpc.call(*call(method, **params)), method)


async def ledger_of(rpc: Rpc, **which: object) -> BlockRef:
    """A validated ledger. Raises Pruned where the server lacks it, Malformed for one that is not validated."""
    return shape(_LedgerAnswer, await _ask(rpc, "ledger", **which), "ledger").block


async def at(rpc: Rpc, height: int) -> BlockRef:
    if height < 1:
        raise Pruned(0, "the first ledger has index 1")
    block = await ledger_of(rpc, ledger_index=height)
    if block.height != height:
        raise Malformed(f"asked for ledger {height}, got {block.height}")
    return block


async def network(rpc: Rpc) -> int | None:
    match await _ask(rpc, "server_info"):
        case {"info": {"network_id": int(number)}}:
            return number
        case {"info": dict()}:
            return None
    raise Malformed("server_info: no info")
