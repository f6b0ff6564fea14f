"""Small populations and parameters for tests. No verifier of the product accepts these parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from indexer.liabilities.assay_sum import Asset
from indexer.liabilities.stark.extension import element
from indexer.liabilities.stark.kernels.blake3 import siblings
from indexer.liabilities.stark.params import Parameters
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.prover.trace import Users
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.user import Inclusion, user_digest

TEST = Parameters(
    name="test only, of no security",
    log_rows=10,
    mask_rows=128,
    limb_bits=9,
    limbs=4,
    queries=30,
    grinding_bits=6,
    fri_layers=2,
    quotient_masks=64,
    cap_bits=2,
    assets_max=100,
)
TINY = replace(TEST, name="tiny", log_rows=8, mask_rows=48, limb_bits=7, queries=20, fri_layers=1, quotient_masks=32)
SEED = bytes(range(32))


def assets(count: int) -> tuple[Asset, ...]:
    return tuple(Asset(f"A{number}", 8) for number in range(count))


def names(count: int, *, first: int = 0) -> list[str]:
    return [f"user-{number}" for number in range(first, first + count)]


def population(params: Parameters, *, users: int, assets: int, seed: int = 1) -> Users:
    """Balances over the whole range, a third of them zero, the first user's all maxima."""
    chance = np.random.default_rng(seed)
    balances = chance.integers(0, params.balance_end, (users, assets), dtype=np.uint64)
    balances[chance.random((users, assets)) < 1 / 3] = 0
    balances[0] = params.balance_end - 1
    return users_of(balances)


def users_of(balances: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> Users:
    digests = b"".join(user_digest(name) for name in names(len(balances)))
    return Users(np.frombuffer(digests, np.uint8).reshape(-1, 32), balances)


def totals(users: Users) -> tuple[int, ...]:
    return tuple(sum(int(each) for each in column) for column in users.balances.T)


def statement(params: Parameters, users: Users, *, snapshot: str = "2026-11", adjust: int = 0) -> Statement:
    """Of one segment. ``adjust`` is added to what the first asset's total is said to be."""
    said = totals(users)
    return Statement(params, snapshot, assets(users.balances.shape[1]), len(users.ids), (said[0] + adjust, *said[1:]))


def prove(params: Parameters, users: Users, *, seed: bytes = SEED) -> tuple[Statement, bytes]:
    stated = statement(params, users)
    return stated, SegmentProver(stated, 0, users, seed).prove()


def inclusion(prover: SegmentProver, slot: int) -> Inclusion:
    """The file of the user in this slot, who is called by it."""
    return Inclusion(
        user=names(1, first=slot)[0],
        segment=prover.segment,
        slot=slot,
        salt=prover.salts[slot].tobytes(),
        blind=element(prover.blinds[slot]),
        balances=tuple(int(each) for each in prover.users.balances[slot]),
        siblings=tuple(siblings(prover.user_levels, slot)),
    )
