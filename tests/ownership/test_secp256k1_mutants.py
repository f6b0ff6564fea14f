"""No damaged row is ever proven: at least a thousand mutants of every kind of row, and no survivor."""

from __future__ import annotations

import pytest

from chains.ownership.types import Verdict
from tests.ownership.cases import Case, all_cases, book
from tests.ownership.mutants import mutants

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
