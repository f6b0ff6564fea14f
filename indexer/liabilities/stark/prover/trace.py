"""The columns of a segment: limbs, blinds and counts before any challenge; the lookup's helpers after beta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark.errors import well_formed
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import Elements, P, Words
from indexer.liabilities.stark.hashing import DIGEST_BYTES, purpose_key
from indexer.liabilities.stark.kernels import blake3, rows, scalar
from indexer.liabilities.stark.kernels.compiled import matrix
from indexer.liabilities.stark.params import GROUP, Layout
from indexer.liabilities.stark.prover.chance import Chance
from indexer.liabilities.stark.prover.commit import trace_matrix
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.user import LEAF_WORDS

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Users:
    """Those of one segment, by slot: ``ids`` [users, 32] digests, ``balances`` [users, assets] base units."""

    ids: NDArray[np.uint8]
    balances: Elements

    def check(self, layout: Layout) -> None:
        """Raises Malformed for what a segment cannot hold."""
        count = len(self.ids)
        well_formed(0 < count <= layout.params.active_rows, "no users, or more than a segment holds")
        well_formed(self.ids.shape == (count, DIGEST_BYTES), "ids are digests")
        well_formed(self.balances.shape == (count, layout.assets), "not one balance an asset")
        end = layout.params.balance_end
        well_formed(end > int(self.balances.max()), f"a balance is not below {end}")


def user_secrets(layout: Layout, chance: Chance) -> tuple[Words, Words]:
    """Blinds r_i [active rows, 5] and salts [active rows, 8 words]."""
    active = layout.params.active_rows
    return chance.elements("blinds", active, DEGREE), chance.words("leaf salts", active, SALT_BYTES // 4)


def user_levels(statement: Statement, segment: int, users: Users, blinds: Words, salts: Words) -> list[Words]:
    """The tree of the users' leaves, all of a segment's slots wide: `user.leaf` of each, zeros where there is none."""
    count, layout = len(users.ids), statement.layout
    words = LEAF_WORDS + 2 * layout.assets
    leaf = matrix(count, words)
    leaf[:, :8] = np.frombuffer(statement.digest, "<u4")
    leaf[:, 8], leaf[:, 9] = segment, np.arange(count)
    leaf[:, 10:18] = np.ascontiguousarray(users.ids).view("<u4")
    leaf[:, 18:26] = salts[:count]
    leaf[:, 26:31] = blinds[:count]
    leaf[:, 31:words] = np.ascontiguousarray(users.balances).astype("<u8").view("<u4")
    leaves = np.zeros((layout.params.rows, 8), np.uint32)
    leaves[:count] = blake3.hash_rows(purpose_key("user leaf"), leaf, 4 * words)
    return blake3.merkle_levels(leaves, 1)


def base_trace(layout: Layout, users: Users, blinds: Words, chance: Chance) -> Words:
    """Limbs, blinds, counts and FRI's masks; nothing but masks on the mask rows."""
    params, active = layout.params, layout.params.active_rows
    trace, counts = trace_matrix(params, layout.base), np.zeros(params.limb_end, np.uint64)
    rows.fill_limbs(users.balances, params.limb_bits, params.limbs, active, trace, counts)
    trace[:active, layout.blind : layout.blind + DEGREE] = blinds
    trace[: params.limb_end, layout.count] = counts
    trace[active:, : layout.fri_mask] = chance.elements("base masks", params.mask_rows, layout.fri_mask)
    trace[:, layout.fri_mask : layout.base] = chance.elements("fri masks", params.rows, DEGREE)
    return trace


def limb_sums(layout: Layout, trace: Words) -> Words:
    columns = trace[: layout.params.active_rows, : layout.limbs]
    return np.asarray(columns.sum(axis=0, dtype=np.uint64), np.uint32)


def blind_sum(layout: Layout, trace: Words) -> Words:
    columns = trace[: layout.params.active_rows, layout.blind : layout.blind + DEGREE]
    return np.asarray(columns.sum(axis=0, dtype=np.uint64) % np.uint64(P), np.uint32)


def lookup_trace(layout: Layout, trace: Words, beta: Ext, chance: Chance) -> Words:
    """h_g, h_T and phi; masks on the mask rows, but for phi's first, which the sums make 0."""
    params = layout.params
    lookup = trace_matrix(params, layout.lookup)
    lookup[params.active_rows :, : layout.lookup] = chance.elements("lookup masks", params.mask_rows, layout.lookup)
    values = scalar.montgomery(np.arange(params.limb_end, dtype=np.uint64))
    norm, quotient = ext.minimal(beta)
    negated = [ext.sub(ext.ZERO, each) for each in quotient]  # 1/(beta - v) = -1/(v - beta)
    inverses = np.empty((params.limb_end, DEGREE), np.uint32)
    scalar.inverse_differences(values, scalar.montgomery(norm), scalar.montgomery_ext(negated), inverses)
    plain = rows.out_of_montgomery(inverses)
    rows.fill_helpers(trace, params.active_rows, layout.limbs, GROUP, inverses, plain, layout.count, lookup)
    return lookup
