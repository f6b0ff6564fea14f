"""What is the same in every family that reads a native coin, and perhaps more."""

from __future__ import annotations

from chains.adapter import Rpc
from chains.spec import ChainSpec
from chains.types import BlockRef, ChainId, Instrument


class Native:
    """The part of an adapter that its config answers. A family with further instruments overrides the last two."""

    def __init__(self, spec: ChainSpec) -> None:
        self._spec = spec

    @property
    def chain(self) -> ChainId:
        return self._spec.id

    def parse_instrument(self, text: str) -> Instrument:
        return self._spec.parse_native(text)

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        return self._spec.native_decimals
