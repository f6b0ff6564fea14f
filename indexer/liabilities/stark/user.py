"""What a customer checks: own leaf, own fingerprint, under a segment whose proof is verified by somebody they trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.liabilities.stark import extension as ext
from indexer.liabilities.stark.encoding import decode_committed, fingerprints_at
from indexer.liabilities.stark.errors import require, well_formed
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import P
from indexer.liabilities.stark.hashing import DIGEST_BYTES, climb, digest, text, u32, u64
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.verifier import fingerprint, transcript_of

LEAF_WORDS = 31
"""Of a leaf without its balances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """One customer's file. ``siblings`` lead from the leaf to the segment's root of users."""

    user: str
    segment: int
    slot: int
    salt: bytes
    blind: Ext
    balances: tuple[int, ...]
    siblings: tuple[bytes, ...]


def user_digest(user: str) -> bytes:
    """What stands for a customer; the customer can make it."""
    return digest("user", text(user))


def leaf(statement: bytes, inclusion: Inclusion) -> bytes:
    blind = b"".join(u32(each) for each in inclusion.blind)
    balances = b"".join(u64(each) for each in inclusion.balances)
    place = u32(inclusion.segment) + u32(inclusion.slot)
    return digest("user leaf", statement + place + user_digest(inclusion.user) + inclusion.salt + blind + balances)


def limbs_of(balances: Sequence[int], *, bits: int, count: int) -> list[int]:
    """Lowest first, asset by asset."""
    return [balance >> (bits * place) & ((1 << bits) - 1) for balance in balances for place in range(count)]


def check_user(statement: Statement, data: bytes, inclusion: Inclusion) -> None:
    """Whether the balances are counted in this segment, *if* its proof verifies. Raises Malformed or Refuted."""
    layout, params = statement.layout, statement.params
    well_formed(0 <= inclusion.segment < statement.segments, "no such segment in the statement")
    users = statement.users_in(inclusion.segment)
    require(0 <= inclusion.slot < users, f"slot {inclusion.slot} is not among the segment's {users} users")
    well_formed(len(inclusion.salt) == DIGEST_BYTES, "a salt is 32 bytes")
    well_formed(len(inclusion.balances) == layout.assets, "not one balance an asset")
    end = params.balance_end
    require(all(0 <= balance < end for balance in inclusion.balances), f"a balance is not in [0, {end})")
    well_formed(len(inclusion.blind) == DEGREE and all(0 <= each < P for each in inclusion.blind), "no blind")
    well_formed(len(inclusion.siblings) == params.log_rows, f"not {params.log_rows} siblings")
    well_formed(all(len(each) == DIGEST_BYTES for each in inclusion.siblings), "a sibling is 32 bytes")
    found_statement, segment, committed = decode_committed(layout, data)
    require(found_statement == statement.digest, "a segment of another statement")
    require(segment == inclusion.segment, "another segment than the file names")
    root, place = climb(leaf(statement.digest, inclusion), inclusion.slot, inclusion.siblings)
    require(place == 0 and root == committed.user_root, "the leaf is not under the segment's users")
    alpha = transcript_of(layout, found_statement, segment, committed).challenge("alpha")
    at = fingerprints_at(layout) + 4 * DEGREE * inclusion.slot
    published = [int.from_bytes(data[k : k + 4], "little") for k in range(at, at + 4 * DEGREE, 4)]
    limbs = limbs_of(inclusion.balances, bits=params.limb_bits, count=params.limbs)
    owed = fingerprint(inclusion.blind, [ext.embed(each) for each in limbs], alpha)
    require(list(owed) == published, "the balances are not those that were counted in this place")
