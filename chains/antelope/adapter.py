"""Antelope chains: the system's coin, and the token it is exchanged for one for one (Vaulta: EOS and A).

nodeos answers about its head only, so everything is asked twice, around a block that became irreversible meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import msgspec

from chains.adapter import ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, controls, outcome, readings, shape
from chains.antelope import history, node, permissions
from chains.antelope.assets import Coin, parse
from chains.codec import antelope
from chains.controllers import Authority, Controls
from chains.errors import Malformed, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find, only_now
from chains.settled import settled
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Instrument, Pinning, Readings

_NAMESPACE = "antelope:"
_REFERENCE_LETTERS = 32
SYSTEM_TOKENS = "eosio.token"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``core``: the symbol of the system's coin. ``twin``: by contract, the symbol of what it is exchanged for."""

    core: str
    twin: dict[str, str] = {}


class _Stats(msgspec.Struct, frozen=True):
    supply: str


class AntelopeAdapter(Native):
    """One configured Antelope chain. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the last irreversible block, recorded with every reading; transfers since a height by a provider "
        "that serves Hyperion's history (v2/history) beside nodeos"
    )
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
            stats = shape(dict[str, _Stats], answer, "get_currency_stats").get(coin.code)
            if stats is None:
                raise Malformed(f"get_currency_stats: nothing of {coin.code}")
            _, code, decimals = parse(stats.supply)
            if code != coin.code:
                raise Malformed(f"get_currency_stats: {code}, not {coin.code}")
            said.add(decimals)
        if len(said) > 1:
            raise Malformed(f"{instrument}: coins that are one have {sorted(said)} decimals")
        return said.pop()

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        addresses = list(dict.fromkeys(key.address for key in keys))
        served, held = await settled(
            partial(self._round, rpc, addresses), partial(self.final_block, rpc), not_before=block
        )
        return readings(served, keys, {key: held[key.address] for key in keys})

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        """Of the coins that are not staked: stakes are transfers."""
        tokens = history.Tokens(self._core, self._twins)
        return await history.flows(rpc, tokens, since=since, until=until, keys=keys)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        return (await find(partial(node.block, rpc), await self.final_block(rpc), height=None, time=time)).height

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The permissions that may transfer, as they stood in an irreversible block at or after ``block``."""
        distinct = list(dict.fromkeys(addresses))
        asked = settled(partial(self._permissions, rpc, distinct), partial(self.final_block, rpc), not_before=block)
        served, found = await asked
        return controls(served, [found[address] for address in addresses])

    async def _permissions(
        self, rpc: Rpc, addresses: Sequence[Address]
    ) -> tuple[int, dict[Address, tuple[Authority, ...] | Failure | RpcFault]]:
        contracts = {coin.contract for coin in (self._core, *self._twins)}
        answers = await rpc.batch([node.ask_account(address, self._core) for address in addresses]) if addresses else []
        found = {
            address: outcome(answer, partial(permissions.authorities, address, contracts))
            for address, answer in zip(addresses, answers, strict=True)
        }
        return (await node.info(rpc)).head_block_num, found

    async def _round(self, rpc: Rpc, addresses: Sequence[Address]) -> tuple[int, dict[Address, Outcome]]:
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
        return head, held


def _with(core: Held, answers: Sequence[Json | RpcFault], twins: Sequence[Coin]) -> Outcome:
    """The system's coin, and what is exchanged for it one for one."""
    amounts = [outcome(answer, partial(node.balance, coin)) for answer, coin in zip(answers, twins, strict=True)]
    for amount in amounts:
        if not isinstance(amount, int):
            return amount
    return Held(core.amount + sum(amount for amount in amounts if isinstance(amount, int)), core.locked)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id without the 32 first digits of a chain id."""
    options = msgspec.convert(spec.options, Options)
    if not spec.id.startswith(_NAMESPACE) or len(spec.id) != len(_NAMESPACE) + _REFERENCE_LETTERS:
        raise msgspec.ValidationError(f"an Antelope chain is {_NAMESPACE}<32 digits of its chain id>, not {spec.id!r}")
    return AntelopeAdapter(spec, options)
