"""Tron through the door: the newest solid block, recorded with every reading, and what changed since a height."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.answers import DETAIL_MAX, controls, flows
from chains.controllers import Authority, Controls
from chains.errors import BadAddress, RpcFault, WrongChain
from chains.family import Native
from chains.search_time import find, only_now
from chains.spec import ChainSpec
from chains.steady import reached
from chains.tron import address, balances, history, multicall, node, transfers
from chains.tron.account import Account
from chains.tron.kept import Kept
from chains.types import Address, BalanceKey, BlockRef, Failure, Flows, Instrument, Pinning, Readings, Reason

_NAMESPACE = "tron:0x"
_REFERENCE_LENGTH = 8
_MULTICALL3 = "TEazPvZwDjDtFeJupyo7QunvnrnUjPH8ED"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``multicall3``: the contract that reads many balances at once; the default is the one of the main network."""

    multicall3: str = _MULTICALL3


class TronAdapter(Native):
    """One configured Tron network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.TIP
    past: ClassVar[str] = (
        "only now: the newest solid block, recorded with every reading; then TRX by a node with balance history "
        "(storage.balance.history.lookup), TRC-20 by the Transfer events since the claimed height"
    )
    keys_per_shard: ClassVar[int | None] = balances.KEYS_PER_CALL

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._contract = address.raw(options.multicall3)
        self._kept = Kept()

    def parse_address(self, text: str) -> Address:
        return Address(address.text(address.raw(text)))

    def parse_instrument(self, text: str) -> Instrument:
        if text == self._spec.native:
            return self._spec.native
        if not text.startswith(balances.TOKEN_PREFIX):
            raise BadAddress(
                f"an instrument of {self.chain} is {self._spec.native} or {balances.TOKEN_PREFIX}<contract>"
            )
        return Instrument(balances.TOKEN_PREFIX + self.parse_address(text.removeprefix(balances.TOKEN_PREFIX)))

    async def check_chain(self, rpc: Rpc) -> None:
        """By the genesis block, of whose hash the chain id is the end."""
        genesis = await node.header(rpc, 0)
        reference = genesis.block.hash[-_REFERENCE_LENGTH:].lower()
        if _NAMESPACE + reference != self.chain:
            raise WrongChain(f"{rpc.provider} serves {_NAMESPACE}{reference}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return (await node.header(rpc)).block

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return only_now(await self.final_block(rpc), height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument == self._spec.native:
            return self._spec.native_decimals
        token = address.raw(instrument.removeprefix(balances.TOKEN_PREFIX))
        (answer,) = (await node.aggregate(rpc, self._contract, [multicall.decimals(token)])).returned
        if answer is None or len(answer) != 32:
            raise RpcFault(0, f"{instrument} states no decimals")
        return int.from_bytes(answer, "big")

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        native, contract = self._spec.native, self._contract
        return await balances.read(rpc, block, keys, native=native, contract=contract, kept=self._kept)

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """What ``getaccount`` says of permissions: it tells no block, so that each answer is of the newest solid block
        before it was asked, or of a later one. Accounts that were asked since ``block`` are not asked again.
        """
        known = self._kept.since(rpc, block, addresses)
        rest = list(dict.fromkeys(each for each in addresses if each not in known))
        blocks = [told.block for told in known.values()]
        found: dict[Address, tuple[Authority, ...] | Failure | RpcFault] = {
            each: told.controllers for each, told in known.items()
        }
        if rest or not known:
            served = await reached(partial(self.final_block, rpc), not_before=block)
            said = await node.accounts(rpc, rest)
            self._kept.keep(rpc, served, said)
            found |= {each: got.controllers if isinstance(got := said[each], Account) else got for each in rest}
            blocks.append(served)
        return controls(min(blocks, key=lambda each: each.height), [found[each] for each in addresses])

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        """TRX as the difference of two balances the node kept; tokens as the sum of their Transfer events."""
        found: dict[BalanceKey, int | Failure] = dict.fromkeys(keys, balances.NOT_OURS)
        coins = [key for key in found if key.instrument == self._spec.native]
        if coins:
            start, end = (await node.header(rpc, since)).block, (await node.header(rpc, until.height)).block
            held = await history.changes(rpc, [key.address for key in coins], since=start, until=end)
            found.update(zip(coins, held, strict=True))
        for token in dict.fromkeys(key.instrument for key in found if key.instrument.startswith(balances.TOKEN_PREFIX)):
            holders = [key for key in found if key.instrument == token]
            found |= await self._moved(rpc, token, holders, since=since, until=until.height)
        return flows(since, until, keys, found)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        async def at(height: int) -> BlockRef:
            return (await node.header(rpc, height)).block

        return (await find(at, await self.final_block(rpc), height=None, time=time)).height

    async def _moved(
        self, rpc: Rpc, token: Instrument, keys: Sequence[BalanceKey], *, since: int, until: int
    ) -> dict[BalanceKey, int | Failure]:
        contract = token.removeprefix(balances.TOKEN_PREFIX)
        try:
            sums = await transfers.changes(rpc, contract, [key.address for key in keys], since=since, until=until)
        except RpcFault as fault:
            return dict.fromkeys(keys, Failure(Reason.REFUSED, str(fault)[:DETAIL_MAX]))
        return dict(zip(keys, sums, strict=True))


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id without the 8 hexadecimal digits of a genesis hash."""
    reference = spec.id.removeprefix(_NAMESPACE)
    if reference == spec.id or len(reference) != _REFERENCE_LENGTH:
        raise msgspec.ValidationError(f"a Tron chain is {_NAMESPACE}<end of its genesis hash>, not {spec.id!r}")
    options = msgspec.convert(spec.options, Options)
    try:
        return TronAdapter(spec, options)
    except BadAddress as error:
        raise msgspec.ValidationError(f"multicall3: {error}") from None
