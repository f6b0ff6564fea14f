"""What an indexer beside the node says: the transactions of an account, the rounds it was paid for, times of rounds.

The provider serves it below ``idx2/``. An indexer can also rewind an account to a round (``?round=``), which is not
asked: it refuses to go past application calls, forgets what proposers were paid, and takes a clawback from who ordered
it (algorand/indexer, accounting/rewind.go).
Shapes: https://developer.algorand.org/docs/rest-apis/indexer (v2/accounts/{address}/transactions, v2/block-headers,
v2/blocks/{round}). A transaction with several inner ones of an account may come more than once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from chains.adapter import Call, Rpc
from chains.answers import DETAIL_MAX, SECOND, shape, utc
from chains.errors import Malformed, Pruned, RpcFault, Transport
from chains.search_time import find
from chains.types import Address, BlockRef, Failure, Reason

PAGES_MAX = 50
PAGE = 1_000
_MISSING = 404
_Count = Annotated[int, msgspec.Meta(ge=0)]


class Payment(msgspec.Struct, frozen=True, rename="kebab"):
    receiver: str
    amount: _Count
    close_remainder_to: str = ""
    close_amount: _Count = 0


class AssetTransfer(msgspec.Struct, frozen=True, rename="kebab"):
    """``sender``: whom a clawback takes from."""

    asset_id: int
    receiver: str
    amount: _Count
    sender: str = ""
    close_to: str = ""
    close_amount: _Count = 0


class AssetFreeze(msgspec.Struct, frozen=True, rename="kebab"):
    address: str
    asset_id: int


class Transaction(msgspec.Struct, frozen=True, rename="kebab"):
    sender: str
    fee: _Count = 0
    sender_rewards: _Count = 0
    receiver_rewards: _Count = 0
    close_rewards: _Count = 0
    payment_transaction: Payment | None = None
    asset_transfer_transaction: AssetTransfer | None = None
    asset_freeze_transaction: AssetFreeze | None = None
    inner_txns: list[Transaction] = []


class Root(Transaction, frozen=True, rename="kebab", kw_only=True):
    id: str
    confirmed_round: int


class _Page(msgspec.Struct, frozen=True, rename="kebab"):
    current_round: int
    next_token: str = ""


P = TypeVar("P", bound=_Page)
Asked: TypeAlias = Mapping[Address, tuple[str, Mapping[str, object]]]
"""Path and query, by address."""


class _Transactions(_Page, frozen=True, rename="kebab", kw_only=True):
    transactions: list[Root]


class _Header(msgspec.Struct, frozen=True, rename="kebab"):
    round: int
    timestamp: int
    proposer: str = ""
    proposer_payout: _Count = 0


class _Headers(_Page, frozen=True, rename="kebab", kw_only=True):
    blocks: list[_Header]


async def transactions(rpc: Rpc, addresses: Sequence[Address], rounds: range) -> dict[Address, list[Root] | Failure]:
    """Those of the rounds that name an account, each once. Raises Transport where the index is behind."""
    asked: Asked = {address: (f"GET idx2/v2/accounts/{address}/transactions", {}) for address in addresses}
    found: dict[Address, list[Root] | Failure] = {}
    for address, pages in (await _pages(rpc, _Transactions, asked, rounds)).items():
        if isinstance(pages, Failure):
            found[address] = pages
            continue
        roots = {one.id: one for page in pages for one in page.transactions}
        if any(one.confirmed_round not in rounds for one in roots.values()):
            raise Malformed("transactions: of rounds that were not asked for")
        found[address] = list(roots.values())
    return found


async def payouts(rpc: Rpc, addresses: Sequence[Address], rounds: range) -> dict[Address, int | Failure]:
    """What accounts were paid for proposing some of the rounds."""
    asked: Asked = {address: ("GET idx2/v2/block-headers", {"proposers": address}) for address in addresses}
    found: dict[Address, int | Failure] = {}
    for address, pages in (await _pages(rpc, _Headers, asked, rounds)).items():
        if isinstance(pages, Failure):
            found[address] = pages
            continue
        paid = {one.round: one for page in pages for one in page.blocks}
        if any(one.proposer != address or one.round not in rounds for one in paid.values()):
            raise Malformed("block-headers: not of this proposer and these rounds")
        found[address] = sum(one.proposer_payout for one in paid.values())
    return found


async def block(rpc: Rpc, height: int) -> BlockRef:
    """A round with its time, without a hash. Raises Pruned where the index does not reach back."""
    try:
        answer = await rpc.call(f"GET idx2/v2/blocks/{height}", {"header-only": True})
    except RpcFault as fault:
        if fault.code == _MISSING:
            raise Pruned(fault.code, f"the index has no round {height}: {fault.message}") from None
        raise
    header = shape(_Header, answer, "blocks")
    if header.round != height:
        raise Malformed(f"blocks: {header.round}, not {height}")
    return BlockRef(height, "", utc(header.timestamp * SECOND, "timestamp"))


async def height_at(rpc: Rpc, final: BlockRef, time: datetime) -> int:
    """The last round not after a time. Raises NotFinal, Pruned."""

    async def at(height: int) -> BlockRef:
        return await block(rpc, height)

    return (await find(at, final, height=None, time=time)).height


async def _pages(rpc: Rpc, kind: type[P], asked: Asked, rounds: range) -> dict[Address, list[P] | Failure]:
    """Every page about each address, all addresses at a time."""
    found: dict[Address, list[P]] = {address: [] for address in asked}
    failures: dict[Address, Failure] = {}
    tokens = dict.fromkeys(asked, "") if rounds else {}
    for _ in range(PAGES_MAX):
        calls: list[Call] = []
        for address, token in tokens.items():
            path, params = asked[address]
            window = {"min-round": rounds[0], "max-round": rounds[-1], "limit": PAGE}
            calls.append((path, {**params, **window, **({"next": token} if token else {})}))
        further: dict[Address, str] = {}
        for address, answer in zip(tokens, await rpc.batch(calls) if calls else [], strict=True):
            if isinstance(answer, RpcFault):
                failures[address] = Failure(Reason.REFUSED, str(answer)[:DETAIL_MAX])
                continue
            page = shape(kind, answer, asked[address][0])
            if page.current_round < rounds[-1]:
                raise Transport(f"{rpc.provider} has indexed up to round {page.current_round}, not yet {rounds[-1]}")
            found[address].append(page)
            if page.next_token:
                further[address] = page.next_token
        tokens = further
    failures |= dict.fromkeys(tokens, Failure(Reason.UNSUPPORTED, f"more than {PAGES_MAX} pages since {rounds.start}"))
    return {address: failures.get(address, pages) for address, pages in found.items()}
