"""docs/stark.md is exact: a second verifier, written from it in plain whole numbers, gives the same verdicts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from indexer.liabilities.stark.encoding import encoded_bytes
from indexer.liabilities.stark.errors import ProofError
from indexer.liabilities.stark.params import PRODUCT, Layout, Parameters
from indexer.liabilities.stark.verifier import verify_segment
from tests.stark import kit, reference
from tests.stark.forgers import FORGERS, Forger, forge
from tests.stark.reference import Sizes, Wrong, hashed, text, u

SPECIFICATION = Path(__file__).resolve().parents[2] / "docs" / "stark.md"


def _sizes(params: Parameters, assets: int) -> Sizes:
    return Sizes(
        name=params.name,
        log_n=params.log_rows,
        active=params.active_rows,
        limb_bits=params.limb_bits,
        limbs=params.limbs,
        queries=params.queries,
        grinding=params.grinding_bits,
        layers=params.fri_layers,
        masks=params.quotient_masks,
        cap=params.cap_bits,
        assets=assets,
    )


@pytest.fixture(scope="module")
def small() -> tuple[Sizes, bytes, bytes]:
    users = kit.population(kit.TINY, users=150, assets=2)
    stated, data = kit.prove(kit.TINY, users)
    return _sizes(kit.TINY, 2), stated.digest, data


def test_the_statement_is_as_specified() -> None:
    users = kit.population(kit.TINY, users=5, assets=2)
    stated = kit.statement(kit.TINY, users)
    assets = b"".join(text(asset.name) + u(asset.decimals, 1) for asset in stated.assets)
    totals = b"".join(u(total, 16) for total in stated.totals)
    told = text(kit.TINY.name) + text("2026-11") + u(2, 4) + assets + u(5, 8) + u(1, 4) + totals
    assert stated.digest == hashed("statement", told)


def test_both_accept_what_is_true(small: tuple[Sizes, bytes, bytes]) -> None:
    sizes, statement, data = small
    users = kit.population(kit.TINY, users=150, assets=2)
    assert tuple(reference.verify(sizes, statement, 0, data)) == kit.totals(users)


def test_both_refuse_what_was_changed(small: tuple[Sizes, bytes, bytes]) -> None:
    sizes, statement, data = small
    users = kit.population(kit.TINY, users=150, assets=2)
    stated, chance = kit.statement(kit.TINY, users), random.Random(4)
    for at in (*range(0, 300, 60), *(chance.randrange(len(data)) for _ in range(8))):
        copy = bytearray(data)
        copy[at] ^= 1 << chance.randrange(8)
        with pytest.raises(ProofError):
            verify_segment(stated, 0, bytes(copy))
        with pytest.raises(Wrong):
            reference.verify(sizes, statement, 0, bytes(copy))
    for wrong in (data[:-1], data + b"\0"):
        with pytest.raises(Wrong):
            reference.verify(sizes, statement, 0, wrong)


_OF_ONE_LAYER = tuple(forger for forger in FORGERS if forger.__name__ != "OtherLayer")


@pytest.mark.parametrize("forger", _OF_ONE_LAYER, ids=lambda forger: forger.__name__)
def test_both_refuse_what_was_forged(forger: type[Forger]) -> None:
    stated, data = forge(forger, kit.TINY, kit.population(kit.TINY, users=150, assets=2))
    with pytest.raises(Wrong):
        reference.verify(_sizes(kit.TINY, 2), stated.digest, 0, data)


def test_the_numbers_of_the_specification_are_the_products() -> None:
    said = SPECIFICATION.read_text()
    layout = Layout(PRODUCT, 22)
    assert PRODUCT.name in said
    for number in (
        f"{encoded_bytes(layout):,} bytes",
        f"| n | 2^{PRODUCT.log_rows} |",
        f"| active | {PRODUCT.active_rows:,} |",
        f"the last {PRODUCT.mask_rows:,} hold masks",
        f"| limbs | {PRODUCT.limbs} of {PRODUCT.limb_bits} bits |",
        f"| queries | {PRODUCT.queries} |",
        f"| grinding | {PRODUCT.grinding_bits} bits |",
        f"| FRI | {PRODUCT.fri_layers} layers of arity 8 | {PRODUCT.final_terms} coefficients remain |",
        f"| quotient masks | {PRODUCT.quotient_masks} |",
        f"| cap | {1 << PRODUCT.cap_bits} nodes |",
        f"x^({PRODUCT.parts_degree} k)",
    ):
        assert number in said, number
