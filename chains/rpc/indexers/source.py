"""What a REST indexer can be asked, whatever its API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chains.rpc.http import Counters


class Movement(NamedTuple):
    """What one mined transaction changed of an address. ``coinbase`` is None where the indexer does not tell."""

    txid: str
    height: int
    satoshis: int
    coinbase: bool | None


@dataclass(frozen=True, slots=True)
class Stats:
    """An address at the indexer's newest block: mined transactions, and base units. Equal before and after some pages
    were read, it says that nothing moved in between."""

    transactions: int
    satoshis: int


class Header(NamedTuple):
    height: int
    median_time: int


class Index(Protocol):
    """One API. Each method raises ChainError."""

    @property
    def provider(self) -> str: ...

    @property
    def counters(self) -> Counters: ...

    async def newest(self) -> int:
        """Height of the newest block."""
        ...

    async def hash_at(self, height: int) -> str: ...

    async def header(self, block_hash: str) -> Header: ...

    async def stats(self, address: str) -> Stats: ...

    def pages(self, address: str) -> AsyncIterator[Sequence[Movement]]:
        """Mined movements, newest first. It ends where the indexer has no more to say, which need not be the end."""
        ...
