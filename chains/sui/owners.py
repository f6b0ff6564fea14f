"""What many addresses own of one coin type at a checkpoint; and of SUI, what they have staked.

A stake is an object of its own, ``StakedSui``, that its owner can take back: its principal stands beside the balance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple, TypeAlias

import msgspec

from chains.adapter import Call, Json, Rpc
from chains.answers import Held, Outcome, outcome, shape
from chains.errors import Malformed, Pruned, RpcFault
from chains.sui.graph import call, field
from chains.types import BalanceKey, BlockRef, Failure, Liquidity

KEYS_MAX = 40
"""Addresses in one request: its query, with their 105 bytes each, must stay below 5,000 bytes."""
PAGES_MAX = 100
"""Pages of 50 stakes of one address."""
Digits = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,20}$")]
_NAME = "multiGetAddresses"
_BALANCE = "address balance(coinType: $type) { totalBalance }"
_STAKES = (
    'objects(first: 50, after: $after, filter: { type: "0x3::staking_pool::StakedSui" }) '
    "{ pageInfo { hasNextPage endCursor } nodes { contents { json } } }"
)
_QUERY = f"query($keys: [AddressKey!]!, $type: String!) {{ {_NAME}(keys: $keys) {{ {_BALANCE} }} }}"
_QUERY_STAKES = (
    "query($keys: [AddressKey!]!, $type: String!, $after: String) "
    f"{{ {_NAME}(keys: $keys) {{ {_BALANCE} {_STAKES} }} }}"
)


class _Balance(msgspec.Struct, frozen=True, rename="camel"):
    total_balance: Digits


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Stake(msgspec.Struct, frozen=True):
    principal: Digits


class _Contents(msgspec.Struct, frozen=True):
    json: _Stake


class _Object(msgspec.Struct, frozen=True):
    contents: _Contents


class _Objects(msgspec.Struct, frozen=True, rename="camel"):
    page_info: _Page
    nodes: list[_Object]


class _Owner(msgspec.Struct, frozen=True):
    address: str
    balance: _Balance
    objects: _Objects | None = None

    @property
    def amount(self) -> int:
        return int(self.balance.total_balance)

    @property
    def staked(self) -> int:
        """The principals on this page."""
        return sum(int(stake.contents.json.principal) for stake in self.objects.nodes) if self.objects else 0

    @property
    def next(self) -> str | None:
        """Where the next page of stakes begins."""
        page = self.objects.page_info if self.objects else None
        return page.end_cursor if page is not None and page.has_next_page else None


_Found: TypeAlias = "_Owner | Failure | RpcFault"


class _Question(NamedTuple):
    """What is asked of each address; ``stakes`` too, with SUI only."""

    height: int
    coin: str
    stakes: bool

    def about(self, keys: Sequence[BalanceKey], after: str | None) -> Call:
        named = [{"address": key.address, "atCheckpoint": self.height} for key in keys]
        if self.stakes:
            return call(_QUERY_STAKES, keys=named, type=self.coin, after=after)
        return call(_QUERY, keys=named, type=self.coin)


async def read(
    rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], coin: str, *, stakes: bool
) -> dict[BalanceKey, Outcome]:
    """One outcome for each of these distinct keys, all of one coin type."""
    question = _Question(block.height, coin, stakes)
    owners = await _ask(rpc, question, _pieces(keys, KEYS_MAX))
    return {key: await _whole(rpc, question, key, owner) for key, owner in owners.items()}


async def _whole(rpc: Rpc, question: _Question, key: BalanceKey, first: _Found) -> Outcome:
    """The balance, and the stakes of every page; few addresses have more than one."""
    owner, staked = first, 0
    for _ in range(PAGES_MAX):
        if not isinstance(owner, _Owner):
            return owner
        staked += owner.staked
        if owner.next is None:
            return Held(owner.amount, {Liquidity.STAKED: staked} if question.stakes else {})
        owner = (await _ask(rpc, question, [[key]], owner.next))[key]
    return RpcFault(0, f"more than {PAGES_MAX} pages of stakes")


async def _ask(
    rpc: Rpc, question: _Question, parts: list[Sequence[BalanceKey]], after: str | None = None
) -> Mapping[BalanceKey, _Found]:
    """An owner or a reason for each key. What refuses a whole request is looked for in its halves."""
    found: dict[BalanceKey, _Found] = {}
    while parts:
        answers = await rpc.batch([question.about(part, after) for part in parts])
        halves: list[Sequence[BalanceKey]] = []
        for part, answer in zip(parts, answers, strict=True):
            owners = outcome(answer, partial(_list, len(part)))
            if isinstance(owners, list):
                found |= {key: outcome(one, partial(_owner, key)) for key, one in zip(part, owners, strict=True)}
            elif len(part) == 1 or isinstance(owners, Pruned):
                found |= dict.fromkeys(part, owners)
            else:
                halves += _pieces(part, (len(part) + 1) // 2)
        parts = halves
    return found


def _pieces(keys: Sequence[BalanceKey], size: int) -> list[Sequence[BalanceKey]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _list(count: int, answer: Json) -> list[Any]:
    owners = shape(list[Any], field(answer, _NAME), _NAME)
    if len(owners) != count:
        raise Malformed(f"{_NAME}: {len(owners)} answers to {count} keys")
    return owners


def _owner(key: BalanceKey, answer: Json) -> _Owner:
    owner = shape(_Owner, answer, _NAME)
    if owner.address != key.address:
        raise Malformed(f"{_NAME}: about another address")
    return owner
