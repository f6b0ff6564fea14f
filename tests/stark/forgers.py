"""Dishonest provers: each departs from the honest one in a step or two and does the rest as well as it can.

What they make has consistent hashes, challenges and openings throughout: only the mathematics can tell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from indexer.liabilities.stark import constraints, field
from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark.barycentric import Lagrange
from indexer.liabilities.stark.encoding import Committed
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.hashing import purpose_key
from indexer.liabilities.stark.kernels import blake3, ntt
from indexer.liabilities.stark.params import GROUP, SALT_WORDS, Parameters
from indexer.liabilities.stark.prover import low_degree
from indexer.liabilities.stark.prover.commit import Commitment
from indexer.liabilities.stark.prover.fixed import cosets
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.prover.trace import Users
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.transcript import Transcript
from indexer.liabilities.stark.verifier import fingerprint
from tests.stark import kit

ROW = 3  # the user the exchange owes too much


class Forger(SegmentProver):
    """``adjust`` is what the first asset's stated total is off by; ``reason`` is what must give the forgery away."""

    adjust: ClassVar[int] = 0
    reason: ClassVar[str] = ""


class _Limb(Forger):
    """Another first limb for one user, all sums adjusted."""

    limb: ClassVar[int]

    def base_trace(self) -> Words:
        rows = super().base_trace()
        rows[ROW, 0] = self.limb % P
        return rows

    def first_message(self, rows: Words) -> Committed:
        honest = super().first_message(rows)
        sums = honest.limb_sums.copy()
        true = self.users.balances[:, 0] & np.uint64(self.params.limb_max)
        sums[0] = int(true.sum()) - int(true[ROW]) + self.limb
        return replace(honest, limb_sums=sums)


class NegativeLimb(_Limb):
    limb = -5
    reason = "constraints do not hold"


class LimbBeyondRange(_Limb):
    limb = 1 << kit.TEST.limb_bits
    reason = "constraints do not hold"


class NegativeWithHelper(NegativeLimb):
    """The group's constraint satisfied by the true inverse: the running sum is off at its end."""

    def lookup_trace(self, rows: Words, beta: Ext) -> Words:
        lookup = super().lookup_trace(rows, beta)
        helper = ext.ZERO
        for limb in rows[ROW, :GROUP]:
            helper = ext.add(helper, ext.inverse(ext.sub(beta, ext.embed(int(limb)))))
        before = ext.element(lookup[ROW, :DEGREE])
        lookup[ROW, :DEGREE] = helper
        self.shift_running(lookup, ext.sub(helper, before), ROW + 1)
        return lookup

    def shift_running(self, lookup: Words, by: Ext, first: int) -> None:
        columns = lookup[first : self.params.active_rows + 1, self.layout.running : self.layout.lookup]
        columns[:] = field.reduce(columns.astype(np.uint64) + np.array(by, np.uint64))


class NegativeWithClosedSum(NegativeWithHelper):
    """The same, and the running sum broken off to end in zero."""

    def shift_running(self, lookup: Words, by: Ext, first: int) -> None:
        super().shift_running(lookup, by, first)
        lookup[self.params.active_rows, self.layout.running : self.layout.lookup] = 0


class NegativeWithCount(NegativeWithHelper):
    """The same, and the table's count of some value raised after beta is known, in the helper alone."""

    def shift_running(self, lookup: Words, by: Ext, first: int) -> None:
        super().shift_running(lookup, by, first)
        row, table = self.params.limb_end - 1, self.layout.table
        columns = lookup[row, table : table + DEGREE]
        columns[:] = field.reduce(columns.astype(np.uint64) + np.array(by, np.uint64))
        back = ext.sub(ext.ZERO, by)
        super().shift_running(lookup, back, row + 1)


class SumStartsBelow(NegativeWithHelper):
    """The same, and the running sum started where it then ends in zero."""

    def shift_running(self, lookup: Words, by: Ext, first: int) -> None:
        super().shift_running(lookup, by, first)
        columns = lookup[: self.params.active_rows + 1, self.layout.running : self.layout.lookup]
        columns[:] = field.reduce(columns + np.uint64(P) - columns[-1].astype(np.uint64))


