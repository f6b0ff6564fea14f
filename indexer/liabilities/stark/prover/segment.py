"""The proof of one segment, step by step in the order of the transcript. Each step is a method of its own."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark import field
from indexer.liabilities.stark.encoding import Committed, SegmentProof, encode
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import digest
from indexer.liabilities.stark.kernels import combine, scalar
from indexer.liabilities.stark.kernels.compiled import matrix
from indexer.liabilities.stark.kernels.quotient import CONSTANTS, quotient_on_coset
from indexer.liabilities.stark.params import BLOWUP, QUOTIENT_PARTS
from indexer.liabilities.stark.prover import trace
from indexer.liabilities.stark.prover.chance import Chance
from indexer.liabilities.stark.prover.commit import (
    Commitment,
    commit_coefficients,
    commit_values,
    digests,
    trace_matrix,
)
from indexer.liabilities.stark.prover.fixed import cosets
from indexer.liabilities.stark.prover.grind import grind
from indexer.liabilities.stark.prover.low_degree import Folded, fold, interpolate, mixed, openings
from indexer.liabilities.stark.prover.trace import Users
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.transcript import Transcript
from indexer.liabilities.stark.verifier import transcript_of


class SegmentProver:
    """One proof of one segment. Raises Malformed for users a segment cannot hold; does not verify what it made."""

    def __init__(self, statement: Statement, segment: int, users: Users, seed: bytes) -> None:
        self.statement, self.segment, self.users = statement, segment, users
        self.layout, self.params = statement.layout, statement.params
        self.chance = Chance(seed)
        users.check(self.layout)
        self.blinds, self.salts = trace.user_secrets(self.layout, self.chance)

    def prove(self) -> bytes:
        layout = self.layout
        base = self.base_trace()
        self.base = self.commit_base(base.copy())
        first = self.first_message(base)
        transcript = transcript_of(layout, self.statement.digest, self.segment, first)
        prints = self.fingerprints(base, transcript.challenge("alpha"))
        transcript.absorb("fingerprints", digest("fingerprints", prints.tobytes()))
        beta = transcript.challenge("beta")
        self.lookup = commit_values(self.params, self.lookup_trace(base, beta), layout.lookup, self.chance, "lookup")
        transcript.absorb("lookup", self.lookup.cap.tobytes())
        parts = self.quotient_parts(self.quotient(beta, transcript.challenge("mix")))
        self.parts = commit_coefficients(self.params, parts, layout.quotient, self.chance, "quotient")
        transcript.absorb("quotient", self.parts.cap.tobytes())
        return encode(layout, self.open(first, prints, transcript))

    def open(self, first: Committed, prints: Words, transcript: Transcript) -> SegmentProof:
        """Everything is committed: values at z, their low degree, and the rows at the places drawn."""
        z = transcript.challenge("z")
        opened = self.openings(z)
        transcript.absorb("openings", opened.tobytes())
        folded = self.bound_degree(z, opened, transcript)
        nonce = self.nonce(transcript)
        transcript.absorb("nonce", nonce.to_bytes(8, "little"))
        leaves = [int(each) for each in transcript.indexes("queries", self.params.queries, self.params.log_domain)]
        rows = [each.opened(leaves) for each in self.commitments]
        layers = [layer.opened(self.params, leaves) for layer in folded.layers]
        return SegmentProof(
            statement=self.statement.digest,
            segment=self.segment,
            committed=first,
            fingerprints=prints,
            lookup_cap=self.lookup.cap,
            quotient_cap=self.parts.cap,
            openings=opened,
            fri_caps=[layer.cap for layer in folded.layers],
            final=folded.final,
            nonce=nonce,
            rows=[each[0] for each in rows],
            row_paths=[each[1] for each in rows],
            fri_leaves=[each[0] for each in layers],
            fri_paths=[each[1] for each in layers],
        )

    @property
    def commitments(self) -> tuple[Commitment, Commitment, Commitment]:
        return self.base, self.lookup, self.parts

    @cached_property
    def user_levels(self) -> list[Words]:
        return trace.user_levels(self.statement, self.segment, self.users, self.blinds, self.salts)

    def base_trace(self) -> Words:
        return trace.base_trace(self.layout, self.users, self.blinds, self.chance)

    def commit_base(self, rows: Words) -> Commitment:
        return commit_values(self.params, rows, self.layout.base, self.chance, "base")

    def first_message(self, rows: Words) -> Committed:
        return Committed(
            user_root=digests(self.user_levels[-1]).tobytes(),
            base_cap=self.base.cap,
            limb_sums=trace.limb_sums(self.layout, rows),
            blind_sum=trace.blind_sum(self.layout, rows),
        )

    def fingerprints(self, rows: Words, alpha: Ext) -> Words:
        """F_i = r_i + sum_j alpha^(j+1) a_j(i), on every row."""
        layout = self.layout
        weights = np.zeros((layout.base, DEGREE), np.uint32)
        weights[: layout.limbs] = scalar.montgomery_ext(ext.powers(alpha, layout.limbs + 1)[1:])
        weights[layout.blind : layout.blind + DEGREE] = scalar.montgomery(np.eye(DEGREE, dtype=np.uint64))
        prints = np.zeros((self.params.rows, DEGREE), np.uint32)
        combine.over_columns(rows, weights, prints)
        return prints

    def lookup_trace(self, rows: Words, beta: Ext) -> Words:
        return trace.lookup_trace(self.layout, rows, beta, self.chance)

    def quotient(self, beta: Ext, mix: Ext) -> Words:
        """The coefficients of the quotient, [4 n, 5]."""
        layout, rows = self.layout, self.params.rows
        groups = np.zeros((layout.groups, CONSTANTS, DEGREE), np.uint32)
        powers, weights = ext.powers(beta, 4), ext.powers(mix, layout.groups + 4)
        groups[:, :3] = scalar.montgomery_ext(powers[1:])
        groups[:, 3] = scalar.montgomery_ext(weights[: layout.groups])
        groups[:, 4, 0] = scalar.ONE
        others = np.append(scalar.montgomery_ext([beta, *weights[layout.groups :]]).reshape(-1), np.uint32(1))
        values = matrix(BLOWUP * rows, DEGREE)
        for number, coset in enumerate(cosets(self.params)):
            out = np.empty((DEGREE, rows), np.uint32)
            quotient_on_coset(
                self.base.coset(number),
                self.lookup.coset(number),
                layout.limbs,
                layout.running,
                coset.table,
                coset.on_active,
                coset.at_first,
                coset.at_after,
                groups,
                others.astype(np.uint32),
                out,
            )
            values[number::BLOWUP, :DEGREE] = out.T  # x of this row is the ``4 j + number``-th of the whole domain
        interpolate(values, DEGREE, cosets(self.params)[0].shift)
        return values

    def quotient_parts(self, coefficients: Words) -> Words:
        """Four parts of five columns; part k takes a random multiple of x^parts_degree from part k + 1."""
        params, cut, blind = self.params, self.params.parts_degree, self.params.quotient_masks
        masks = self.chance.elements("quotient masks", QUOTIENT_PARTS - 1, blind, DEGREE).astype(np.uint64)
        parts = trace_matrix(params, self.layout.quotient)
        for number in range(QUOTIENT_PARTS):
            columns = slice(DEGREE * number, DEGREE * (number + 1))
            parts[:cut, columns] = coefficients[number * cut : (number + 1) * cut, :DEGREE]
            if number < QUOTIENT_PARTS - 1:
                parts[cut:, columns] = masks[number]
            if number:
                parts[:blind, columns] = field.reduce(parts[:blind, columns] + np.uint64(P) - masks[number - 1])
        return parts

    def openings(self, z: Ext) -> Words:
        """Every column at z, then the running sum at g z: from the values on the first coset."""
        return openings(self.layout, self.commitments, z)

    def bound_degree(self, z: Ext, opened: Words, transcript: Transcript) -> Folded:
        word = mixed(self.layout, self.commitments, z, opened, transcript.challenge("gamma"))
        return self.fold(word, transcript)

    def fold(self, word: list[Words], transcript: Transcript) -> Folded:
        return fold(self.params, word, transcript)

    def nonce(self, transcript: Transcript) -> int:
        return grind(transcript, self.params.grinding_bits)
