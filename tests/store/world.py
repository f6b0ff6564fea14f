"""Small worlds to audit: a list, what the chains say of it, and the steps that bring one into the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias, cast

from chains.types import BalanceKey, BlockRef, ChainId, Failure, Instrument, Liquidity, Readings
from indexer.model.claims import DeclaredTotal, InstrumentSpec, ListSummary, RejectedLine, RejectReason, ReserveClaim
from indexer.model.findings import Finding
from indexer.model.run import Pin, RunInfo, ShardLease
from indexer.store import lists, runs, shards
from indexer.store.database import Database

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ETHEREUM, LITECOIN = ChainId("eip155:1"), ChainId("bip122:12a765e31ffd4059bada1e25190f6e98")
ETH = InstrumentSpec("ETH", "ETH", ETHEREUM, Instrument("slip44:60"), 18, 18)
USDT = InstrumentSpec("USDT-ERC20", "USDT", ETHEREUM, Instrument("erc20:0xdac1"), 6, 18)
LTC = InstrumentSpec("LTC", "LTC", LITECOIN, Instrument("slip44:2"), 8, 8)
APT = InstrumentSpec("APT", "APT", None, None, 8, 8, "no reader for Aptos")
ODD = InstrumentSpec("ODD-X", "ODD", None, None, None, None, "unknown network")
BLOCK = BlockRef(100, "0xaa", NOW)


@dataclass(frozen=True)
class Batch:
    claims: list[ReserveClaim]
    rejected: list[RejectedLine]


def claim(line_no: int, instrument_no: int = 0, *, address: str | None = None, claimed: int | None = 5,
          height: int | None = None, text: str | None = None, kind: str = "") -> ReserveClaim:  # fmt: skip
    return ReserveClaim(line_no, instrument_no, height, address or f"0x{line_no:040x}", claimed, text, kind)


def rejected(line_no: int, instrument_no: int | None = None, claimed: int | None = None) -> RejectedLine:
    return RejectedLine(line_no, RejectReason.BAD_ADDRESS, "no address", "0x?", instrument_no, claimed)


@dataclass
class Reader:
    """A list as intake would hand it over, in batches of two lines."""

    claims: Sequence[ReserveClaim]
    rejections: Sequence[RejectedLine] = ()
    specs: tuple[InstrumentSpec, ...] = (ETH, USDT, LTC, APT, ODD)
    declared: tuple[DeclaredTotal, ...] = ()
    findings: tuple[Finding, ...] = ()
    salt: str = ""

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self.claims), 2):
            yield Batch(list(self.claims[start : start + 2]), [])
        yield Batch([], list(self.rejections))

    @property
    def summary(self) -> ListSummary:
        whole = repr((self.claims, self.rejections, self.specs, self.declared, self.salt)).encode()
        accepted, refused = len(self.claims), len(self.rejections)
        return ListSummary(
            hashlib.sha256(whole).hexdigest(), "okx-12", len(whole), accepted + refused, accepted, refused, self.specs,
            self.declared, self.findings,
        )  # fmt: skip


async def store(db: Database, reader: Reader, *, exchange: str = "Example") -> lists.ImportedList:
    return await lists.import_list(db, exchange=exchange, name="reserves.csv", config_digest="c0", reader=reader)


async def open_run(
    db: Database, list_id: int, *, statement_id: int | None = None, as_of: datetime | None = None, quorum: int = 1,
    now: datetime = NOW, fresh: bool = False, verdict_id: int | None = None, policy: str = "{}",
    exchange: str = "Example",
) -> RunInfo:  # fmt: skip
    return await runs.open_run(
        db, exchange=exchange, list_id=list_id, statement_id=statement_id, as_of=as_of, quorum=quorum, policy=policy,
        code_version="assay 0", now=now, fresh=fresh, verdict_id=verdict_id,
    )  # fmt: skip


@dataclass(frozen=True)
class Held:
    """An amount, and what is locked beside it."""

    amount: int
    locked: tuple[tuple[Liquidity, int], ...]


@dataclass
class Chain:
    """What the witnesses of a network say. ``says(lane, key)`` is an amount, one with locked coins, or a failure."""

    block: BlockRef = BLOCK
    served: tuple[BlockRef, ...] = ()  # by lane, where it is not the pinned block
    problem: str = ""
    live: bool = False
    lanes: int = 1
    keys_per_shard: int | None = 2
    height_wanted: int | None = None
    says: Callable[[int, BalanceKey], int | Held | Failure] = field(default=lambda lane, key: 5)


Chains: TypeAlias = Mapping[tuple[ChainId, int | None], Chain] | Mapping[tuple[ChainId, None], Chain]
"""By network and published height."""


def of_group(chains: Chains, chain: ChainId, height: int | None) -> Chain | None:
    return cast(Mapping[tuple[ChainId, int | None], Chain], chains).get((chain, height))


async def plan(db: Database, run: RunInfo, chains: Chains) -> None:
    for number, group in enumerate(await runs.claim_groups(db, run.run_id)):
        chain = of_group(chains, group.chain, group.height)
        if chain is not None:
            pin = Pin(number, group.chain, group.height, chain.block, chain.live, chain.problem, chain.height_wanted)
            await runs.save_pin(db, run.run_id, pin, chain.keys_per_shard, chain.lanes)
    await runs.start_sweep(db, run.run_id)


async def sweep(db: Database, run: RunInfo, chains: Chains) -> None:
    """Read every shard that can be had."""
    for chain in {chain for chain, _ in chains}:
        for lane in range(max(each.lanes for (name, _), each in chains.items() if name == chain)):
            while lease := await take(db, run, chain, lane):
                says = of_group(chains, chain, lease.pin.height_claimed)
                assert says is not None
                await commit(db, lease, says)


async def take(db: Database, run: RunInfo, chain: ChainId = ETHEREUM, lane: int = 0, *, lease_s: float = 60.0,
               attempts_below: int = 99) -> ShardLease | None:  # fmt: skip
    return await shards.lease_shard(
        db, run_id=run.run_id, chain=chain, lane=lane, owner="test", lease_s=lease_s, attempts_below=attempts_below
    )


async def commit(db: Database, lease: ShardLease, chain: Chain) -> None:
    keys = await shards.load_keys(db, lease)
    said = [chain.says(lease.lane, key) for key in keys.keys]
    block = lease.pin.block
    assert block is not None
    readings = Readings(
        block=chain.served[lease.lane] if chain.served else block,
        amounts=[each.amount if isinstance(each, Held) else each if isinstance(each, int) else None for each in said],
        failures={index: each for index, each in enumerate(said) if isinstance(each, Failure)},
        locked={index: dict(each.locked) for index, each in enumerate(said) if isinstance(each, Held)},
    )
    await shards.commit_shard(
        db, lease, provider=f"p{lease.lane}", operator=f"o{lease.lane}", line_nos=keys.line_nos, readings=readings
    )


def at(height: int) -> BlockRef:
    return replace(BLOCK, height=height, hash=f"0x{height:x}")
