"""Antelope chains: the system's coin, the token it is exchanged for one for one (Vaulta: EOS and A), and other tokens.

nodeos answers about its head only, so everything is asked twice, around a block that became irreversible meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import msgspec

from chains.adapter import ChainAdapter, Json, Rpc
from chains.answers import DETAIL_MAX, Held, Outcome, controls, outcome, readings
from chains.antelope import assets, history, node, permissions
from chains.antelope.assets import Coin
from chains.codec import antelope
from chains.controllers import Authority, Controls
from chains.errors import BadAddress, Malformed, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find, only_now
from chains.settled import settled
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Instrument, Pinning, Readings, Reason

_NAMESPACE = "antelope:"
_REFERENCE_LETTERS = 32
SYSTEM_TOKENS = "eosio.token"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``core``: the symbol of the system's coin. ``twin``: by contract, the symbol of what it is exchanged for."""

    core: str
    twin: dict[str, str] = {}


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

    def parse_instrument(self, text: str) -> Instrument:
        if not text.startswith(assets.TOKEN):
            return super().parse_instrument(text)
        code, contract = assets.token(text)
        if Coin(code, contract, self._core.decimals) in (self._core, *self._twins):
            raise BadAddress(f"{code} of {contract} is the coin of {self.chain}: {self._spec.native}")
        return Instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        serves = _NAMESPACE + (await node.info(rpc)).chain_id[:_REFERENCE_LETTERS]
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return (await node.info(rpc)).final

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        named = [(coin.code, coin.contract) for coin in (self._core, *self._twins)]
        if instrument != self._spec.native:
            named = [assets.token(instrument)]
        said = {node.decimals(code, await rpc.call(*node.ask_stats(code, contract))) for code, contract in named}
        if len(said) > 1:
            raise Malformed(f"{instrument}: coins that are one have {sorted(said)} decimals")
        return said.pop()

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        distinct = list(dict.fromkeys(keys))
        coins = await self._coins(rpc, list(dict.fromkeys(key.instrument for key in distinct)))
        served, held = await settled(
            partial(self._round, rpc, distinct, coins), partial(self.final_block, rpc), not_before=block
        )
        return readings(served, keys, held)

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        """Of the coins that are not staked: stakes are transfers."""
        coins = await self._coins(rpc, list(dict.fromkeys(key.instrument for key in keys)))
        tokens: dict[Instrument, history.Tokens | Failure] = {
            instrument: of_it if isinstance(of_it, Failure) else history.Tokens(of_it)
            for instrument, of_it in coins.items()
        }
        if self._spec.native in coins:
            exchanges = frozenset(coin.contract for coin in self._twins)
            tokens[self._spec.native] = history.Tokens((self._core, *self._twins), exchanges)
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

    async def _coins(self, rpc: Rpc, instruments: Sequence[Instrument]) -> dict[Instrument, list[Coin] | Failure]:
        """What is kept by contracts of each instrument, with the decimals that these state; or why there is none."""
        coins: dict[Instrument, list[Coin] | Failure] = {}
        for instrument in instruments:
            if instrument == self._spec.native:
                coins[instrument] = self._twins
                continue
            code, contract = assets.token(instrument)
            (answer,) = await rpc.batch([node.ask_stats(code, contract)])
            found = outcome(answer, partial(node.decimals, code))
            why = found.detail if isinstance(found, Failure) else str(found)
            unkept = Failure(Reason.NO_CODE, f"{contract} keeps no {code}: {why}"[:DETAIL_MAX])
            coins[instrument] = [Coin(code, contract, found)] if isinstance(found, int) else unkept
        return coins

    async def _round(
        self, rpc: Rpc, keys: Sequence[BalanceKey], coins: Mapping[Instrument, list[Coin] | Failure]
    ) -> tuple[int, dict[BalanceKey, Outcome]]:
        """What contracts keep first: get_account, asked after it, names a block that is as new at least.

        It is asked about tokens, too: a contract has no row for an account without any, nor for one that is none.
        """
        pool = await node.pool(rpc, self._core)
        kept = [(key, coin) for key in keys if isinstance(of := coins[key.instrument], list) for coin in of]
        answers = await rpc.batch([node.ask_balance(key.address, coin) for key, coin in kept]) if kept else []
        said: dict[BalanceKey, list[Json | RpcFault]] = {key: [] for key in keys}
        for (key, _), answer in zip(kept, answers, strict=True):
            said[key].append(answer)
        seen = await self._accounts(rpc, list(dict.fromkeys(key.address for key in keys)), pool)
        head = max((one.head for one in seen.values() if isinstance(one, node.Seen)), default=0)
        return head, {key: self._held(key, seen[key.address], coins[key.instrument], said[key]) for key in keys}

    async def _accounts(
        self, rpc: Rpc, addresses: Sequence[Address], pool: node.Pool
    ) -> dict[Address, node.Seen | Failure | RpcFault]:
        answers = await rpc.batch([node.ask_account(address, self._core) for address in addresses]) if addresses else []
        return {
            address: outcome(answer, partial(node.account, address, self._core, pool))
            for address, answer in zip(addresses, answers, strict=True)
        }

    def _held(
        self,
        key: BalanceKey,
        seen: node.Seen | Failure | RpcFault,
        coins: list[Coin] | Failure,
        answers: Sequence[Json | RpcFault],
    ) -> Outcome:
        if isinstance(coins, Failure):
            return coins
        if not isinstance(seen, node.Seen):
            return seen
        return _with(seen.held if key.instrument == self._spec.native else Held(0), answers, coins)


def _with(core: Held, answers: Sequence[Json | RpcFault], twins: Sequence[Coin]) -> Outcome:
    """``core`` and what contracts keep: of the system's coin, what is exchanged for it one for one."""
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
