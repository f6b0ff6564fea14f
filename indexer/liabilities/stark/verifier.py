"""Verifies one segment. numpy and blake3 only; every size from the statement's parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indexer.liabilities.stark import constraints, domain, field, fri
from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark.barycentric import Lagrange, weighted_sums
from indexer.liabilities.stark.encoding import Committed, SegmentProof, decode
from indexer.liabilities.stark.errors import require, well_formed
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import Elements
from indexer.liabilities.stark.hashing import check_path, digest
from indexer.liabilities.stark.params import Layout
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Challenges:
    """In the order they are drawn: each depends on everything before it."""

    alpha: Ext
    beta: Ext
    mix: Ext
    z: Ext
    gamma: Ext
    folds: list[Ext]
    leaves: Elements


def verify_segment(statement: Statement, segment: int, data: bytes) -> tuple[int, ...]:
    """The totals of the segment, in base units an asset. Raises Malformed or Refuted."""
    layout = statement.layout
    proof = decode(layout, data)
    well_formed(0 <= segment < statement.segments, "no such segment in the statement")
    require(proof.statement == statement.digest, "a segment of another statement")
    require(proof.segment == segment, f"segment {proof.segment} in the place of segment {segment}")
    drawn = draw(layout, proof)
    _check_rows(proof, drawn.leaves)  # hashes first: whatever was changed since the proof was made ends here
    values = [ext.element(each) for each in proof.openings]
    lagrange = Lagrange(layout.params, drawn.z)
    at_z = constraints.opened(layout, values[: layout.columns], values[layout.columns :])
    _check_constraints(layout, lagrange, at_z, drawn)
    _check_fingerprints(layout, proof, lagrange, at_z, drawn.alpha)
    _check_degree(layout, proof, values, drawn)
    return recombine(layout, proof.committed)


def transcript_of(layout: Layout, statement: bytes, segment: int, committed: Committed) -> Transcript:
    """Up to what alpha, the fingerprints' challenge, is drawn from."""
    transcript = Transcript(layout.params.name, statement, segment)
    transcript.absorb("base", committed.base_cap.tobytes())
    transcript.absorb("users", committed.user_root)
    transcript.absorb("limb sums", committed.limb_sums.tobytes())
    transcript.absorb("blind sum", committed.blind_sum.tobytes())
    return transcript


def draw(layout: Layout, proof: SegmentProof) -> Challenges:
    """Every challenge. Raises Refuted where the work before the queries was not done."""
    transcript = transcript_of(layout, proof.statement, proof.segment, proof.committed)
    alpha = transcript.challenge("alpha")
    transcript.absorb("fingerprints", digest("fingerprints", proof.fingerprints.tobytes()))
    beta = transcript.challenge("beta")
    transcript.absorb("lookup", proof.lookup_cap.tobytes())
    mix = transcript.challenge("mix")
    transcript.absorb("quotient", proof.quotient_cap.tobytes())
    z = transcript.challenge("z")
    require(not ext.in_base_field(z), "the point drawn lies in the base field")
    transcript.absorb("openings", proof.openings.tobytes())
    gamma = transcript.challenge("gamma")
    folds = []
    for cap in proof.fri_caps:
        transcript.absorb("fri", cap.tobytes())
        folds.append(transcript.challenge("fold"))
    transcript.absorb("final", proof.final.tobytes())
    require(transcript.worked(proof.nonce, layout.params.grinding_bits), "the proof of work before the queries")
    transcript.absorb("nonce", proof.nonce.to_bytes(8, "little"))
    leaves = transcript.indexes("queries", layout.params.queries, layout.params.log_domain)
    return Challenges(alpha, beta, mix, z, gamma, folds, leaves)


def recombine(layout: Layout, committed: Committed) -> tuple[int, ...]:
    """Exact integers: no sum of limbs can wrap, by the parameters and the decoder."""
    step, bits = layout.params.limbs, layout.params.limb_bits
    sums = [int(each) for each in committed.limb_sums]
    return tuple(
        sum(limb << (bits * place) for place, limb in enumerate(sums[at : at + step]))
        for at in range(0, layout.limbs, step)
    )


