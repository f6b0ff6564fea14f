"""What the index says: its newest block, and its rows about many addresses, as far as it has any.

The index answers about now only, from what the masterchain had confirmed when it was asked. An address that never was
in a transaction has no row. An answer holds at most 1,000 rows, one an address.
Shapes: https://toncenter.com/api/v3 (masterchainInfo, accountStates, jetton/wallets, jetton/masters); that absent rows
are left out, and the limit: toncenter/ton-indexer, ton-index-go/index/crud.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol, TypeVar

import msgspec

from chains.adapter import Call, Rpc
from chains.answers import DETAIL_MAX, SECOND, Held, Outcome, digits, shape, utc
from chains.codec import ton
from chains.codec.ton import MASTERCHAIN, TonAddress
from chains.errors import BadAddress, Malformed, RpcFault
from chains.types import BlockRef, Failure, Reason

KEYS_MAX = 400
"""Addresses in one request: the index takes 1,000, but a longer URL not every front of it."""
_TOO_LARGE = 413


class Block(msgspec.Struct, frozen=True):
    workchain: int
    seqno: Annotated[int, msgspec.Meta(ge=1)]
    root_hash: Annotated[str, msgspec.Meta(min_length=44, max_length=44)]
    global_id: int
    gen_utime: str

    @property
    def ref(self) -> BlockRef:
        if self.workchain != MASTERCHAIN:
            raise Malformed(f"masterchainInfo: a block of workchain {self.workchain}")
        return BlockRef(self.seqno, self.root_hash, utc(digits(self.gen_utime, "gen_utime") * SECOND, "gen_utime"))


class _Info(msgspec.Struct, frozen=True):
    last: Block


class Row(Protocol):
    @property
    def address(self) -> str: ...


R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)


class Rows(Protocol[R_co]):
    """An answer with a row for each address that has one."""

    @property
    def rows(self) -> Sequence[R_co]: ...


async def last(rpc: Rpc) -> Block:
    """The newest block of the masterchain that is indexed; validators have signed every one of them."""
    return shape(_Info, await rpc.call("GET v3/masterchainInfo"), "masterchainInfo").last


async def ask(
    rpc: Rpc, path: str, kind: type[Rows[R]], addresses: Sequence[TonAddress], **query: object
) -> dict[TonAddress, R | RpcFault | None]:
    """The row of each address, None where there is none. What is refused as too long is asked again in halves."""
    parts: list[Sequence[TonAddress]] = [addresses[at : at + KEYS_MAX] for at in range(0, len(addresses), KEYS_MAX)]
    found: dict[TonAddress, R | RpcFault | None] = {}
    while parts:
        calls: list[Call] = [
            (f"GET v3/{path}", {"address": [friendly(one) for one in part], **query}) for part in parts
        ]
        again: list[Sequence[TonAddress]] = []
        for part, answer in zip(parts, await rpc.batch(calls), strict=True):
            if not isinstance(answer, RpcFault):
                found |= dict.fromkeys(part) | _rows(shape(kind, answer, path).rows, part, path)
            elif answer.code == _TOO_LARGE and len(part) > 1:
                again += [part[: len(part) // 2], part[len(part) // 2 :]]
            else:
                found |= dict.fromkeys(part, answer)
        parts = again
    return found


def told(row: R | RpcFault | None, read: Callable[[R], Held]) -> Outcome:
    """What the row of an address says; without one it holds nothing."""
    if row is None or isinstance(row, RpcFault):
        return Held(0) if row is None else row
    try:
        return read(row)
    except Malformed as error:
        return Failure(Reason.MALFORMED, str(error)[:DETAIL_MAX])


def friendly(address: TonAddress) -> str:
    return ton.encode(address, bounceable=True)


def _rows(rows: Sequence[R], asked: Sequence[TonAddress], path: str) -> dict[TonAddress, R]:
    found = {parse(row.address): row for row in rows}
    if len(found) != len(rows) or not found.keys() <= set(asked):
        raise Malformed(f"{path}: an address that was not asked, or one twice")
    return found


def parse(text: str) -> TonAddress:
    try:
        return ton.decode(text)
    except BadAddress as error:
        raise Malformed(f"an address of the index: {error}") from None
