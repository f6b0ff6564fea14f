"""The beacon chain through the door.

Published lists give execution heights for validators, so a block here is the beacon block that carries that execution
block: its height, the root of the beacon state, its time. The state is asked by slot, which follows from the time.
A key that a bulk answer leaves out is asked for again alone, and only the node's own "not found" is zero. What is
deposited and not yet credited stands in a queue of the state, beside the balance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from chains.adapter import ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, ask_each, digits, readings
from chains.beacon import api
from chains.controllers import Authority, ControlKind, Controls, Weighted, by_address
from chains.errors import BadAddress, ChainError, Malformed, NotFinal, Pruned, Reorged, RpcFault, WrongChain
from chains.spec import ChainSpec
from chains.types import (
    Address,
    BalanceKey,
    BlockRef,
    ChainId,
    Failure,
    Instrument,
    Liquidity,
    Pinning,
    Readings,
    Reason,
)

_SLOTS_PER_EPOCH = 32
_GWEI = 10**9
_KEY = re.compile(r"0x[0-9a-f]{96}")
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``root``: genesis_validators_root, the identity of the network. ``electra_epoch``: from it on deposits queue.

    ``execution``: the chain on which withdrawal addresses live.
    """

    root: api.Root
    genesis_time: int
    slot_s: int
    electra_epoch: int
    execution: ChainId


class BeaconAdapter:
    """One configured beacon chain. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = (
        "any finalized block, named by its execution height; a state older than the newest few needs an archive node"
    )
    keys_per_shard: ClassVar[int | None] = 4 * api.IDS_MAX

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        self._spec, self._options = spec, options

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        if not _KEY.fullmatch(text):
            raise BadAddress("a validator key is 0x and 96 lower-case hexadecimal digits")
        return Address(text)

    def parse_instrument(self, text: str) -> Instrument:
        return self._spec.parse_native(text)

    async def check_chain(self, rpc: Rpc) -> None:
        found = await api.genesis_root(rpc)
        if found != self._options.root:
            raise WrongChain(f"{rpc.provider} serves the network of {found}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        return self._ref(await api.block(rpc, "finalized"))

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        assert (height is None) != (time is None), "either a height or a time"
        final = await self.final_block(rpc)
        if height is not None:
            return await self._at_height(rpc, height, final)
        assert time is not None, "either a height or a time"
        assert time.tzinfo is not None, "an aware time"
        assert final.time is not None, "every block has a time"
        if final.time <= time:
            raise NotFinal(f"the final block {final.height} is not after {time.isoformat()}")
        slot = self._slot(time)
        if slot < 0:
            raise ChainError(f"the chain begins after {time.isoformat()}")
        return self._ref(await api.at_or_before(rpc, slot))

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        return self._spec.native_decimals

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        await self._require(rpc, block)
        slot = self._slot(block.time)
        outcomes: dict[BalanceKey, Outcome] = {
            key: Failure(Reason.UNSUPPORTED, "not an instrument of this chain") for key in keys
        }
        wanted = [key for key in outcomes if key.instrument == self._spec.native]
        found = await api.validators(rpc, slot, [key.address for key in wanted])
        queues = bool(wanted) and slot >= self._options.electra_epoch * _SLOTS_PER_EPOCH
        waiting = await api.deposits(rpc, slot) if queues else Counter()
        outcomes |= {key: _held(found[key.address], waiting) for key in wanted if key.address in found}
        outcomes |= await ask_each(
            rpc,
            [key for key in wanted if key.address not in found],
            lambda key: (f"GET {api.state_path(slot)}/validators/{key.address}", ()),
            lambda key, answer: _alone(answer, waiting[key.address]),
        )
        await self._require(rpc, block)
        return readings(block, keys, outcomes)

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """The execution account that each validator's stake will be paid to."""
        await self._require(rpc, block)
        found = await api.validators(rpc, self._slot(block.time), list(dict.fromkeys(addresses)))
        read = [self._authority(found.get(address)) for address in addresses]
        await self._require(rpc, block)
        authorities = [() if isinstance(each, Failure) else (each,) for each in read]
        return Controls(block, authorities, {i: each for i, each in enumerate(read) if isinstance(each, Failure)})

    def _authority(self, validator: api.Validator | None) -> Authority | Failure:
        if validator is None:
            return Failure(Reason.REFUSED, "no such validator in this state")
        credentials = bytes.fromhex(validator.validator.withdrawal_credentials[2:])
        if credentials[0] == 0:
            return Failure(Reason.UNSUPPORTED, "its withdrawal credentials are the hash of a BLS key")
        if credentials[0] > 2 or any(credentials[1:12]):
            return Failure(Reason.UNSUPPORTED, f"withdrawal credentials of an unknown kind, {credentials[0]}")
        account = by_address(Address("0x" + credentials[12:].hex()))
        return Authority(ControlKind.WITHDRAWAL, 1, (Weighted(account),), chain=self._options.execution)

    def _slot(self, time: datetime | None) -> int:
        assert time is not None, "every block has a time"
        return (int(time.timestamp()) - self._options.genesis_time) // self._options.slot_s

    def _ref(self, message: api.Block) -> BlockRef:
        slot, payload = digits(message.slot, "slot"), message.body.execution_payload_header
        seconds = self._options.genesis_time + slot * self._options.slot_s
        if digits(payload.timestamp, "timestamp") != seconds:
            raise Malformed(f"the execution block of slot {slot} is not of that slot's time")
        height = digits(payload.block_number, "block_number")
        return BlockRef(height, message.state_root, _START + timedelta(seconds=seconds))

    async def _at_height(self, rpc: Rpc, height: int, final: BlockRef) -> BlockRef:
        """Every slot has at most one execution block: going back by the missing number never goes too far."""
        if height > final.height:
            raise NotFinal(f"{height} is beyond the final block {final.height}")
        at = final
        while at.height > height:
            slot = self._slot(at.time) - (at.height - height)
            if slot < 0:
                break
            at = self._ref(await api.at_or_before(rpc, slot))
        if at.height != height:
            raise Pruned(0, f"no slot carries execution block {height}: it is older than the beacon chain's part of it")
        return at

    async def _require(self, rpc: Rpc, block: BlockRef) -> None:
        """Raises Reorged where another state is at the slot of the block, Pruned where the node has none."""
        root = await api.state_root(rpc, self._slot(block.time))
        if root != block.hash:
            raise Reorged(f"the state of block {block.height} was {block.hash} and is now {root}")


def _held(validator: api.Validator, waiting: Counter[str]) -> Held:
    """The whole balance is the amount: this instrument is the staked form itself, and lists claim it as such."""
    queued = waiting[validator.validator.pubkey] * _GWEI
    return Held(digits(validator.balance, "balance") * _GWEI, {Liquidity.LOCKED: queued})


def _alone(answer: Json | RpcFault, waiting: int) -> Outcome:
    """What a node says of one validator that it left out before: its own "not found" is the only zero."""
    if not isinstance(answer, RpcFault):
        return Failure(Reason.MALFORMED, "the node left this validator out of its list, and knows it when asked alone")
    return Held(0, {Liquidity.LOCKED: waiting * _GWEI}) if api.is_unknown(answer) else answer


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options."""
    return BeaconAdapter(spec, msgspec.convert(spec.options, Options))