class _OpenedToFit:
    """Openings of the quotient bent so that the constraints seem to hold at z."""

    def openings(self: SegmentProver, z: Ext) -> Words:  # type: ignore[misc]
        opened = low_degree.openings(self.layout, self.commitments, z)
        values = [ext.element(each) for each in opened]
        at_z = constraints.opened(self.layout, values[: self.layout.columns], values[self.layout.columns :])
        beta, mix = self.challenges  # type: ignore[attr-defined]
        owed = constraints.quotient_at(self.layout, Lagrange(self.params, z), z, at_z, beta=beta, mix=mix)
        given = constraints.quotient_from(self.params, at_z.parts, z)
        first = self.layout.base + self.layout.lookup
        opened[first] = ext.add(values[first], ext.sub(owed, given))
        return opened

    def quotient(self, beta: Ext, mix: Ext) -> Words:
        self.challenges = beta, mix
        return super().quotient(beta, mix)  # type: ignore[misc,no-any-return]


class NegativeOpenedToFit(_OpenedToFit, NegativeWithHelper):
    reason = "the last layer of FRI is not the final polynomial"


class WrongSum(Forger):
    """A smaller total than the rows add up to."""

    adjust = -100
    reason = "do not add up to the totals"

    def first_message(self, rows: Words) -> Committed:
        honest = super().first_message(rows)
        sums = honest.limb_sums.copy()
        sums[0] -= 100
        return replace(honest, limb_sums=sums)


class WrongSumInBlind(WrongSum):
    """The same, made up for in the sum of blinds."""

    def first_message(self, rows: Words) -> Committed:
        said = super().first_message(rows)
        blind = said.blind_sum.copy()
        blind[0] = (int(blind[0]) + 100) % P
        return replace(said, blind_sum=blind)


class SumWraps(Forger):
    """The same sum of limbs, modulo P."""

    reason = "a sum of limbs is beyond"

    def first_message(self, rows: Words) -> Committed:
        honest = super().first_message(rows)
        sums = honest.limb_sums.copy()
        sums[0] = int(sums[0]) + P
        return replace(honest, limb_sums=sums)


class PatchedFingerprint(Forger):
    """Rows hold nothing for one user, who is shown the fingerprint of the true balance; another row makes up for it."""

    reason = "not those of the committed rows"

    def fingerprints(self, rows: Words, alpha: Ext) -> Words:
        prints = super().fingerprints(rows, alpha)
        weight = np.array(alpha, np.uint64)
        prints[ROW] = field.reduce(prints[ROW] + weight)
        prints[ROW + 1] = field.reduce(prints[ROW + 1] + np.uint64(P) - weight)
        return prints


class PatchedOpenedToFit(PatchedFingerprint):
    """The same, and the blinds' openings bent so that the fingerprints seem to be the rows' at z."""

    reason = "the last layer of FRI is not the final polynomial"

    def fingerprints(self, rows: Words, alpha: Ext) -> Words:
        self.alpha, self.prints = alpha, super().fingerprints(rows, alpha)
        return self.prints

    def openings(self, z: Ext) -> Words:
        opened = super().openings(z)
        values = [ext.element(each) for each in opened]
        at_z = constraints.opened(self.layout, values[: self.layout.columns], values[self.layout.columns :])
        given = Lagrange(self.params, z).extension(self.prints.astype(np.uint64))
        off = ext.sub(given, fingerprint(at_z.blind, at_z.limbs, self.alpha))
        opened[self.layout.blind] = ext.add(values[self.layout.blind], off)
        return opened


class RandomQuotient(Forger):
    reason = "constraints do not hold"

    def quotient(self, beta: Ext, mix: Ext) -> Words:
        coefficients = super().quotient(beta, mix)
        coefficients[:, :DEGREE] = self.chance.elements("forged quotient", len(coefficients), DEGREE)
        return coefficients


