"""Status and totals in SQL against a slow and obvious reference, over random small worlds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.types import Address, BalanceKey, BlockRef, ChainId, Failure, Liquidity, Reason
from indexer.model.claims import RejectedLine, ReserveClaim
from indexer.model.result import RESOLVED, Coverage, RowStatus, Total
from indexer.model.run import ShardLease
from indexer.store import results, runs, shards
from indexer.store.database import Database
from tests.store.world import (
    APT,
    BLOCK,
    ETH,
    ETHEREUM,
    LITECOIN,
    LTC,
    NOW,
    ODD,
    USDT,
    Chain,
    Held,
    Reader,
    at,
    commit,
    open_run,
    plan,
    rejected,
    store,
    take,
)

_salts = count()  # the same world twice must not be the same list
SPECS = (ETH, USDT, LTC, APT, ODD)
Said = int | Held | Failure | None
"""What one witness says of one line; None: it was not asked yet."""


@dataclass(frozen=True)
class World:
    claims: tuple[ReserveClaim, ...]
    rejections: tuple[RejectedLine, ...]
    chains: dict[tuple[ChainId, int | None], Chain]  # groups that are missing here are not planned
    said: dict[tuple[int, BalanceKey], Said]
    excluded: frozenset[int]


amounts = st.integers(0, 3) | st.just(2**256 - 1)
locked = st.dictionaries(st.sampled_from(list(Liquidity)), st.integers(1, 2), min_size=1, max_size=2)
held = st.builds(Held, st.integers(0, 3), locked.map(lambda classes: tuple(sorted(classes.items()))))
answers = held | st.integers(0, 3) | st.just(2**256 - 1) | st.just(Failure(Reason.NO_CODE, "no code")) | st.none()


@st.composite
def worlds(draw: st.DrawFn) -> World:
    claims, rejections = [], []
    for line_no in range(2, 2 + draw(st.integers(1, 12))):
        number = draw(st.integers(0, 4))
        if draw(st.integers(0, 5)) == 0:
            instrument_no = draw(st.none() | st.just(number))
            claimed = None if instrument_no is None else draw(st.none() | amounts)
            rejections.append(rejected(line_no, instrument_no, claimed))
            continue
        known = SPECS[number].decimals is not None
        claims.append(
            ReserveClaim(
                line_no=line_no,
                instrument_no=number,
                height=draw(st.sampled_from([None, 7, 8])),
                address=draw(st.sampled_from("abcd")),
                claimed=draw(st.none() | amounts) if known else None,
                claimed_text=None if known else "1",
                kind="",
            )
        )
    chains = {}
    for group in [(name, height) for name in (ETHEREUM, LITECOIN) for height in (None, 7, 8)]:
        if draw(st.integers(0, 6)) == 0:
            continue
        live = group[1] is None and draw(st.booleans())
        chains[group] = Chain(
            block=BLOCK,
            served=draw(st.just(()) | st.tuples(*[st.sampled_from([BLOCK, at(99), at(100), at(101)])] * 2)),
            live=live,
            problem="" if live else draw(st.sampled_from(["", "", "claimed at another block"])),
            lanes=draw(st.integers(1, 2)),
            keys_per_shard=1,
        )
    tokens = [spec.instrument for spec in (ETH, USDT, LTC) if spec.instrument]
    keys = [BalanceKey(Address(address), token) for address in "abcd" for token in tokens]
    alike = draw(st.booleans())
    said: dict[tuple[int, BalanceKey], Said] = {}
    for key in keys:
        said[0, key] = draw(answers)
        said[1, key] = said[0, key] if alike else draw(answers)
    excluded = frozenset(number for number in (0, 1, 2) if draw(st.integers(0, 9)) == 0)
    return World(tuple(claims), tuple(rejections), chains, said, excluded)


async def audit(db: Database, world: World) -> int:
    imported = await store(db, Reader(world.claims, world.rejections, specs=SPECS, salt=str(next(_salts))))
    run = await open_run(db, imported.list_id, fresh=True)
    for number in world.excluded:
        await runs.exclude_instrument(db, run.run_id, SPECS[number], "contradicts config")
    await plan(db, run, world.chains)
    for name in (ETHEREUM, LITECOIN):
        for lane in (0, 1):
            while lease := await take(db, run, name, lane):
                await answer(db, world, lease)
    return run.run_id


async def answer(db: Database, world: World, lease: ShardLease) -> None:
    """A witness that was not asked keeps its lease."""
    (key,) = (await shards.load_keys(db, lease)).keys
    said = world.said[lease.lane, key]
    if said is not None:
        chain = world.chains[lease.pin.chain, lease.pin.height_claimed]
        await commit(db, lease, replace(chain, says=lambda lane, key: said))


def reference(world: World) -> tuple[dict[int, RowStatus], dict[int, int], set[int]]:
    """Line by line: (status, what was observed, which lines are duplicates)."""
    status: dict[int, RowStatus] = {line.line_no: RowStatus.REJECTED for line in world.rejections}
    observed: dict[int, int] = {}
    duplicates: set[int] = set()
    seen: set[tuple[int, str]] = set()
    for claim in world.claims:
        if (claim.instrument_no, claim.address) in seen:
            duplicates.add(claim.line_no)
            continue
        seen.add((claim.instrument_no, claim.address))
        status[claim.line_no] = status_of(world, claim, observed)
    return status, observed, duplicates


def status_of(world: World, claim: ReserveClaim, observed: dict[int, int]) -> RowStatus:
    spec = SPECS[claim.instrument_no]
    if spec.unsupported is not None:
        return RowStatus.UNSUPPORTED
    assert spec.chain is not None
    assert spec.instrument is not None
    chain = world.chains.get((spec.chain, claim.height))
    if claim.instrument_no in world.excluded or chain is None:
        return RowStatus.UNAVAILABLE
    key = BalanceKey(Address(claim.address), spec.instrument)
    said = [world.said[lane, key] for lane in range(chain.lanes)]
    if any(each is None for each in said) or all(isinstance(each, Failure) for each in said):
        return RowStatus.UNAVAILABLE
    served = (chain.served or (chain.block, chain.block))[: chain.lanes]
    amount_blocks = [block for block, each in zip(served, said, strict=True) if isinstance(each, (int, Held))]
    if not all(of_the_pinned_block(chain, block) for block in amount_blocks):
        return RowStatus.UNPINNED
    amounts = {each for each in said if isinstance(each, (int, Held))}
    if len(amounts) > 1 and len(set(served)) > 1:
        return RowStatus.UNPINNED
    if len(set(map(repr, said))) > 1:
        return RowStatus.DISPUTED
    (holding,) = amounts
    liquid = holding.amount if isinstance(holding, Held) else holding
    beside = sum(each for _, each in holding.locked) if isinstance(holding, Held) else 0
    counts = claim.claimed is not None and claim.claimed > liquid
    observed[claim.line_no] = liquid + beside if counts else liquid
    if claim.claimed is None:
        return RowStatus.OBSERVED
    return RowStatus.VERIFIED if observed[claim.line_no] == claim.claimed else RowStatus.MISMATCH


def of_the_pinned_block(chain: Chain, served: BlockRef) -> bool:
    if chain.live:
        return served.height >= chain.block.height
    return not chain.problem and (served.height, served.hash) == (chain.block.height, chain.block.hash)


def reference_total(world: World, asset: str, network: ChainId | None) -> Total | None:
    status, observed, duplicates = reference(world)
    lines: list[ReserveClaim | RejectedLine] = [*world.claims, *world.rejections]
    ours = [
        line
        for line in lines
        if line.instrument_no is not None
        and SPECS[line.instrument_no].asset == asset
        and (network is None or SPECS[line.instrument_no].chain == network)
    ]
    if not ours:
        return None
    scale = next((spec.scale for spec in SPECS if spec.asset == asset), None)
    counts = Counter(status[line.line_no].value for line in ours if line.line_no not in duplicates)
    claimed: list[int | None] = []
    low, missing = 0, [0]
    unknown: list[bool] = []
    for line in ours:
        if line.line_no in duplicates:
            continue
        assert line.instrument_no is not None
        decimals = SPECS[line.instrument_no].decimals
        factor = None if scale is None or decimals is None else 10 ** (scale - decimals)
        readable = None if line.claimed is None or factor is None else line.claimed * factor
        claimed.append(readable)
        if status[line.line_no] in RESOLVED:
            assert factor is not None
            low += observed[line.line_no] * factor
        elif readable is None:
            unknown.append(True)
        else:
            missing.append(readable)
    return Total(
        asset=asset,
        chain=network,
        scale=scale,
        claimed=None if None in claimed else sum(each for each in claimed if each is not None),
        low=low,
        high=None if unknown else low + sum(missing),
        coverage=Coverage(**counts, duplicates=sum(line.line_no in duplicates for line in ours)),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(world=worlds())
async def test_every_row_and_every_total_is_what_the_reference_says(database: Database, world: World) -> None:
    run_id = await audit(database, world)
    status, observed, _ = reference(world)
    async with database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT line_no, status, observed, reason FROM ledger.row_results WHERE run_id = $1", run_id
        )
    assert {row["line_no"]: row["status"] for row in rows} == status
    assert {row["line_no"]: row["observed"] for row in rows if row["observed"] is not None} == observed
    resolved = [row["reason"] == "" or row["reason"].startswith("liquid ") for row in rows if row["status"] in RESOLVED]
    assert all(resolved)
    assert all(row["reason"] for row in rows if row["status"] not in RESOLVED)
    assets, networks = await results.totals(database, run_id)
    for total in (*assets, *networks):
        assert total == reference_total(world, total.asset, total.chain)
    named = {total.asset for total in assets}
    assert named == {spec.asset for spec in SPECS if reference_total(world, spec.asset, None)}
    report = await results.load_report(database, run_id, exceptions_max=5, chain_names={})
    wrong = [line for line, each in status.items() if each not in (RowStatus.VERIFIED, RowStatus.OBSERVED)]
    wrong.sort(key=lambda line: (status[line] not in (RowStatus.MISMATCH, RowStatus.DISPUTED), line))
    assert [row.line_no for row in report.exceptions] == wrong[:5]
    assert report.exceptions_count == sum(cause.rows for cause in report.causes) == len(wrong)
    counted = sum(total.coverage.rows + total.coverage.duplicates for total in report.asset_totals)
    assert counted + report.rejected_unassigned == report.lines == len(world.claims) + len(world.rejections)
    if all(each is not None for each in world.said.values()) and len(world.chains) == 6:
        owed = (await results.owed(database, run_id)).liabilities
        assert owed == ()
        await results.freeze(database, run_id, now=NOW, totals=assets, ratios=[])
        assert await results.totals(database, run_id) == (assets, networks)
