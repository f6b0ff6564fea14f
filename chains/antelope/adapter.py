"""Antelope chains: the system's coin, and the token it is exchanged for one for one (Vaulta: EOS and A).

nodeos answers about its head only, which may still be dropped. So everything is asked twice: at first, and again when
a block that is not older than the first answers has become irreversible. What was answered alike was held in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, NamedTuple

import msgspec

from chains.adapter import ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, outcome, readings, shape
from chains.antelope import node
from chains.antelope.assets import Coin, parse
from chains.codec import antelope
from chains.errors import Malformed, RpcFault, Transport, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Failure, Instrument, Pinning, Readings, Reason

_NAMESPACE = "antelope:"
_REFERENCE_LETTERS = 32
SYSTEM_TOKENS = "eosio.token"
ROUNDS_MAX = 5
POLLS_MAX = 200
"""Of get_info, until a block is irreversible: it takes a second or two (Savanna)."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``core``: the symbol of the system's coin. ``twin``: by contract, the symbol of what it is exchanged for."""

    core: str
    twin: dict[str, str] = {}


class _Stats(msgspec.Struct, frozen=True):
    supply: str


class _Round(NamedTuple):
    """What every account holds, and the newest block in which one was seen."""

    held: Mapping[Address, Outcome]
    head: int


class AntelopeAdapter(Native):
    """One configured Antelope chain. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = "only now: the last irreversible block, recorded with every reading"
    keys_per_shard: ClassVar[int | None] = 50

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._core = Coin(options.core, SYSTEM_TOKENS, spec.native_decimals)
        self._twins = [Coin(code, contract, spec.native_decimals) for contract, code in options.twin.items()]

    def parse_address(self, text: str) -> Address:
        antelope.check_name(text)
        return Address(text)

    async def check_chain(self, rpc: Rpc) -> None:
        serves = _NAMESPACE + (await node.info(rpc)).chain_id[:_REFERENCE_LETTERS]
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return (await node.info(rpc)).final

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        said = set()
        for coin in (self._core, *self._twins):
            asked = {"code": coin.contract, "symbol": coin.code}
            answer = await rpc.call("POST v1/chain/get_currency_stats", asked)
            _, code, decimals = parse(shape(dict[str, _Stats], answer, "get_currency_stats")[coin.code].supply)
            if code != coin.code:
                raise Malformed(f"get_currency_stats: {code}, not {coin.code}")
            said.add(decimals)
        if len(said) > 1:
            raise Malformed(f"{instrument}: coins that are one have {sorted(said)} decimals")
        return said.pop()

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        addresses = list(dict.fromkeys(key.address for key in keys))
        found = await self._round(rpc, addresses)
        for _ in range(ROUNDS_MAX):
            served = await _final(rpc, max(block.height, found.head))
            before, found = found, await self._round(rpc, addresses)
            if all(_alike(before.held[one], found.held[one]) for one in addresses):
                break
        held = {one: _settled(before.held[one], found.held[one]) for one in addresses}
        return readings(served, keys, {key: held[key.address] for key in keys})

    async def _round(self, rpc: Rpc, addresses: Sequence[Address]) -> _Round:
        """The twin first: get_account, asked after it, names a block that is as new at least."""
        pool = await node.pool(rpc, self._core)
        calls = [node.ask_balance(address, coin) for coin in self._twins for address in addresses]
        twins = await rpc.batch(calls) if calls else []
        accounts = (
            await rpc.batch([node.ask_account(address, self._core) for address in addresses]) if addresses else []
        )
        held: dict[Address, Outcome] = {}
        head = 0
        for at, address in enumerate(addresses):
            found = outcome(accounts[at], partial(node.account, address, self._core, pool))
            if not isinstance(found, node.Seen):
                held[address] = found
                continue
            head = max(head, found.head)
            held[address] = _with(found.held, twins[at :: len(addresses)], self._twins)
        return _Round(held, head)


def _with(core: Held, answers: Sequence[Json | RpcFault], twins: Sequence[Coin]) -> Outcome:
    """The system's coin, and what is exchanged for it one for one."""
    amounts = [outcome(answer, partial(node.balance, coin)) for answer, coin in zip(answers, twins, strict=True)]
    for amount in amounts:
        if not isinstance(amount, int):
            return amount
    return Held(core.amount + sum(amount for amount in amounts if isinstance(amount, int)), core.locked)


def _alike(before: Outcome, after: Outcome) -> bool:
    return before == after or not (isinstance(before, Held) or isinstance(after, Held))


def _settled(before: Outcome, after: Outcome) -> Outcome:
    if _alike(before, after) or not isinstance(after, Held):
        return after
    moved = Failure(Reason.REFUSED, f"it moved during each of {ROUNDS_MAX} readings")
    return moved if isinstance(before, Held) else before


async def _final(rpc: Rpc, height: int) -> BlockRef:
    """The last irreversible block, as soon as it is at this height or above. Raises Transport."""
    for _ in range(POLLS_MAX):
        if (final := (await node.info(rpc)).final).height >= height:
            return final
    raise Transport(f"no irreversible block reached {height} while {POLLS_MAX} were asked for, last {final.height}")


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id without the 32 first digits of a chain id."""
    options = msgspec.convert(spec.options, Options)
    if not spec.id.startswith(_NAMESPACE) or len(spec.id) != len(_NAMESPACE) + _REFERENCE_LETTERS:
        raise msgspec.ValidationError(f"an Antelope chain is {_NAMESPACE}<32 digits of its chain id>, not {spec.id!r}")
    return AntelopeAdapter(spec, options)