class _Fold(Forger):
    """Departs in FRI alone."""

    def some_low_degree(self, size: int) -> list[Words]:
        """A random polynomial of a quarter of the rate, on every coset of this size."""
        coefficients = self.chance.elements(f"forged word {size}", size // 4, DEGREE)
        padded = np.zeros((size, 16), np.uint32)
        padded[: size // 4, :DEGREE] = coefficients
        out = []
        for coset in cosets(self.params):
            shift, values = pow(coset.shift, self.params.rows // size, P), np.zeros_like(padded)
            ntt.transform(padded, values, columns=DEGREE, before=ntt.powers(shift, size))
            out.append(np.ascontiguousarray(values[:, :DEGREE].T))
        return out


class OtherWord(_Fold):
    """FRI run, honestly, on a word that has nothing to do with the rows."""

    reason = "layer 0 of FRI does not hold the values"

    def fold(self, word: list[Words], transcript: Transcript) -> low_degree.Folded:
        return super().fold(self.some_low_degree(word[0].shape[1]), transcript)


class OtherLayer(_Fold):
    """The first layer true, the second a low-degree word of the forger's choice."""

    reason = "layer 1 of FRI does not hold the values"

    def fold(self, word: list[Words], transcript: Transcript) -> low_degree.Folded:
        first = low_degree.commit_layer(self.params, word)
        transcript.absorb("fri", first.cap.tobytes())
        transcript.challenge("fold")
        second = low_degree.commit_layer(self.params, self.some_low_degree(self.params.rows // 8))
        transcript.absorb("fri", second.cap.tobytes())
        final = np.zeros((self.params.final_terms, DEGREE), np.uint32)
        transcript.challenge("fold")
        transcript.absorb("final", final.tobytes())
        return low_degree.Folded([first, second], final)


class OtherFinal(_Fold):
    """All layers true, another final polynomial."""

    reason = "the last layer of FRI is not the final polynomial"

    def fold(self, word: list[Words], transcript: Transcript) -> low_degree.Folded:
        layers = []
        for _ in range(self.params.fri_layers):
            layers.append(low_degree.commit_layer(self.params, word))
            transcript.absorb("fri", layers[-1].cap.tobytes())
            word = low_degree.fold_layer(self.params, word, len(layers) - 1, transcript.challenge("fold"))
        final = low_degree.final_polynomial(self.params, word)
        final[-1] = (int(final[-1, 0]) + 1) % P
        transcript.absorb("final", final.tobytes())
        return low_degree.Folded(layers, final)


class OtherLeaves(_Fold):
    """The first layer committed, then leaves of another word opened under that commitment."""

    reason = "a leaf of layer 0 of FRI is not under its commitment"

    def fold(self, word: list[Words], transcript: Transcript) -> low_degree.Folded:
        folded = super().fold(word, transcript)
        other = low_degree.commit_layer(self.params, self.some_low_degree(self.params.rows))
        first = folded.layers[0]
        return low_degree.Folded([low_degree.Layer(other.leaves, first.levels), *folded.layers[1:]], folded.final)


class HighDegree(Forger):
    """One base column of a degree beyond the trace's, committed on the domain as it is."""

    reason = "the last layer of FRI is not the final polynomial"

    def commit_base(self, rows: Words) -> Commitment:
        honest = super().commit_base(rows)
        spoiled = honest.rows.copy()
        spoiled[1::2, self.layout.fri_mask] ^= 1
        spoiled[:, self.layout.fri_mask] %= P
        leaves = blake3.hash_rows(purpose_key("row"), spoiled, 4 * (honest.width + SALT_WORDS))
        return Commitment(spoiled, honest.width, blake3.merkle_levels(leaves, 1 << self.params.cap_bits))


class NoWork(Forger):
    reason = "the proof of work"

    def nonce(self, transcript: Transcript) -> int:
        wrong = 0
        while transcript.worked(wrong, self.params.grinding_bits):
            wrong += 1
        return wrong


FORGERS: tuple[type[Forger], ...] = (
    NegativeLimb,
    NegativeWithHelper,
    NegativeWithClosedSum,
    NegativeWithCount,
    SumStartsBelow,
    NegativeOpenedToFit,
    LimbBeyondRange,
    WrongSum,
    WrongSumInBlind,
    SumWraps,
    PatchedFingerprint,
    PatchedOpenedToFit,
    RandomQuotient,
    OtherWord,
    OtherLayer,
    OtherFinal,
    OtherLeaves,
    HighDegree,
    NoWork,
)


def forge(forger: type[Forger], params: Parameters = kit.TEST, users: Users | None = None) -> tuple[Statement, bytes]:
    """A proof by this prover, under the statement it would like to have proven."""
    users = kit.population(params, users=300, assets=2) if users is None else users
    adjust = forger.adjust
    if issubclass(forger, _Limb):
        adjust = forger.limb - (int(users.balances[ROW, 0]) & params.limb_max)
    stated = kit.statement(params, users, adjust=adjust)
    return stated, forger(stated, 0, users, kit.SEED).prove()
