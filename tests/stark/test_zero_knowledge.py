"""Zero knowledge, as far as tests reach: masks are there, fresh, enough; nothing opened lies on the trace; no reuse."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from blake3 import blake3

from indexer.liabilities.stark import domain
from indexer.liabilities.stark.encoding import decode
from indexer.liabilities.stark.extension import DEGREE, Ext
from indexer.liabilities.stark.field import P, Words
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.liabilities.stark.prover.chance import Chance, segment_seed
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.verifier import draw
from tests.stark import kit


class Watched(SegmentProver):
    """Keeps what it makes."""

    def base_trace(self) -> Words:
        rows = super().base_trace()
        self.base_rows = rows.copy()
        return rows

    def lookup_trace(self, rows: Words, beta: Ext) -> Words:
        lookup = super().lookup_trace(rows, beta)
        self.lookup_rows = lookup.copy()
        return lookup


def _watched(seed: bytes = kit.SEED, snapshot: str = "2026-11") -> tuple[Watched, bytes]:
    users = kit.population(kit.TEST, users=400, assets=3)
    prover = Watched(kit.statement(kit.TEST, users, snapshot=snapshot), 0, users, seed)
    return prover, prover.prove()


def test_more_masks_than_openings() -> None:
    for params in (PRODUCT, kit.TEST, kit.TINY):
        openings = params.queries + 2 * DEGREE  # a base column at z, and at g z, gives five values each
        assert params.mask_rows - 1 >= openings  # the running sum's first mask row is bound to be 0
        assert params.quotient_masks >= openings


def test_every_column_has_masks_of_its_own() -> None:
    prover, _ = _watched()
    layout, active = prover.layout, prover.params.active_rows
    masks = [prover.base_rows[active:, : layout.base], prover.lookup_rows[active + 1 :, : layout.lookup]]
    columns = [column.tobytes() for each in masks for column in each[: prover.params.mask_rows - 1].T]
    assert len(set(columns)) == layout.base + layout.lookup
    for each in masks:
        assert Counter(each.ravel().tolist()).most_common(1)[0][1] <= 4  # of some 10^5 draws of 2^31 values
    everywhere = prover.base_rows[:, layout.fri_mask : layout.base]
    assert len(np.unique(everywhere)) > everywhere.size * 0.999
    blinds = prover.base_rows[:active, layout.blind : layout.blind + DEGREE]
    assert len(np.unique(blinds)) > blinds.size * 0.999


def test_no_stream_is_drawn_from_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: Counter[str] = Counter()
    for name in ("words", "elements"):
        true = getattr(Chance, name)

        def watched(self: Chance, purpose: str, *shape: int, true: object = true) -> Words:
            drawn[purpose] += 1
            assert callable(true)
            return np.asarray(true(self, purpose, *shape), np.uint32)

        monkeypatch.setattr(Chance, name, watched)
    _watched()
    assert set(drawn.values()) == {1}
    assert len(drawn) == 9, drawn


def test_nothing_is_opened_on_the_trace() -> None:
    prover, data = _watched()
    drawn = draw(prover.layout, decode(prover.layout, data))
    points = domain.points(kit.TEST, drawn.leaves)
    assert all(pow(int(x), kit.TEST.rows, P) != 1 for x in points)
    assert any(drawn.z[1:])


def test_two_snapshots_of_the_same_users_share_no_public_value() -> None:
    """Other seeds, as `segment_seed` makes them for other statements: no digest, row or fingerprint twice."""
    (one, data), (other, again) = _watched(), _watched(seed=bytes(32), snapshot="2026-12")
    seen, found = (decode(one.layout, each) for each in (data, again))
    prints = {each.tobytes() for each in seen.fingerprints}
    assert not prints & {each.tobytes() for each in found.fingerprints}
    for name in ("rows", "row_paths", "fri_leaves", "fri_paths"):
        for mine, theirs in zip(getattr(seen, name), getattr(found, name), strict=True):
            pieces = {each.tobytes() for each in mine}
            assert not pieces & {each.tobytes() for each in theirs}, name
    assert seen.committed.limb_sums.tolist() == found.committed.limb_sums.tolist()  # the totals are the totals
    assert seen.committed.user_root != found.committed.user_root
    assert not {each.tobytes() for each in one.user_levels[0][:400]} & {
        each.tobytes() for each in other.user_levels[0][:400]
    }


def test_a_seed_is_bound_to_everything() -> None:
    key, statement, data = b"k" * 32, b"s" * 32, b"d" * 32
    seeds = {
        segment_seed(key, statement, data, 0),
        segment_seed(b"K" * 32, statement, data, 0),
        segment_seed(key, b"S" * 32, data, 0),
        segment_seed(key, statement, b"D" * 32, 0),
        segment_seed(key, statement, data, 1),
    }
    assert len(seeds) == 5


def test_the_same_users_under_other_blinds_look_unlike() -> None:
    """A fingerprint is blinded by r_i alone: with it known, the balances would follow."""
    users = kit.population(kit.TINY, users=30, assets=1)
    stated = kit.statement(kit.TINY, users)
    one, other = (SegmentProver(stated, 0, users, seed) for seed in (kit.SEED, bytes(32)))
    assert not {each.tobytes() for each in one.blinds} & {each.tobytes() for each in other.blinds}
    assert not {each.tobytes() for each in one.salts} & {each.tobytes() for each in other.salts}


def test_elements_are_uniform_and_a_longer_draw_begins_alike() -> None:
    chance = Chance(kit.SEED)
    some = chance.elements("test", 200_000)
    assert int(some.max()) < P
    counts = np.bincount(some // (P // 16 + 1), minlength=16)
    assert abs(counts - 12_500).max() < 600  # five standard deviations
    raw = np.frombuffer(blake3(b"test", key=kit.SEED).digest(length=4_000), "<u4") & np.uint32((1 << 31) - 1)
    kept = raw[raw < P]
    assert (kept == some[: kept.size]).all()


def test_hidden_parameters_are_those_pinned() -> None:
    """The product's set, spelled out: a change here is a new version of the scheme."""
    assert replace(PRODUCT) == Parameters(
        name="assay-stark-v1/2026-11",
        log_rows=16,
        mask_rows=4096,
        limb_bits=15,
        limbs=4,
        queries=130,
        grinding_bits=20,
        fri_layers=3,
        quotient_masks=256,
        cap_bits=6,
        assets_max=100,
    )
