"""The words every chain family speaks. Amounts are always int in base units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from chains.amounts import PackedAmounts

ChainId = NewType("ChainId", str)
"""CAIP-2, e.g. ``eip155:1``."""

Instrument = NewType("Instrument", str)
"""The asset half of CAIP-19, e.g. ``slip44:60``, ``erc20:0xdac1...`` (lower case), ``token:<SPL mint>``."""

Address = NewType("Address", str)
"""Canonical text of an address on its network: one spelling per account (EVM: lower-case 0x hex)."""

UINT256_END = 2**256


class Pinning(StrEnum):
    """How a chain can be asked about the past."""

    HASH = "hash"  # any block, named by its hash
    HEIGHT = "height"  # any block, named by its height; the hash is checked beside it
    TIP = "tip"  # only now; the block that served each answer is recorded


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block: height (slot, ledger, version), hash as that chain prints it, UTC time where the chain tells."""

    height: int
    hash: str
    time: datetime | None = None


class BalanceKey(NamedTuple):
    """One question: what does this address hold of this instrument?"""

    address: Address
    instrument: Instrument


class Reason(StrEnum):
    """Why a reading has no amount. None of them is ever zero."""

    REVERTED = "reverted"
    NO_CODE = "no-code"
    EMPTY = "empty"
    MALFORMED = "malformed"
    OUT_OF_RANGE = "out-of-range"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Failure:
    reason: Reason
    detail: str = ""


class Liquidity(StrEnum):
    """Why coins that an address holds cannot be moved at once. What has no such reason is liquid."""

    STAKED = "staked"  # bonded, delegated, or frozen for resources or votes
    UNBONDING = "unbonding"  # on their way back
    LOCKED = "locked"  # vesting, reserved or frozen by another rule of the chain


@dataclass(frozen=True, slots=True)
class Remark:
    """What must be known of an amount that is right as it stands. ``kind``: a word for findings."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Readings:
    """Answers to keys, one per key, in the order of the keys.

    ``amounts[i]`` is base units (0 <= n < 2**256), or None exactly where ``failures`` has i.
    ``block`` is the block that really served them, which for TIP chains need not be the pinned one.
    ``locked[i]``, on chains that know such a thing, is what the address holds beside ``amounts[i]`` and cannot move at
    once, by class, each above zero; only for keys with an amount. ``remarks``: by index, of some amounts.
    """

    block: BlockRef
    amounts: Sequence[int | None]
    failures: Mapping[int, Failure]
    locked: Mapping[int, Mapping[Liquidity, int]] = field(default_factory=dict)
    remarks: Mapping[int, Remark] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, held in self.locked.items():
            assert 0 <= index < len(self.amounts), f"reading {index} is none of these"
            assert index not in self.failures, f"reading {index} has locked coins, but no amount"
            assert held, f"reading {index} has no locked coins"
            assert all(0 < amount < UINT256_END for amount in held.values()), f"reading {index}: no locked amount"
        if isinstance(self.amounts, PackedAmounts):
            assert self.amounts.missing == self.failures.keys(), "a reading has neither or both amount and reason"
            return
        for index, amount in enumerate(self.amounts):
            if amount is None:
                assert index in self.failures, f"reading {index} has neither amount nor reason"
            else:
                assert 0 <= amount < UINT256_END, f"reading {index} is no uint256"
                assert index not in self.failures, f"reading {index} has both amount and reason"
        assert all(0 <= index < len(self.amounts) for index in self.failures)


@dataclass(frozen=True, slots=True)
class Flows:
    """What transfers changed, one per key, in order: after height ``since``, up to and including ``until``.

    ``amounts[i]`` is the net change of what a reading calls its amount, in signed base units, or None exactly where
    ``failures`` has i. The reading at ``until`` minus this is what the transfers say was held at ``since``.
    """

    since: int
    until: BlockRef
    amounts: Sequence[int | None]
    failures: Mapping[int, Failure]

    def __post_init__(self) -> None:
        assert self.since <= self.until.height, "transfers are followed forwards"
        assert {index for index, amount in enumerate(self.amounts) if amount is None} == self.failures.keys()
