"""Solana through the door: the newest finalized slot, recorded with every reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import msgspec
from solders.pubkey import Pubkey

from chains.adapter import ChainAdapter, Rpc
from chains.errors import BadAddress, Malformed, RpcFault, WrongChain
from chains.search_time import only_now
from chains.solana import balances, history, slots
from chains.solana.layout import Account, mint_decimals
from chains.solana.snapshot import ACCOUNTS_MAX, take
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Flows, Instrument, Pinning, Readings

_NAMESPACE = "solana:"
_REFERENCE_LENGTH = 32
_NO_MINT = -32602  # what nodes answer when a call names a mint that is none


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``stray_token_accounts``: also find token accounts other than the derived one, one more call for each key.

    Without it a balance held in such an account is missed: switch it off only for providers that refuse the method.
    """

    stray_token_accounts: bool = True


class SolanaAdapter:
    """One configured Solana cluster. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the newest finalized slot, recorded with every reading; no node answers about the past, but one "
        "with history back to the claimed slot lists the transactions since"
    )
    keys_per_shard: ClassVar[int | None] = (
        ACCOUNTS_MAX - 1
    )  # native keys of one call, so that one slot answers them all

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        self._spec = spec
        self._options = options

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        try:
            return Address(str(Pubkey.from_string(text)))
        except ValueError as error:
            raise BadAddress(f"no base58 of 32 bytes: {error}") from None

    def parse_instrument(self, text: str) -> Instrument:
        if text == self._spec.native:
            return self._spec.native
        if not text.startswith(balances.TOKEN_PREFIX):
            raise BadAddress(f"an instrument of {self.chain} is {self._spec.native} or {balances.TOKEN_PREFIX}<mint>")
        return Instrument(balances.TOKEN_PREFIX + self.parse_address(text.removeprefix(balances.TOKEN_PREFIX)))

    async def check_chain(self, rpc: Rpc) -> None:
        genesis = await rpc.call("getGenesisHash")
        try:
            reference = self.parse_address(genesis if isinstance(genesis, str) else "")[:_REFERENCE_LENGTH]
        except BadAddress as error:
            raise Malformed(f"getGenesisHash: {error}") from None
        if _NAMESPACE + reference != self.chain:
            raise WrongChain(f"{rpc.provider} serves {_NAMESPACE}{reference}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return (await take(rpc, ())).block

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return self._spec.native_decimals
        mint = instrument.removeprefix(balances.TOKEN_PREFIX)
        account = (await take(rpc, (mint,), slot_min=block.height)).accounts[mint]
        decimals = mint_decimals(account) if isinstance(account, Account) else None
        if decimals is None:
            raise RpcFault(_NO_MINT, f"{mint} is no mint")
        return decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        stray = self._options.stray_token_accounts
        return await balances.read(rpc, block, keys, native=self._spec.native, stray=stray)

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        """By the balances before and after each transaction since."""
        stray = self._options.stray_token_accounts
        return await history.follow(rpc, keys, since=since, until=until, native=self._spec.native, stray=stray)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        return await slots.height_at(rpc, await self.final_block(rpc), time)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id without the 32 characters of a genesis hash."""
    if not spec.id.startswith(_NAMESPACE) or len(spec.id) != len(_NAMESPACE) + _REFERENCE_LENGTH:
        raise msgspec.ValidationError(
            f"a Solana chain is {_NAMESPACE}<32 characters of its genesis hash>, not {spec.id!r}"
        )
    return SolanaAdapter(spec, msgspec.convert(spec.options, Options))
