"""No damaged row of these schemes is ever proven: at least a thousand mutants of every kind, and no survivor."""

from __future__ import annotations

import pytest

from chains.ownership.types import Verdict
from tests.ownership.cases import Case, book
from tests.ownership.cases25519 import NAMES_ONLY, all_25519_cases
from tests.ownership.mutants25519 import mutants

PROVEN = (Verdict.OWNED, Verdict.OWNER_SIGNED)
UNBOUND = ("rotated", "eos", "eos new", *(f"{coin} by name" for coin in NAMES_ONLY))
"""Rows whose address nothing in them proves: that is why they are only owner-signed."""


@pytest.mark.parametrize(
    ("case", "other"), list(zip(all_25519_cases(), all_25519_cases("other"), strict=True)), ids=lambda case: case.name
)
def test_no_mutant_survives(case: Case, other: Case) -> None:
    tried = set(mutants(case, other, address_proven=case.name not in UNBOUND)) - {case.claim}
    assert len(tried) >= 1_000
    for mutant in sorted(tried):
        result = book().verify(case.coin, "", mutant)
        assert result.verdict not in PROVEN, (mutant, result)


@pytest.mark.parametrize("case", all_25519_cases(), ids=lambda case: case.name)
def test_no_row_proves_another_kind(case: Case) -> None:
    """The same cells under another name are never owned: networks that share keys do not share addresses."""
    mine = book().kind_of(case.coin)
    for other in {each.coin for each in all_25519_cases()} | {"BTC", "ETH", "TRX", "FIL"}:
        if book().kind_of(other) is not mine and {case.coin, other} not in SAME_ADDRESSES:
            result = book().verify(other, "", case.claim)
            assert result.verdict is not Verdict.OWNED, (other, result)
            assert result.verdict is not Verdict.OWNER_SIGNED or other in NAMES_ONLY, (other, result)


SAME_ADDRESSES = ({"ENJIN", "EFI_DOT"}, {"ENJ", "EFI_DOT"})
"""Enjin's Matrix is what Efinity became."""
