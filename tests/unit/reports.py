"""Reports to render, made by hand: small ones, and one as an auditor might get it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chains.types import BlockRef, ChainId, Instrument, Liquidity
from indexer.core.commitments import backings
from indexer.core.conclude import reserve_ratios
from indexer.model.commitments import CommitmentCheck, Restated
from indexer.model.findings import Finding, Severity
from indexer.model.liabilities import Commitment, Liability, Source
from indexer.model.proofs import ProofSummary
from indexer.model.result import (
    Coverage,
    ExceptionRow,
    LockedTotal,
    ProviderUse,
    ReadingBefore,
    Reconciled,
    Report,
    RowStatus,
    Total,
)
from indexer.model.run import Pin, RunState
from indexer.model.verdict import CommittedTotal, LiabilityVerdict, Proven, Rejected

WHEN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ETHEREUM, LITECOIN = ChainId("eip155:1"), ChainId("bip122:12a765e31ffd4059bada1e25190f6e98")
SOLANA = ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")
ETHER = 10**18


def total(
    asset: str = "ETH",
    *,
    low: int = 10,
    high: int | None = 10,
    claimed: int | None = 10,
    scale: int | None = 18,
    coverage: Coverage | None = None,
    chain: ChainId | None = None,
) -> Total:
    if coverage is None:
        coverage = Coverage(verified=3) if low == high else Coverage(verified=2, unavailable=1)
    return Total(asset, chain=chain, scale=scale, claimed=claimed, low=low, high=high, coverage=coverage)


def report(
    *totals: Total,
    owed: tuple[Liability, ...] = (),
    findings: tuple[Finding, ...] = (),
    rejected_unassigned: int = 0,
    check: CommitmentCheck | None = None,
) -> Report:
    """A report of these asset totals; each is its own single network's total, too."""
    lines = sum(one.coverage.rows + one.coverage.duplicates for one in totals) + rejected_unassigned
    rejected = sum(one.coverage.rejected for one in totals) + rejected_unassigned
    commitment = Commitment("merkle-sum", "0x" + "12" * 32) if owed else None
    return Report(
        run_id=7,
        exchange="Example",
        as_of=WHEN,
        state=RunState.FROZEN,
        list_name="reserves.csv",
        list_sha256="ab" * 32,
        list_format="okx-12",
        lines=lines,
        accepted=lines - rejected,
        rejected=rejected,
        rejected_unassigned=rejected_unassigned,
        statement_sha256="cd" * 32 if owed else None,
        commitment=commitment,
        liabilities_as_of=WHEN if owed else None,
        pins=(Pin(1, ETHEREUM, 21_000_000, BlockRef(21_000_000, "0x" + "9c" * 32, WHEN), live=False),),
        providers=(ProviderUse(ETHEREUM, "alpha", "Alpha Ltd", lines),),
        asset_totals=totals,
        network_totals=tuple(replace(one, chain=ETHEREUM) for one in totals),
        ratios=tuple(reserve_ratios(totals, owed, backings(owed, commitment, check))),
        liabilities=owed,
        check=check,
        exceptions=(),
        exceptions_count=0,
        findings=findings,
        readings_digest="ef" * 32,
        code_version="0.1.0",
        chain_names={ETHEREUM: "Ethereum", LITECOIN: "Litecoin", SOLANA: "Solana"},
    )


def check(*totals: CommittedTotal, valid: bool = True, **fields: Any) -> CommitmentCheck:
    """A commitment to these totals, whole and anchored unless ``fields`` say otherwise."""
    verdict = LiabilityVerdict(
        scheme="assay-merkle-sum-v1",
        version="1",
        root_found="12" * 32,
        root_published="0x" + "12" * 32,
        totals=totals,
        leaves=80_000,
        valid=valid,
        proven=(Proven.SUMS, Proven.NON_NEGATIVITY, Proven.RANGE, Proven.COMPLETENESS) if valid else (),
        not_proven=("That no other customer was left out: only the customers who look can tell.",),
        rejected=() if valid else (Rejected("leaves.csv:7", "a negative balance"),),
        rejected_count=0 if valid else 1,
    )
    assets = tuple(None if total.asset.startswith("?") else total.asset for total in totals)
    return CommitmentCheck(files=2, files_sha256="fe" * 32, verdict=replace(verdict, **fields), assets=assets)


def proof(**fields: Any) -> ProofSummary:
    """Ten of twenty rows chosen and proven; ``fields`` replace the rest."""
    whole = ProofSummary(
        chain=ETHEREUM,
        height=21_000_000,
        asset="ETH",
        instrument=Instrument("slip44:60"),
        decimals=18,
        rows=20,
        claimed=20 * ETHER,
        seed="5eed",
        draws=299,
        pool=15 * ETHER,
        sampled_rows=10,
        sampled=10 * ETHER,
        proven_rows=10,
        proven=10 * ETHER,
        differing_rows=0,
        contradicted_rows=0,
        drawn_unproven=0,
        not_provable=(),
        unproven=None,
    )
    return replace(whole, **fields)


