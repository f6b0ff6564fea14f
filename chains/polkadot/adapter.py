"""Relay chains and Asset Hubs through the door: pinned by block hash, thousands of accounts a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

import msgspec

from chains import search_time
from chains.adapter import ChainAdapter, Json, Rpc
from chains.answers import Held, Outcome, readings, utc
from chains.codec import ss58
from chains.errors import BadAddress, Malformed, RpcFault, WrongChain
from chains.polkadot import state, storage
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, ChainId, Failure, Instrument, Pinning, Readings, Reason

_NAMESPACE = "polkadot:"
_REFERENCE_LENGTH = 32
_ASSET = "asset:"
_ASSETS_END = 2**32


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``ss58``: the network's address prefix.

    The native balances of a relay chain moved to its Asset Hub: from block ``moved_at`` on, a zero here says nothing
    (``moved_to`` is the hub). ``arriving`` are the first and the last block of the hub in which they came: in between,
    neither chain has the whole.
    """

    ss58: int
    moved_at: int | None = None
    moved_to: str = ""
    arriving: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if (self.moved_at is None) != (self.moved_to == ""):
            raise ValueError("moved_at and moved_to go together")


class PolkadotAdapter:
    """One configured Substrate chain. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HASH
    past: ClassVar[str] = (
        "any block, by its hash (state_queryStorageAt); beyond the last few hundred blocks it needs an archive node"
    )
    keys_per_shard: ClassVar[int | None] = 4 * state.KEYS_MAX

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        self._spec, self._options = spec, options

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_address(self, text: str) -> Address:
        return Address(ss58.encode(self._options.ss58, ss58.decode(text, [self._options.ss58])))

    def parse_instrument(self, text: str) -> Instrument:
        if not text.startswith(_ASSET):
            return self._spec.parse_native(text)
        digits = text.removeprefix(_ASSET)
        is_number = digits.isascii() and digits.isdigit() and str(int(digits)) == digits
        if not is_number or int(digits) >= _ASSETS_END:
            raise BadAddress(f"an asset of {self.chain} is {_ASSET}<its number>")
        return Instrument(text)

    async def check_chain(self, rpc: Rpc) -> None:
        genesis = await state.hash_at(rpc, 0)
        if (served := _NAMESPACE + genesis[2 : 2 + _REFERENCE_LENGTH]) != self.chain:
            raise WrongChain(f"{rpc.provider} serves {served}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        head = await rpc.call("chain_getFinalizedHead")
        match await rpc.call("chain_getHeader", (head,)):
            case {"number": str(number)} if isinstance(head, str):
                return await self._dated(rpc, _height(number), head)
        raise Malformed("chain_getHeader: no header of the finalized head")

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        final = await self.final_block(rpc)
        return await search_time.find(partial(self._at, rpc), final, height=height, time=time)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        if instrument != self._spec.native:
            raw = await state.one(rpc, block, storage.metadata_key(_number(instrument)))
            if raw is None:
                raise RpcFault(0, f"{instrument} has no metadata")
            return storage.asset_decimals(raw)
        match await rpc.call("system_properties"):
            case {"tokenDecimals": int(decimals)} | {"tokenDecimals": [int(decimals), *_]}:
                return decimals
        raise Malformed("system_properties: no tokenDecimals")

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        wanted = {key: self._storage(key) for key in keys}
        found = await state.read(rpc, block, list(dict.fromkeys(item for items in wanted.values() for item in items)))
        return readings(block, keys, {key: self._outcome(block, key, wanted[key], found) for key in wanted})

    async def _at(self, rpc: Rpc, height: int) -> BlockRef:
        return await self._dated(rpc, height, await state.hash_at(rpc, height))

    async def _dated(self, rpc: Rpc, height: int, block_hash: str) -> BlockRef:
        """The genesis block has no time of its own: it counts as the beginning of all."""
        raw = await state.one(rpc, BlockRef(height, block_hash), storage.NOW)
        millis = 0 if raw is None and height == 0 else storage.Bytes(raw or b"", "Timestamp.Now").uint(8)
        return BlockRef(height, block_hash, utc(1000 * millis, "Timestamp.Now"))

    def _storage(self, key: BalanceKey) -> tuple[str, ...]:
        account = ss58.decode(key.address, [self._options.ss58])
        if key.instrument == self._spec.native:
            return storage.account_key(account), storage.ledger_key(account)
        if key.instrument.startswith(_ASSET):
            return (storage.asset_key(_number(key.instrument), account),)
        return ()

    def _outcome(
        self, block: BlockRef, key: BalanceKey, items: Sequence[str], found: Mapping[str, bytes | None]
    ) -> Outcome:
        try:
            match [found[item] for item in items]:
                case []:
                    return Failure(Reason.UNSUPPORTED, "not an instrument of this chain")
                case [account, bonded]:
                    return self._native(block, key, account, bonded)
                case [None]:
                    return Held(0)  # the node said so for this key: where nothing is stored, nothing is held
                case [bytes(raw)]:
                    return Held(storage.asset_balance(raw))
        except Malformed as error:
            return Failure(Reason.MALFORMED, str(error))
        raise AssertionError("one or two storage items a key")

    def _native(self, block: BlockRef, key: BalanceKey, account: bytes | None, bonded: bytes | None) -> Outcome:
        held = storage.Funds(0, 0, 0) if account is None else storage.funds(account)
        if self._options.arriving and self._options.arriving[0] <= block.height < self._options.arriving[1]:
            return Failure(Reason.UNSUPPORTED, "balances of the relay chain were still arriving in this block")
        if self._options.moved_at is not None and block.height >= self._options.moved_at and held.total == 0:
            moved = f"balances moved to {self._options.moved_to} from block {self._options.moved_at} on"
            return Failure(Reason.UNSUPPORTED, f"{moved}: the zero of this chain says nothing")
        ledger = None if bonded is None else storage.ledger(bonded)
        if ledger is not None and ledger.stash != ss58.decode(key.address, [self._options.ss58]):
            ledger = None  # a controller's entry: what it bonded is another account's
        return Held(*storage.split(held, ledger))


def _number(instrument: Instrument) -> int:
    return int(instrument.removeprefix(_ASSET))


def _height(number: Json) -> int:
    try:
        return int(str(number), 16)
    except ValueError:
        raise Malformed("chain_getHeader: no number") from None


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options, or an id without the 32 digits of a genesis hash."""
    if not spec.id.startswith(_NAMESPACE) or len(spec.id) != len(_NAMESPACE) + _REFERENCE_LENGTH:
        raise msgspec.ValidationError(
            f"a Substrate chain is {_NAMESPACE}<32 digits of its genesis hash>, not {spec.id!r}"
        )
    return PolkadotAdapter(spec, msgspec.convert(spec.options, Options))
