"""Any report that Hypothesis can think of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from chains.types import Liquidity
from indexer.model.liabilities import Liability
from indexer.model.result import (
    Coverage,
    ExceptionRow,
    LockedTotal,
    ReadingBefore,
    Reconciled,
    Report,
    RowStatus,
    Total,
)
from indexer.model.verdict import CommittedTotal
from tests.unit.reports import ETHEREUM, SOLANA, WHEN, check, proof, report, total

counts = st.integers(0, 2000)
base_units = st.integers(0, 2**300)
signed = st.integers(-(2**256), 2**256)
befores = st.builds(
    ReadingBefore, run_id=counts, height=counts, explained=st.none() | signed, residue=st.none() | signed
)
hostile = st.text(max_size=30) | st.sampled_from(
    [
        "=1+1",
        "@SUM(A1)",
        "+1",
        "-1",
        "\tx",
        "\rx",
        "<script>alert(1)</script>",
        '"><img src=x>',
        "[red]x[/red]",
        "\x1b[2J",
    ]
)


@st.composite
def coverages(draw: st.DrawFn) -> Coverage:
    complete = draw(st.booleans())
    disputed, unpinned, unavailable, unsupported, rejected = (0 if complete else draw(counts) for _ in range(5))
    return Coverage(
        verified=draw(counts),
        mismatch=draw(counts),
        observed=draw(counts),
        disputed=disputed,
        unpinned=unpinned,
        unavailable=unavailable,
        unsupported=unsupported,
        rejected=rejected,
        duplicates=draw(counts),
    )


@st.composite
def totals(draw: st.DrawFn, asset: str) -> Total:
    coverage = draw(coverages())
    low = draw(base_units)
    scale = draw(st.none() | st.integers(0, 24))
    high = low if coverage.complete else draw(st.none() | base_units.map(lambda more: low + more))
    return total(asset, low=low, high=high, claimed=draw(st.none() | base_units), scale=scale, coverage=coverage)


@st.composite
def any_report(draw: st.DrawFn) -> Report:
    assets = draw(st.lists(st.sampled_from(["BTC", "ETH", "LTC", "SOL", "USDT", "=X", "<b>"]), unique=True, max_size=4))
    found = tuple(draw(totals(asset)) for asset in assets)
    owed = tuple(
        Liability(asset, draw(st.integers(0, 24)), draw(base_units), draw(base_units))
        for asset in assets
        if draw(st.booleans())
    )
    committed = st.builds(CommittedTotal, st.sampled_from(assets or ["ETH"]) | hostile, base_units, st.none() | counts)
    checked = check(
        *draw(st.lists(committed, max_size=3)),
        valid=draw(st.booleans()),
        root_published=draw(st.none() | hostile),
        not_proven=(draw(hostile),),
    )
    whole = report(
        *found,
        owed=owed,
        rejected_unassigned=draw(st.sampled_from([0, 0, 3])),
        check=draw(st.sampled_from([None, checked])) if owed else None,
    )
    if draw(st.booleans()):
        whole = replace(whole, liabilities_as_of=WHEN.replace(day=draw(st.integers(1, 28))))
    row = ExceptionRow(
        line_no=draw(st.integers(1, 10**6)),
        asset=draw(hostile),
        chain=draw(st.sampled_from([ETHEREUM, None])),
        address=draw(hostile),
        status=draw(st.sampled_from(list(RowStatus))),
        claimed=draw(st.none() | base_units),
        observed=draw(st.none() | base_units),
        decimals=draw(st.none() | st.integers(0, 24)),
        reason=draw(hostile),
        explained=draw(st.none() | base_units),
        residue=draw(st.none() | signed),
        before=draw(st.none() | befores),
    )
    locked = LockedTotal(
        asset=draw(hostile),
        scale=draw(st.integers(0, 24)),
        liquidity=draw(st.sampled_from(list(Liquidity))),
        rows=draw(counts),
        amount=draw(base_units),
        counted=draw(base_units),
    )
    followed = Reconciled(
        asset=draw(hostile),
        chain=SOLANA,
        scale=draw(st.integers(0, 24)),
        rows=9,
        matching_rows=draw(st.integers(0, 4)),
        matching=draw(base_units),
        differing_rows=draw(st.integers(0, 2)),
        short=draw(base_units),
        over=draw(base_units),
        both_rows=draw(st.integers(0, 4)),
        torn_rows=draw(st.integers(0, 2)),
    )
    proven = proof(asset=draw(hostile), seed=draw(hostile), not_provable=((draw(hostile), 1),), proven_rows=9)
    return replace(
        whole,
        exchange=draw(hostile),
        list_name=draw(hostile),
        exceptions=(row,),
        exceptions_count=draw(counts) + 1,
        proofs=draw(st.sampled_from([(), (proven,)])),
        locked=draw(st.sampled_from([(), (locked,)])),
        reconciled=draw(st.sampled_from([(), (followed,)])),
    )
