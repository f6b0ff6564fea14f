"""No damaged row is ever proven: at least a thousand mutants of every kind of row, and no survivor."""

from __future__ import annotations

import pytest

from chains.codec import base58check
from chains.ownership.types import OwnershipClaim, Verdict
from tests.ownership.cases import KEY_COINS, Case, all_cases, book
from tests.ownership.mutants import mutants
from tests.ownership.signing import MESSAGE, compact_signature, hash160, short

PROVEN = (Verdict.OWNED, Verdict.OWNER_SIGNED)


@pytest.mark.parametrize(
    ("case", "other"), list(zip(all_cases(), all_cases("other"), strict=True)), ids=lambda c: c.name
)
def test_no_mutant_survives(case: Case, other: Case) -> None:
    tried = list(mutants(case, other))
    assert len(tried) >= 1_000
    for mutant in tried:
        result = book().verify(case.coin, "", mutant)
        assert result.verdict not in PROVEN, (mutant, result)


@pytest.mark.parametrize(("coin", "header", "version"), KEY_COINS, ids=[coin for coin, _, _ in KEY_COINS])
def test_the_right_key_under_another_coins_header_proves_nothing(coin: str, header: str, version: bytes) -> None:
    address = base58check.encode(version + hash160(short("assay")))
    for other in {each for _, each, _ in KEY_COINS} - {header}:
        result = book().verify(coin, "", OwnershipClaim(address, MESSAGE, compact_signature("assay", other)))
        assert result.verdict is Verdict.BAD_SIGNATURE, (other, result)
