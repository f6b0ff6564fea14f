"""The section on proofs: what was proven of each token, and once for each reason the networks that have none."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.model.proofs import ProofSummary
from indexer.model.result import Report
from indexer.report.figures import network_name
from indexer.report.findings import networks_text
from indexer.report.proofs import DETECTION_RULE, chance_text, remarks_text
from indexer.report.section import Amount, Code, Section, Words


def proofs(report: Report) -> Section:
    tried = [proof for proof in report.proofs if proof.unproven is None]
    rows = [
        (
            network_name(report, proof.chain),
            proof.asset,
            Code(proof.instrument, may_shorten=True),
            proof.height,
            proof.rows,
            proof.sampled_rows,
            proof.proven_rows,
            Amount(proof.proven, proof.decimals),
            Amount(proof.claimed, proof.decimals),
            chance_text(proof),
            Words(remarks_text(proof), "bad" if proof.differing_rows or proof.contradicted_rows else "open"),
        )
        for proof in tried
    ]
    counts, values = ("rows", "chosen", "proven"), ("value proven", "of claimed", "chance")
    columns = ("network", "asset", "token", "height", *counts, *values, "remark")
    draws = " or ".join(map(str, sorted({proof.draws for proof in tried if proof.draws})))
    notes = [f"{DETECTION_RULE} Draws: {draws or 'none'}.", *_seeds(report, tried)] if tried else []
    return Section("Proofs from the block hash", columns, rows, [*notes, *_without(report)])


def _seeds(report: Report, tried: Iterable[ProofSummary]) -> list[str]:
    """Networks that were read at different times were drawn with different seeds."""
    by_seed: dict[str, list[str]] = {}
    for proof in tried:
        by_seed.setdefault(proof.seed, []).append(network_name(report, proof.chain))
    if len(by_seed) == 1:
        return [f"Drawn with the seed {seed}." for seed in by_seed]
    return [f"Drawn with the seed {seed}: {networks_text(_once(names))}." for seed, names in by_seed.items()]


def _without(report: Report) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for proof in report.proofs:
        if proof.unproven is not None:
            by_reason.setdefault(proof.unproven, []).append(network_name(report, proof.chain))
    return [f"No proofs: {networks_text(_once(names))}: {reason}." for reason, names in by_reason.items()]


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
