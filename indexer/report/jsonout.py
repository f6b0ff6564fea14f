"""The report for machines: one JSON object with a stable order of keys.

outcome       {code, name}                       the exit code and its meaning
complete, matching                               booleans
run           {id, exchange, as_of, state, readings_digest, code_version}
list          {name, sha256, format, lines, accepted, rejected, rejected_unassigned}
statement     {sha256, as_of, balances_from, balances_to, same_moment, commitment: {scheme, root, covers} | null,
               liabilities: [OWED + {committed}], check: {files, files_sha256, verdict} | null,
               restated: [{name, sha256, as_of, imported, commitment, liabilities: [OWED]}]} | null
assets        [TOTAL + {ratio: RATIO | null}]    one per asset
exceptions    {count, causes: [{status, chain, network, reason, rows, first_line}], rows: [{line, asset, chain, network,
              address, status, claimed, observed, decimals, explained, residue,
              before: {run, height, explained, residue} | null, reason}]}
              of all, by cause; then row by row, contradictions first, as far as they are listed. explained: held at the
              claimed height, by the transfers since (in ``before``: by an earlier run's reading); residue is signed
findings      [{severity, kind, detail, line}]
networks      [TOTAL]                            one per asset and network
pins          [{chain, network, height_claimed, height_wanted, height, hash, time, live, problem}]
              height_wanted: of the wanted time, where only now can be read
providers     [{chain, network, provider, operator, readings}]
witnessed     [{asset, rows, claimed}]           what two independent witnesses answered; no others are listed
locked        [{asset, liquidity, rows, amount, counted}]   liquidity: staked | unbonding | locked; counted: the part
              that is in the observed total, of rows that claim more than is liquid
reconciled    [{asset, chain, network, rows, matching_rows, matching, differing_rows, short, over, both_rows,
              torn_rows, open_rows}]   rows read later than claimed, against the transfers in between; all of them stay
              unpinned. both_rows: explained alike by a reading before, too; torn_rows: the two do not add up
proofs        [{asset, chain, network, instrument, height, rows, claimed, unproven, sample, proven, differing_rows,
                contradicted_rows, pending_rows, not_provable: [{reason, rows}], detection}]   what is proven
              sample {seed, rows, claimed, draws, pool}; proven {rows, amount}; detection {ppm | null, text}
ownership     null until the signatures are checked; else as in ownership_run.py: ratios count what `counts`

TOTAL   {asset, chain, network, status: "complete" | "incomplete", coverage, scale, claimed, observed: {low, high}}
RATIO   {status, backing, as_of, same_moment, liabilities, attested, observed: {low, high}, with_attested: {low, high}}
        backing is "committed" where the liabilities follow from an anchored commitment; as_of is theirs
OWED    {asset, source, amount, attested, custodian}
amounts {base_units, decimals, text} | null; ratios {ppm, text} | null. ``base_units`` and ``ppm`` are strings of
        digits, for JSON numbers lose digits in most readers. null is unknown, never zero.
"""

from __future__ import annotations

from datetime import datetime

import orjson

from indexer.core.amounts import format_amount
from indexer.core.ratio import format_ratio
from indexer.model.proofs import ProofSummary
from indexer.model.result import (
    Coverage,
    ExceptionCause,
    ExceptionRow,
    ReadingBefore,
    Reconciled,
    Report,
    Total,
)
from indexer.report import ownership_run
from indexer.report.figures import STATUSES, AssetLine, asset_lines, network_name, ratio_bounds
from indexer.report.liabilities import moments_of
from indexer.report.liabilities_json import statement_object
from indexer.report.outcome import outcome_of
from indexer.report.proofs import detection_ppm, detection_text

Object = dict[str, object]


