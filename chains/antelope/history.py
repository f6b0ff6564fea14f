"""What transfers changed, by Hyperion: an index beside nodeos that lists the actions of an account.

Every change of a balance is a ``transfer`` of the token's own contract: stakes go to ``eosio.stake`` and come back from
there, fees and RAM are transfers, too. A transfer is notified to its contract, its sender and its receiver: Hyperion
makes one action of these, and pages overlap here, so an action counts once by its ``global_sequence``, and one that its
contract was not notified of is no whole action. What a token is exchanged for, its twin, moves without a transfer
(core.vaulta, swap_before_forwarding); but an exchange changes nothing where both are counted together, so no transfer
from or to the twin's contract is counted, and that contract itself is not followed. A contract may keep more symbols.
Shapes: https://hyperion.docs.eosrio.io (v2/history/get_actions, v2/health); the sources: eosrio/hyperion-history-api,
api/routes/v2-history/get_actions and modules/action-data (some versions keep amounts as floats only, and are refused);
VaultaFoundation/system-contracts, core.vaulta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec

from chains import answers
from chains.adapter import Call, Rpc
from chains.answers import shape
from chains.antelope.assets import Coin, parse
from chains.errors import Malformed, Pruned, RpcFault, Transport
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Instrument, Reason

PAGE = 1_000
PAGES_MAX = 20
_TRANSFER = "transfer"
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Transfer(msgspec.Struct, frozen=True):
    sender: str = msgspec.field(name="from")
    to: str
    quantity: str | None = None


class _Act(msgspec.Struct, frozen=True):
    account: str
    name: str
    data: _Transfer


class _Action(msgspec.Struct, frozen=True):
    block_num: int
    global_sequence: int
    notified: list[str]
    act: _Act


class _Total(msgspec.Struct, frozen=True):
    value: _Count
    relation: Literal["eq", "gte"]


class _Actions(msgspec.Struct, frozen=True):
    """Servers may give fewer than they are asked for; ``total`` counts all, 10,000 at most."""

    total: _Total
    actions: list[_Action]

    @property
    def is_last(self) -> bool:
        return self.total.relation == "eq" and self.total.value == len(self.actions)


class _Indexed(msgspec.Struct, frozen=True):
    first_indexed_block: int
    last_indexed_block: int


class _Service(msgspec.Struct, frozen=True):
    service: str
    service_data: object = None


class _Health(msgspec.Struct, frozen=True):
    health: list[_Service]


class Tokens(NamedTuple):
    """Coins that count as one, and the contracts of those that another one is exchanged for."""

    coins: Sequence[Coin]
    exchanges: frozenset[str] = frozenset()


async def flows(
    rpc: Rpc,
    tokens_of: Mapping[Instrument, Tokens | Failure],
    *,
    since: int,
    until: BlockRef,
    keys: Sequence[BalanceKey],
) -> Flows:
    """Every change of each key in (since, until], added up. Raises RpcFault where nothing is indexed."""
    await _check_indexed(rpc, since, until.height)
    outcomes: dict[BalanceKey, int | Failure] = {}
    for instrument, tokens in tokens_of.items():
        of_it = [key for key in dict.fromkeys(keys) if key.instrument == instrument]
        if isinstance(tokens, Failure):
            outcomes |= dict.fromkeys(of_it, tokens)
            continue
        outcomes |= dict.fromkeys(of_it, Failure(Reason.UNSUPPORTED, "it exchanges tokens without transfers"))
        followed = [key for key in of_it if key.address not in tokens.exchanges]
        changes = await _changes(rpc, tokens, [key.address for key in followed], since, until.height)
        outcomes |= {key: changes[key.address] for key in followed}
    return answers.flows(since, until, keys, outcomes)


async def _check_indexed(rpc: Rpc, since: int, until: int) -> None:
    """An index that is behind, or begins later, lists less without a word."""
    services = shape(_Health, await rpc.call("GET v2/health"), "health").health
    found = [one.service_data for one in services if one.service == "Elasticsearch"]
    if len(found) != 1:
        raise RpcFault(0, "v2/health says nothing of an index: it is not Hyperion's")
    indexed = shape(_Indexed, found[0], "health")
    if indexed.first_indexed_block > since + 1:
        raise Pruned(0, f"the index begins at block {indexed.first_indexed_block}, after {since}")
    if indexed.last_indexed_block < until:
        raise Transport(f"{rpc.provider} has indexed up to {indexed.last_indexed_block}, not yet {until}")


async def _changes(
    rpc: Rpc, tokens: Tokens, addresses: Sequence[Address], since: int, until: int
) -> dict[Address, int | Failure]:
    changes: dict[Address, dict[int, int]] = {address: {} for address in addresses}
    failures: dict[Address, Failure] = {}
    pending = dict.fromkeys(addresses, since + 1) if since < until else {}
    for _ in range(PAGES_MAX):
        calls = [_ask(tokens, address, first, until) for address, first in pending.items()]
        further: dict[Address, int] = {}
        for (address, first), answer in zip(pending.items(), await rpc.batch(calls) if calls else [], strict=True):
            if isinstance(answer, RpcFault):
                raise answer
            page = shape(_Actions, answer, "get_actions")
            said = _read(tokens, address, page.actions, first, until)
            if isinstance(said, Failure):
                failures[address] = said
                continue
            changes[address] |= said
            if page.is_last:
                continue
            further[address] = page.actions[-1].block_num if page.actions else first
            if further[address] == first:  # all of one page: the next one would be the same
                failures[address] = Failure(
                    Reason.UNSUPPORTED, f"more transfers in block {first} than one answer holds"
                )
                del further[address]
        pending = further
    failures |= dict.fromkeys(pending, Failure(Reason.UNSUPPORTED, f"more than {PAGES_MAX} pages since {since}"))
    return {address: failures.get(address, sum(found.values())) for address, found in changes.items()}


def _ask(tokens: Tokens, address: Address, first: int, until: int) -> Call:
    return "GET v2/history/get_actions", {
        "notified": address,
        "filter": ",".join(f"{coin.contract}:{_TRANSFER}" for coin in tokens.coins),
        "block_num": f"{first}-{until}",
        "sort": "asc",
        "limit": PAGE,
    }


def _read(
    tokens: Tokens, address: Address, actions: Sequence[_Action], first: int, until: int
) -> dict[int, int] | Failure:
    """What each transfer of a page changed, by its sequence number. Raises Malformed."""
    changes: dict[int, int] = {}
    heights = [action.block_num for action in actions]
    if heights != sorted(heights) or not all(first <= height <= until for height in heights):
        raise Malformed("get_actions: not the actions of the blocks that were asked for, in their order")
    coin_of = {coin.contract: coin for coin in tokens.coins}
    for action in actions:
        coin, transfer = coin_of.get(action.act.account), action.act.data
        if coin is None or action.act.name != _TRANSFER or address not in (transfer.sender, transfer.to):
            raise Malformed("get_actions: not a transfer that was asked for")
        if coin.contract not in action.notified:
            return Failure(Reason.UNSUPPORTED, "the index lists each notice of a transfer apart")
        if transfer.quantity is None:
            return Failure(Reason.UNSUPPORTED, "the index keeps amounts as floating-point numbers only")
        moved, code, decimals = parse(transfer.quantity)
        if code == coin.code and decimals != coin.decimals:
            raise Malformed(f"get_actions: {code} with {decimals} decimals, not {coin.decimals}")
        counts = code == coin.code and tokens.exchanges.isdisjoint((transfer.sender, transfer.to))
        sign = (transfer.to == address) - (transfer.sender == address)
        changes[action.global_sequence] = sign * moved if counts else 0
    return changes
