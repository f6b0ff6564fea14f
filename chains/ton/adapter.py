"""TON: coins of accounts, and jettons (USDT among them), at the newest block of the masterchain that is indexed.

Blocks come faster than answers, so everything is asked twice, around one of them. An account that was never touched
has no row, or the status ``nonexist``: zero. One without code (``uninit``) holds coins all the same; a ``frozen`` one
cannot move them. A jetton counts in the one wallet whose address follows from owner and master, and only while the
master still makes wallets of the configured code. Coins in staking pools are the pools'.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.answers import Held, Outcome, controls, digits, readings
from chains.codec import ton
from chains.codec.ton import TonAddress
from chains.controllers import Controls
from chains.errors import BadAddress, Malformed, WrongChain
from chains.family import Native
from chains.search_time import only_now
from chains.settled import settled
from chains.spec import ChainSpec
from chains.ton import flows, jettons, toncenter, wallets
from chains.types import Address, BalanceKey, BlockRef, Flows, Instrument, Liquidity, Pinning, Readings

_NAMESPACE = "tvm:"
JETTON = "jetton:"

Found = dict[BalanceKey, Outcome]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``jettons``: by the master's address, what its owners' wallets start with. A bare hash is a governed jetton."""

    jettons: dict[str, jettons.CodeHash | jettons.Reference] = {}


class _Account(msgspec.Struct, frozen=True):
    address: str
    balance: str | None
    status: str | None


class _Accounts(msgspec.Struct, frozen=True):
    rows: list[_Account] = msgspec.field(name="accounts")


class TonAdapter(Native):
    """One configured TON network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the newest masterchain block of the index, recorded with every reading; "
        "transactions in between can be followed"
    )
    index: ClassVar[str] = "toncenter's index"
    keys_per_shard: ClassVar[int | None] = toncenter.KEYS_MAX

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._jettons = {
            Instrument(JETTON + master): jettons.Jetton(ton.decode(master), made_of)
            for master, made_of in options.jettons.items()
        }

    def parse_address(self, text: str) -> Address:
        return Address(toncenter.friendly(ton.decode(text)))

    def parse_instrument(self, text: str) -> Instrument:
        if not text.startswith(JETTON):
            return super().parse_instrument(text)
        if text not in self._jettons:
            raise BadAddress("a jetton of this network is jetton:<master>, of those whose wallets the config describes")
        return Instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        serves = f"{_NAMESPACE}{(await toncenter.last(rpc)).global_id}"
        if serves != self.chain:
            raise WrongChain(f"{rpc.provider} serves {serves}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return (await toncenter.last(rpc)).ref

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return await super().decimals(rpc, block, instrument)
        return await jettons.decimals(rpc, self._jettons[instrument].master)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        distinct = list(dict.fromkeys(keys))
        served, found = await settled(
            partial(self._read, rpc, distinct), partial(self.final_block, rpc), not_before=block
        )
        return readings(served, keys, found)

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The key of each wallet that could have ceased to take signatures, at the newest block from ``block`` on."""
        accounts = [ton.decode(address) for address in addresses]
        distinct = list(dict.fromkeys(accounts))

        async def ask() -> tuple[int, dict[TonAddress, wallets.Said]]:
            found = await wallets.authorities(rpc, distinct)
            return (await toncenter.last(rpc)).seqno, found

        served, found = await settled(ask, partial(self.final_block, rpc), not_before=block)
        return controls(served, [found[account] for account in accounts])

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        accounts = {key: self._account(key) for key in keys}
        return await flows.flows(rpc, self._spec.native, accounts, since=since, until=until, keys=keys)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        return await flows.height_at(rpc, await self.final_block(rpc), time)

    def _account(self, key: BalanceKey) -> TonAddress:
        """Whose transactions change what a key holds."""
        owner = ton.decode(key.address)
        return owner if key.instrument == self._spec.native else self._jettons[key.instrument].wallet(owner)

    async def _read(self, rpc: Rpc, keys: Sequence[BalanceKey]) -> tuple[int, Found]:
        found = await _coins(rpc, [key for key in keys if key.instrument == self._spec.native])
        for instrument, jetton in self._jettons.items():
            if of_it := [key for key in keys if key.instrument == instrument]:
                found |= await jettons.read(rpc, jetton, of_it)
        return (await toncenter.last(rpc)).seqno, found


async def _coins(rpc: Rpc, keys: Sequence[BalanceKey]) -> Found:
    accounts = {ton.decode(key.address): key for key in keys}
    rows = await toncenter.ask(rpc, "accountStates", _Accounts, list(accounts), include_boc=False)
    return {key: toncenter.told(rows[account], _coins_of) for account, key in accounts.items()}


def _coins_of(row: _Account) -> Held:
    amount = 0 if row.balance is None else digits(row.balance, "balance")
    match row.status:
        case "active" | "uninit":
            return Held(amount)
        case "frozen":
            return Held(0, {Liquidity.LOCKED: amount})
        case "nonexist" if amount == 0:
            return Held(0)
    raise Malformed(f"accountStates: status {row.status!r} with a balance of {amount}")


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id that is not ``tvm:<global id>``."""
    options = msgspec.convert(spec.options, Options)
    if not spec.id.startswith(_NAMESPACE):
        raise msgspec.ValidationError(f"a TON network is {_NAMESPACE}<global id>, not {spec.id!r}")
    for master in options.jettons:
        try:
            canonical = toncenter.friendly(ton.decode(master))
        except BadAddress as error:
            raise msgspec.ValidationError(f"jettons: {error}") from None
        if canonical != master:
            raise msgspec.ValidationError(f"jettons: write {canonical}, not {master}")
    return TonAdapter(spec, options)