def to_json(report: Report) -> bytes:
    """UTF-8 JSON, indented, ending in a line feed."""
    return orjson.dumps(as_object(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_object(report: Report) -> Object:
    """The same as plain lists and dicts, for commands that wrap it."""
    outcome = outcome_of(report)
    return {
        "outcome": {"code": int(outcome), "name": outcome.name.lower().replace("_", "-")},
        "complete": report.complete,
        "matching": report.matching,
        "run": {
            "id": report.run_id,
            "exchange": report.exchange,
            "as_of": _time(report.as_of),
            "state": report.state.value,
            "readings_digest": report.readings_digest,
            "code_version": report.code_version,
        },
        "list": {
            "name": report.list_name,
            "sha256": report.list_sha256,
            "format": report.list_format,
            "lines": report.lines,
            "accepted": report.accepted,
            "rejected": report.rejected,
            "rejected_unassigned": report.rejected_unassigned,
        },
        "statement": statement_object(report),
        "assets": [_total(report, line.total) | {"ratio": _ratio(report, line)} for line in asset_lines(report)],
        "exceptions": {
            "count": report.exceptions_count,
            "causes": [_cause(report, cause) for cause in report.causes],
            "rows": [_exception(report, row) for row in report.exceptions],
        },
        "findings": [
            {"severity": found.severity.value, "kind": found.kind, "detail": found.detail, "line": found.line_no}
            for found in report.findings
        ],
        "networks": [_total(report, total) for total in report.network_totals],
        "pins": _pins(report),
        "providers": [
            {
                "chain": use.chain,
                "network": network_name(report, use.chain),
                "provider": use.provider,
                "operator": use.operator,
                "readings": use.readings,
            }
            for use in report.providers
        ],
        "witnessed": [
            {"asset": part.asset, "rows": part.rows, "claimed": _amount(part.claimed, part.scale)}
            for part in report.witnessed
        ],
        "locked": [
            {
                "asset": part.asset,
                "liquidity": part.liquidity.value,
                "rows": part.rows,
                "amount": _amount(part.amount, part.scale),
                "counted": _amount(part.counted, part.scale),
            }
            for part in report.locked
        ],
        "reconciled": [_reconciled(report, part) for part in report.reconciled],
        "proofs": [_proof(report, proof) for proof in report.proofs],
        "ownership": None if report.ownership is None else ownership_run.as_object(report.ownership),
    }


def _total(report: Report, total: Total) -> Object:
    return {
        "asset": total.asset,
        "chain": total.chain,
        "network": None if total.chain is None else network_name(report, total.chain),
        "status": _status(total.coverage),
        "coverage": _coverage(total.coverage),
        "scale": total.scale,
        "claimed": _amount(total.claimed, total.scale),
        "observed": {"low": _amount(total.low, total.scale), "high": _amount(total.high, total.scale)},
    }


def _status(coverage: Coverage) -> str:
    return "complete" if coverage.complete else "incomplete"


def _coverage(coverage: Coverage) -> Object:
    counts: Object = {status: getattr(coverage, status) for status in STATUSES}
    return {
        "rows": coverage.rows,
        "resolved": coverage.resolved,
        "unresolved": coverage.unresolved,
        **counts,
        "duplicates": coverage.duplicates,
    }


def _ratio(report: Report, line: AssetLine) -> Object | None:
    if line.ratio is None:
        return None
    low, high = ratio_bounds(line.ratio)
    attested_low, attested_high = ratio_bounds(line.ratio, attested=True)
    apart = moments_of(report).apart
    return {
        "status": _status(line.total.coverage),
        "backing": str(line.ratio.backing),
        "as_of": _time(report.liabilities_as_of),
        "same_moment": None if apart is None else not apart,
        "liabilities": _amount(line.ratio.liabilities, line.ratio.scale),
        "attested": _amount(line.ratio.attested, line.ratio.scale),
        "observed": {"low": _ppm(low), "high": _ppm(high)},
        "with_attested": {"low": _ppm(attested_low), "high": _ppm(attested_high)},
    }


def _pins(report: Report) -> list[Object]:
    return [
        {
            "chain": pin.chain,
            "network": network_name(report, pin.chain),
            "height_claimed": pin.height_claimed,
            "height_wanted": pin.height_wanted,
            "height": None if pin.block is None else pin.block.height,
            "hash": None if pin.block is None else pin.block.hash,
            "time": None if pin.block is None else _time(pin.block.time),
            "live": pin.live,
            "problem": pin.problem,
        }
        for pin in report.pins
    ]


def _cause(report: Report, cause: ExceptionCause) -> Object:
    return {
        "status": cause.status.value,
        "chain": cause.chain,
        "network": None if cause.chain is None else network_name(report, cause.chain),
        "reason": cause.reason,
        "rows": cause.rows,
        "first_line": cause.first_line,
    }


def _exception(report: Report, row: ExceptionRow) -> Object:
    return {
        "line": row.line_no,
        "asset": row.asset,
        "chain": row.chain,
        "network": None if row.chain is None else network_name(report, row.chain),
        "address": row.address,
        "status": row.status.value,
        "claimed": None if row.claimed is None else str(row.claimed),
        "observed": None if row.observed is None else str(row.observed),
        "decimals": row.decimals,
        "explained": None if row.explained is None else str(row.explained),
        "residue": None if row.residue is None else str(row.residue),
        "before": None if row.before is None else _before(row.before),
        "reason": row.reason,
    }


def _before(before: ReadingBefore) -> Object:
    return {
        "run": before.run_id,
        "height": before.height,
        "explained": None if before.explained is None else str(before.explained),
        "residue": None if before.residue is None else str(before.residue),
    }


def _reconciled(report: Report, part: Reconciled) -> Object:
    return {
        "asset": part.asset,
        "chain": part.chain,
        "network": network_name(report, part.chain),
        "rows": part.rows,
        "matching_rows": part.matching_rows,
        "matching": _amount(part.matching, part.scale),
        "differing_rows": part.differing_rows,
        "short": _amount(part.short, part.scale),
        "over": _amount(part.over, part.scale),
        "both_rows": part.both_rows,
        "torn_rows": part.torn_rows,
        "open_rows": part.open_rows,
    }


def _proof(report: Report, proof: ProofSummary) -> Object:
    ppm, scale = detection_ppm(proof), proof.decimals
    return {
        "asset": proof.asset,
        "chain": proof.chain,
        "network": network_name(report, proof.chain),
        "instrument": proof.instrument,
        "height": proof.height,
        "rows": proof.rows,
        "claimed": _amount(proof.claimed, scale),
        "unproven": proof.unproven,
        "sample": {
            "seed": proof.seed,
            "rows": proof.sampled_rows,
            "claimed": _amount(proof.sampled, scale),
            "draws": proof.draws,
            "pool": _amount(proof.pool, scale),
        },
        "proven": {"rows": proof.proven_rows, "amount": _amount(proof.proven, scale)},
        "differing_rows": proof.differing_rows,
        "contradicted_rows": proof.contradicted_rows,
        "pending_rows": proof.pending_rows,
        "not_provable": [{"reason": reason, "rows": rows} for reason, rows in proof.not_provable],
        "detection": {"ppm": None if ppm is None else str(ppm), "text": detection_text(proof)},
    }


def _amount(value: int | None, scale: int | None) -> Object | None:
    if value is None or scale is None:
        return None
    return {"base_units": str(value), "decimals": scale, "text": format_amount(value, decimals=scale)}


def _ppm(ppm: int | None) -> Object | None:
    return None if ppm is None else {"ppm": str(ppm), "text": format_ratio(ppm)}


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
