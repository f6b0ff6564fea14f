"""Filecoin's native actors: any tipset, as its own messages left it.

``Filecoin.StateGetActor(address, tipset)`` answers from the state *before* the messages of that tipset: Lotus loads the
parent state (chain/stmgr, LoadActorTsk), Forest does the same. So the state after a tipset is asked at its child. A
round without blocks (a null round) has no tipset: the state at its height is that of the last tipset before it.

Shapes: https://github.com/filecoin-project/lotus, documentation/en/api-v1-unstable-methods.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar

import msgspec

from chains.adapter import ChainAdapter, Rpc
from chains.answers import SECOND, readings, shape, utc
from chains.codec import filecoin
from chains.errors import Malformed, NoMethod, NotFinal, Reorged, WrongChain
from chains.family import Native
from chains.filecoin import actors
from chains.search_time import find
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, BlockRef, Pinning, Readings

FINALITY_EPOCHS = 900
"""Without F3 a tipset is final when so many epochs deep (go-state-types, policy ChainFinality)."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``genesis``: the CID of the first block. The network's name would not do: mainnet calls itself testnetnet."""

    genesis: Annotated[str, msgspec.Meta(pattern="^baf[a-z2-7]{56,}$")]


class _Cid(msgspec.Struct, frozen=True):
    text: str = msgspec.field(name="/")


class _Block(msgspec.Struct, frozen=True):
    timestamp: int = msgspec.field(name="Timestamp")
    parents: list[_Cid] | None = msgspec.field(name="Parents")


class _Tipset(msgspec.Struct, frozen=True):
    cids: Annotated[list[_Cid], msgspec.Meta(min_length=1)] = msgspec.field(name="Cids")
    blocks: Annotated[list[_Block], msgspec.Meta(min_length=1)] = msgspec.field(name="Blocks")
    height: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(name="Height")

    @property
    def block(self) -> BlockRef:
        return BlockRef(self.height, _key(self.cids), utc(self.blocks[0].timestamp * SECOND, "Timestamp"))


class FilecoinAdapter(Native):
    """One configured Filecoin network. See chains/adapter.py for the contract."""

    pinning: ClassVar[Pinning] = Pinning.HEIGHT
    past: ClassVar[str] = (
        "any height whose state the node still keeps; public gateways look back hours or days, an archive all the way"
    )
    keys_per_shard: ClassVar[int | None] = 1000

    def __init__(self, spec: ChainSpec, options: Options) -> None:
        super().__init__(spec)
        self._options = options

    def parse_address(self, text: str) -> Address:
        filecoin.check(text)
        return Address(text)

    async def check_chain(self, rpc: Rpc) -> None:
        genesis = (await _tipset(rpc, "ChainGetGenesis")).block
        if genesis.hash != self._options.genesis:
            raise WrongChain(f"{rpc.provider} serves the chain of {genesis.hash}, not {self.chain}")

    async def final_block(self, rpc: Rpc) -> BlockRef:
        try:
            return (await _tipset(rpc, "ChainGetFinalizedTipSet")).block
        except NoMethod:
            head = (await _tipset(rpc, "ChainHead")).block
        if head.height < FINALITY_EPOCHS:
            raise NotFinal(f"the head {head.height} is less than {FINALITY_EPOCHS} epochs deep")
        return await _at(rpc, head.height - FINALITY_EPOCHS)

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        return await find(partial(_at, rpc), await self.final_block(rpc), height=height, time=time)

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        child = await _tipset(rpc, "ChainGetTipSetAfterHeight", block.height + 1, None)
        parents = _key(child.blocks[0].parents or [])
        if parents != block.hash:
            raise Reorged(f"the tipset at {block.height} was {block.hash}; the next one stands on {parents}")
        return readings(block, keys, await actors.held(rpc, keys, [{"/": cid.text} for cid in child.cids]))


async def _tipset(rpc: Rpc, method: str, *params: Any) -> _Tipset:
    return shape(_Tipset, await rpc.call(f"Filecoin.{method}", params), method)


async def _at(rpc: Rpc, height: int) -> BlockRef:
    """The tipset at a height; the last one before it where that round is null."""
    block = (await _tipset(rpc, "ChainGetTipSetByHeight", height, None)).block
    if block.height > height:
        raise Malformed(f"asked for epoch {height}, got {block.height}")
    return block


def _key(cids: Sequence[_Cid]) -> str:
    return ",".join(cid.text for cid in cids)


def build(spec: ChainSpec) -> ChainAdapter:
    """Raises msgspec.ValidationError for bad options."""
    return FilecoinAdapter(spec, msgspec.convert(spec.options, Options))
