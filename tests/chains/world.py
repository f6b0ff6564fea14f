"""A made-up chain for the scripted servers: blocks by height, each with every balance as it left them.

``WorldScene`` gives it to the contract suite; a server (tests/chains/served.py) speaks of it in a chain's own protocol.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from chains.adapter import Rpc
from chains.types import BalanceKey, Reason

START_S = 1_750_000_000
STEP_S = 10

State = Mapping[BalanceKey, int]


class World:
    """Blocks ``first`` to ``head``, STEP_S apart. ``settle`` further blocks make a block final."""

    def __init__(self, genesis: State = {}, *, first: int = 1, settle: int = 0, fork: str = "") -> None:  # noqa: B006
        self.first, self.settle, self.fork = first, settle, fork
        self._states: list[State] = [genesis]
        self.tick()

    @property
    def head(self) -> int:
        return self.first + len(self._states) - 1

    @property
    def final(self) -> int:
        return self.head - self.settle

    def tick(self, changes: State = {}) -> None:  # noqa: B006 (only read)
        """A block with these changes, and as many empty ones as make it final."""
        self._states.append({**self._states[-1], **changes})
        self._states.extend(self._states[-1:] * self.settle)

    def has(self, height: int) -> bool:
        return self.first <= height <= self.head

    def at(self, height: int) -> State:
        return self._states[height - self.first]

    def digest(self, height: int, size: int = 32) -> bytes:
        return hashlib.blake2b(f"block {height} {self.fork}".encode(), digest_size=size).digest()

    def height_of(self, shown: str, show: Callable[[int], str]) -> int | None:
        """The height whose ``show`` is ``shown``."""
        return next((height for height in range(self.first, self.head + 1) if show(height) == shown), None)

    def seconds(self, height: int) -> int:
        return START_S + STEP_S * height

    def time(self, height: int) -> datetime:
        return datetime.fromtimestamp(self.seconds(height), UTC)


def grown(change: Callable[[int], State], blocks: int = 5, *, first: int = 1, settle: int = 0) -> World:
    """A world to which so many blocks came, the n-th of them (from 1) with ``change(n)``."""
    world = World(first=first, settle=settle)
    for number in range(1, blocks + 1):
        world.tick(change(number))
    return world


class WorldScene:
    """Known and absent keys from ``key(number)``: numbers from 0 hold something, from 10,000 nothing; 9,000 changes.

    ``unit``: base units in the least amount that the chain can hold.
    """

    def __init__(
        self,
        world: World,
        rpc: Rpc,
        key: Callable[[int], BalanceKey],
        failing: Sequence[tuple[BalanceKey, Reason]] = (),
        known_max: int = 60,
        *,
        unit: int = 1,
    ) -> None:
        self.world, self.rpc, self.failing = world, rpc, failing
        self.known: Sequence[tuple[BalanceKey, int]] = [(key(n), amount(n) * unit) for n in range(known_max)]
        self.absent: Sequence[BalanceKey] = [key(10_000 + n) for n in range(1000)]
        self._changing, self._changes, self._unit = key(9000), 0, unit
        world.tick(dict(self.known))

    async def advance(self) -> None:
        self.world.tick()

    async def change(self) -> tuple[BalanceKey, int]:
        self._changes += 1
        held = self._changes * self._unit
        self.world.tick({self._changing: held})
        return self._changing, held


def amount(number: int) -> int:
    """Different for each number; the greatest is beyond what a double can count."""
    return 10**6 + number if number else 2**53 + 1
