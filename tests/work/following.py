"""A run whose readings are later than its claims, on a chain whose transfers a fake family lists."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chains.adapter import Rpc
from chains.errors import ChainError
from chains.types import BalanceKey, BlockRef, Failure, Flows
from indexer.model.config import Policy
from indexer.model.result import Report
from indexer.model.run import RunInfo
from indexer.store import results
from indexer.store.database import Database
from indexer.work.observer import Silent
from indexer.work.reconcile import Reconciliation
from tests.store.world import ETHEREUM, LITECOIN, NOW, Chain, Held, Reader, at, claim, open_run, plan, store, sweep
from tests.work.fakes import FakeRpc, TipAdapter, endpoint

CLAIMED, LATER, LATEST = 90, at(100), at(101)
Says = Callable[[int, BalanceKey], int | Held | Failure]


@dataclass
class Following(TipAdapter):
    """``says`` the net change of a key up to a height, or ``between`` two heights, or why it is not known; or fails as
    a whole.
    """

    says: Callable[[BalanceKey, int], int | Failure] = field(default=lambda key, until: 0)
    between: Callable[[BalanceKey, int, int], int | Failure] | None = None
    errors: dict[str, ChainError] = field(default_factory=dict)
    asked: list[tuple[str, int, int, int]] = field(default_factory=list)

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        raise AssertionError("only plans ask for it")

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        self.asked.append((rpc.provider, since, until.height, len(keys)))
        if error := self.errors.get(rpc.provider):
            raise error
        said = [
            self.between(key, since, until.height) if self.between else self.says(key, until.height) for key in keys
        ]
        return Flows(
            since,
            until,
            [each if isinstance(each, int) else None for each in said],
            {index: each for index, each in enumerate(said) if isinstance(each, Failure)},
        )


@dataclass
class World:
    db: Database
    run: RunInfo
    adapter: Following
    slept: list[float] = field(default_factory=list)

    def reconciliation(self, *, names: Sequence[str] = ("a", "b"), passes_max: int = 2) -> Reconciliation:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        lanes = tuple((endpoint(name, rpc=FakeRpc(name)),) for name in names)
        return Reconciliation(
            db=self.db,
            run_id=self.run.run_id,
            adapters={ETHEREUM: self.adapter, LITECOIN: TipAdapter()},  # type: ignore[dict-item]
            lanes={ETHEREUM: lanes},
            policy=Policy(passes_max=passes_max),
            observer=Silent(),
            stop=asyncio.Event(),
            sleep=sleep,
        )

    async def report(self) -> Report:
        return await results.load_report(self.db, self.run.run_id, exceptions_max=999, chain_names={})

    async def freeze(self) -> None:
        totals, _ = await results.totals(self.db, self.run.run_id)
        await results.freeze(self.db, self.run.run_id, now=NOW, totals=totals, ratios=[])


async def swept(
    db: Database,
    adapter: Following,
    *,
    claims: Sequence[int | None],
    says: Says,
    lanes: int = 1,
    claimed_at: int | None = CLAIMED,
    served: tuple[BlockRef, ...] = (LATER, LATEST),
    exchange: str = "Example",
    wanted: int | None = None,
) -> World:
    """``wanted``: the height of the time that was wanted, where the list names none."""
    lines = [claim(2 + n, claimed=each, height=claimed_at) for n, each in enumerate(claims)]
    listed = await store(db, Reader(lines, salt=f"{served}"), exchange=exchange)
    run = await open_run(db, listed.list_id, exchange=exchange)
    live = claimed_at is None and wanted is None
    chain = Chain(
        block=served[0],
        served=served,
        problem="" if live else f"claimed at {claimed_at}, but this chain can only be read now",
        lanes=lanes,
        says=says,
        keys_per_shard=None,
        live=live,
        height_wanted=wanted,
    )
    chains = {(ETHEREUM, claimed_at): chain}
    await plan(db, run, chains)
    await sweep(db, run, chains)
    return World(db, run, adapter)
