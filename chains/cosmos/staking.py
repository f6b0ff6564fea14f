"""What addresses hold at a height: the liquid balance, and beside it what is delegated and what is unbonding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from chains.adapter import Call, Json, Rpc
from chains.answers import Held, Outcome, outcome
from chains.cosmos import queries
from chains.cosmos.queries import Page, Query
from chains.errors import RpcFault
from chains.types import Address, Failure, Liquidity

PAGES_MAX = 100
"""Pages (of 100 delegations, by default) of one address."""
_READ = {Query.DELEGATIONS: queries.delegations, Query.UNBONDING: queries.unbonding}


async def held(
    rpc: Rpc, height: int, addresses: Sequence[Address], denom: str, *, staked: bool
) -> Mapping[Address, Outcome]:
    """One outcome per address. Where its delegations cannot be had, it has no amount either: it would look whole."""
    answers = await rpc.batch([queries.balance_call(one, denom, height) for one in addresses]) if addresses else []
    read = partial(_balance, height, denom)
    found: dict[Address, Outcome] = {
        address: outcome(answer, read) for address, answer in zip(addresses, answers, strict=True)
    }
    if staked:
        for kind, query in ((Liquidity.STAKED, Query.DELEGATIONS), (Liquidity.UNBONDING, Query.UNBONDING)):
            liquid = {address: one for address, one in found.items() if isinstance(one, Held)}
            sums = await _sums(rpc, height, list(liquid), denom, query)
            for address, one in liquid.items():
                more = sums[address]
                found[address] = Held(one.amount, {**one.locked, kind: more}) if isinstance(more, int) else more
    return found


async def _sums(
    rpc: Rpc, height: int, addresses: Sequence[Address], denom: str, query: Query
) -> Mapping[Address, int | Failure | RpcFault]:
    """The sum over all pages of one query, per address."""
    read = partial(_page, height, denom, query)
    sums = dict.fromkeys(addresses, 0)
    failed: dict[Address, Failure | RpcFault] = {}
    starts = dict.fromkeys(addresses, b"")
    for _ in range(PAGES_MAX):
        if not starts:
            return {**sums, **failed}
        calls: list[Call] = [queries.page_call(query, address, start, height) for address, start in starts.items()]
        more: dict[Address, bytes] = {}
        for address, answer in zip(starts, await rpc.batch(calls), strict=True):
            page = outcome(answer, read)
            if isinstance(page, Page):
                sums[address] += page.amount
                if page.next:
                    more[address] = page.next
            else:
                failed[address] = page
        starts = more
    return {**sums, **failed, **{one: RpcFault(0, f"more than {PAGES_MAX} pages of {query}") for one in starts}}


def _balance(height: int, denom: str, answer: Json) -> Held:
    return Held(queries.balance(queries.value(answer, height), denom))


def _page(height: int, denom: str, query: Query, answer: Json) -> Page:
    return _READ[query](queries.value(answer, height), denom)
