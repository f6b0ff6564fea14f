"""A run: one audit of one list against one statement, and the work it is cut into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from chains.keys import PackedKeys
from chains.types import BalanceKey, BlockRef, ChainId
from indexer.model.claims import InstrumentSpec


class RunState(StrEnum):
    PLANNING = "planning"  # some pins are missing
    SWEEPING = "sweeping"  # pinned and cut into shards
    FROZEN = "frozen"  # published: readings and totals can no longer change


class ShardState(StrEnum):
    OPEN = "open"
    LEASED = "leased"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Pin:
    """The block every reading of one network at one published height must come from.

    ``height_claimed`` is the list's own, None where it gives none. ``live`` is a TIP chain without a claimed height:
    each reading then carries the final block that served it, at or after ``block``. ``height_wanted`` is the height
    of the wanted time, where only now can be read: transfers are followed from there, as from a claimed height.
    """

    pin_no: int
    chain: ChainId
    height_claimed: int | None
    block: BlockRef | None
    live: bool
    problem: str = ""  # why there is no block yet; or, with a block, why it is not the one wanted: rows are `unpinned`
    height_wanted: int | None = None


@dataclass(frozen=True, slots=True)
class ShardLease:
    """The right to read one shard once. ``fence`` grows with every lease; a stale holder cannot commit."""

    run_id: int
    shard_no: int
    lane: int  # which of the policy's independent witnesses asks
    fence: int
    pin: Pin


@dataclass(frozen=True, slots=True)
class ShardKeys:
    """The keys of a shard, and the list line each one stands for."""

    line_nos: npt.NDArray[np.int32]
    keys: PackedKeys


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Readings of one lane and of one block later than claimed: their transfers in (since, until] are wanted.

    ``since`` is the claimed height, or that of a reading before it.
    """

    chain: ChainId
    pin_no: int
    lane: int
    since: int
    until: BlockRef
    line_nos: tuple[int, ...]
    amounts: tuple[int, ...]
    keys: tuple[BalanceKey, ...]


@dataclass(frozen=True, slots=True)
class RunInfo:
    run_id: int
    exchange: str
    as_of: datetime  # what the run is about: the wanted time, else when it was opened
    as_of_wanted: datetime | None  # as asked for; None: the lists' own heights, else the final block
    state: RunState
    list_id: int
    list_sha256: str
    list_name: str
    statement_id: int | None
    verdict_id: int | None
    created: datetime
    frozen: datetime | None
    quorum: int
    policy: str


@dataclass(frozen=True, slots=True)
class ClaimGroup:
    """All supported, non-duplicate claims of one network at one published height (or none): what one pin serves."""

    chain: ChainId
    height: int | None
    instruments: tuple[InstrumentSpec, ...]
    keys: int