def example() -> Report:
    """Five assets with every kind of trouble: what the pages are looked at with."""
    totals = (
        total("BTC", low=2_100_000_000_001, high=2_100_000_000_001, claimed=2_100_000_000_001, scale=8),
        total(
            "ETH",
            low=1_234_567 * ETHER + 890_123_456_789_012_344,
            high=1_234_567 * ETHER + 890_123_456_789_012_344,
            claimed=1_234_567 * ETHER + 890_123_456_789_012_345,
            coverage=Coverage(verified=1199, mismatch=1),
        ),
        total("LTC", low=99_999_900_000_000, high=99_999_900_000_000, claimed=99_999_900_000_000, scale=8),
        total(
            "SOL",
            low=740_000_123_456_789,
            high=912_345_678_901_234,
            claimed=912_345_678_901_234,
            scale=9,
            coverage=Coverage(verified=300, unpinned=20, unavailable=3, duplicates=1),
        ),
        total(
            "USDT",
            low=12_300_000_000 * 10**6 + 123_456,
            high=None,
            claimed=None,
            scale=6,
            coverage=Coverage(verified=480, disputed=1, unsupported=60, rejected=1),
        ),
    )
    owed = (
        Liability("BTC", 8, 1_950_000_000_000, 0),
        Liability("BTC", 8, 50_000_000_000, 0, source=Source.INSURANCE_FUND),
        Liability("ETH", 18, 1_200_000 * ETHER, 0),
        Liability("LTC", 8, 100_000_000_000_000, 0),
        Liability("SOL", 9, 900_000_000_000_000, 50_000_000_000_000, "Example Custody"),
        Liability("USDT", 6, 12_000_000_000 * 10**6, 0),
    )
    committed = (
        CommittedTotal("BTC", 2_000_000_000_000, 8),
        CommittedTotal("ETH", 1_200_001 * ETHER, 18),
        CommittedTotal("LTC", 100_000_000_000_000, 8),
        CommittedTotal("SOL", 900_000_000_000_000, 9),
    )
    whole = report(*totals, owed=owed, check=check(*committed))
    restated = Restated(
        "owed-first.toml",
        "ad" * 32,
        WHEN,
        WHEN,
        "merkle-sum",
        "0x" + "13" * 32,
        (Liability("BTC", 8, 1_900_000_000_000, 0), Liability("DOGE", 8, 5, 0)),
    )
    networks = (
        replace(totals[0], chain=ETHEREUM, asset="BTC"),
        replace(totals[1], chain=ETHEREUM),
        replace(totals[2], chain=LITECOIN),
        replace(totals[3], chain=SOLANA),
        replace(totals[4], chain=ETHEREUM, low=12_300_000_000 * 10**6 + 123_456),
        total(
            "USDT",
            low=0,
            high=None,
            claimed=None,
            scale=None,
            coverage=Coverage(unsupported=60),
        ),
    )
    pins = (
        Pin(1, ETHEREUM, 21_000_000, BlockRef(21_000_000, "0x" + "9c3f" * 16, WHEN), live=False),
        Pin(2, ETHEREUM, 21_000_004, BlockRef(21_000_004, "0x" + "04ab" * 16, WHEN), live=False),
        Pin(3, LITECOIN, None, BlockRef(2_790_000, "e3d1" * 16, WHEN), live=False),
        Pin(
            4,
            SOLANA,
            300_000_000,
            BlockRef(300_000_123, "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin", WHEN),
            live=True,
            problem="only the present can be asked: the list claims slot 300000000",
        ),
    )
    address = "0x" + "d8da6bf26964af9d7eed9e03e53415d37aa96045"
    exceptions = (
        ExceptionRow(
            14,
            "ETH",
            ETHEREUM,
            address,
            RowStatus.MISMATCH,
            512 * ETHER + 5,
            512 * ETHER + 4,
            18,
            "",
        ),
        ExceptionRow(
            871,
            "USDT",
            ETHEREUM,
            address,
            RowStatus.DISPUTED,
            5_000_000,
            None,
            6,
            "alpha says 5000000, beta 4999999",
        ),
        ExceptionRow(
            1203,
            "SOL",
            SOLANA,
            "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
            RowStatus.UNAVAILABLE,
            100,
            None,
            9,
            "no provider answered: alpha: 503",
        ),
        ExceptionRow(
            1204,
            "SOL",
            SOLANA,
            "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
            RowStatus.UNPINNED,
            500,
            700,
            9,
            "claimed at 300000000, but this chain can only be read now",
            explained=499,
            residue=1,
            before=ReadingBefore(3, 299_990_000, explained=499, residue=1),
        ),
    )
    return replace(
        whole,
        restated=(restated,),
        network_totals=networks,
        pins=pins,
        providers=(
            ProviderUse(ETHEREUM, "alpha", "Alpha Ltd", 1681),
            ProviderUse(SOLANA, "beta", "Beta GmbH", 320),
        ),
        exceptions=exceptions,
        exceptions_count=86,
        locked=(
            LockedTotal("SOL", 9, Liquidity.STAKED, rows=12, amount=40_000_000_000_000, counted=30_000_000_000_000),
            LockedTotal("SOL", 9, Liquidity.UNBONDING, rows=1, amount=2_000_000_000, counted=2_000_000_000),
        ),
        reconciled=(
            Reconciled(
                "SOL",
                SOLANA,
                9,
                rows=20,
                matching_rows=18,
                matching=172_222_000_000_000,
                differing_rows=1,
                short=1,
                over=0,
                both_rows=12,
                torn_rows=0,
            ),
        ),
        findings=(
            Finding(Severity.EXCEPTION, "control-total", "ETH: rows sum to 1 base unit less than the list states", 3),
            Finding(Severity.WARNING, "independence", "solana: one operator only"),
            Finding(Severity.NOTE, "several-networks", "one address is listed on 2 networks", 44),
        ),
        proofs=(
            proof(),
            proof(
                asset="USDT",
                proven_rows=6,
                differing_rows=1,
                contradicted_rows=1,
                drawn_unproven=2,
                not_provable=(("no known slot", 2),),
            ),
            proof(
                chain=SOLANA,
                asset="SOL",
                sampled_rows=0,
                sampled=0,
                proven_rows=0,
                proven=0,
                draws=0,
                pool=0,
                unproven="this network has no proofs",
            ),
        ),
    )