def fingerprint(blind: Ext, limbs: list[Ext], alpha: Ext) -> Ext:
    """blind + sum_j alpha^(j+1) limb_j."""
    total = ext.ZERO
    for limb in reversed(limbs):
        total = ext.mul(ext.add(total, limb), alpha)
    return ext.add(blind, total)


def _check_constraints(layout: Layout, lagrange: Lagrange, at_z: constraints.Opened, drawn: Challenges) -> None:
    owed = constraints.quotient_at(layout, lagrange, drawn.z, at_z, beta=drawn.beta, mix=drawn.mix)
    given = constraints.quotient_from(layout.params, at_z.parts, drawn.z)
    require(owed == given, "the constraints do not hold at the point drawn")


def _check_fingerprints(
    layout: Layout, proof: SegmentProof, lagrange: Lagrange, at_z: constraints.Opened, alpha: Ext
) -> None:
    """The published fingerprints are those of the committed rows, and add up to those of the totals."""
    prints = proof.fingerprints.astype(np.uint64)
    owed = fingerprint(at_z.blind, at_z.limbs, alpha)
    require(lagrange.extension(prints) == owed, "the fingerprints are not those of the committed rows")
    added = ext.element(field.reduce(prints[: layout.params.active_rows].sum(axis=0)))
    sums = [ext.embed(int(each)) for each in proof.committed.limb_sums]
    owed = fingerprint(ext.element(proof.committed.blind_sum), sums, alpha)
    require(added == owed, "the fingerprints do not add up to the totals")


def _check_rows(proof: SegmentProof, leaves: Elements) -> None:
    """The rows opened are those committed, at the places drawn."""
    caps = (proof.committed.base_cap, proof.lookup_cap, proof.quotient_cap)
    for number, (cap, rows) in enumerate(zip(caps, proof.rows, strict=True)):
        nodes = [each.tobytes() for each in cap]
        for query, leaf in enumerate(leaves):
            siblings = [each.tobytes() for each in proof.row_paths[number][query]]
            check_path(nodes, digest("row", rows[query].tobytes()), int(leaf), siblings, "a row")


def _check_degree(layout: Layout, proof: SegmentProof, values: list[Ext], drawn: Challenges) -> None:
    """The mix of all rows, divided by what vanishes at z and g z, is of low degree (DEEP)."""
    x = domain.points(layout.params, drawn.leaves)
    mixed = _mix(layout, proof, values, drawn, x)
    fri.check(layout, proof, leaves=drawn.leaves, x=x, values=mixed, folds=drawn.folds)


def _mix(layout: Layout, proof: SegmentProof, values: list[Ext], drawn: Challenges, x: Elements) -> Elements:
    """sum_j gamma^j (f_j(x) - f_j(z))/(x - z) + sum_k gamma^(columns+k) (phi_k(x) - phi_k(g z))/(x - g z)."""
    split, at = layout.columns, layout.base + layout.running
    columns = np.concatenate(
        [rows[:, :width] for rows, width in zip(proof.rows, layout.widths, strict=True)], axis=1
    ).astype(np.uint64)
    weights = ext.powers(drawn.gamma, split + DEGREE)
    here = _weighed(columns, values[:split], weights[:split])
    there = _weighed(columns[:, at : at + DEGREE], values[split:], weights[split:])
    next_z = ext.scale(drawn.z, field.root_of_unity(layout.params.log_rows))
    return ext.add_many(
        ext.mul_many(here, ext.inverse_differences(x, drawn.z)),
        ext.mul_many(there, ext.inverse_differences(x, next_z)),
    )


def _weighed(columns: Elements, values: list[Ext], weights: list[Ext]) -> Elements:
    """sum_j weight_j (column_j - value_j), [queries, 5]."""
    opened = ext.ZERO
    for value, weight in zip(values, weights, strict=True):
        opened = ext.add(opened, ext.mul(value, weight))
    return ext.sub_many(weighted_sums(columns, ext.array(weights)), np.array(opened, np.uint64))
