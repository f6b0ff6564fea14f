"""Whatever a row says, it gets a verdict: the door never raises. 10**6 rows: scripts/garbage."""

from __future__ import annotations

import os
import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from chains.ownership.types import OwnershipClaim, OwnershipResult, Verdict
from tests.ownership.cases import all_cases, book
from tests.ownership.cases25519 import all_25519_cases
from tests.ownership.cases_bip322 import all_bip322_cases

ROWS = int(os.environ.get("ASSAY_GARBAGE_ROWS", "100000"))
SEED = 5
HONEST = [case.claim for case in (*all_cases(), *all_bip322_cases(), *all_25519_cases())]
NAMES = sorted({name for kind in book().kinds for name in kind.names})
CELLS = st.text(max_size=200) | st.sampled_from(sorted({cell for claim in HONEST for cell in claim}))
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:=+/ .-_\0\ud800\u0430\u0661é\U0001f600"


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(NAMES) | st.text(max_size=10), cells=st.lists(CELLS, min_size=7, max_size=7))
def test_any_text_gets_a_verdict(name: str, cells: list[str]) -> None:
    assert isinstance(book().verify(name, "", OwnershipClaim(*cells)), OwnershipResult)


def test_random_damage_and_mixtures_get_a_verdict_on_every_kind() -> None:
    chance = random.Random(SEED)
    seen: Counter[Verdict] = Counter()
    for number in range(ROWS):
        cells = list(chance.choice(HONEST))
        for _ in range(chance.randrange(4)):
            _damage(cells, chance)
        claim = OwnershipClaim(*cells)
        try:
            result = book().verify(NAMES[number % len(NAMES)], "", claim)
        except Exception as error:
            raise AssertionError(f"seed {SEED}, row {number}, {NAMES[number % len(NAMES)]}: {claim}") from error
        seen[result.verdict] += 1
    assert sum(seen.values()) == ROWS
    assert seen[Verdict.BAD_SIGNATURE] > ROWS / 2


def _damage(cells: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(cells))
    text = cells[at]
    place = chance.randrange(len(text) + 1)
    noise = "".join(chance.choice(LETTERS) for _ in range(chance.randrange(6)))
    cells[at] = chance.choice(
        (
            text[:place] + noise + text[place + chance.randrange(4) :],
            text[:place],
            text * 2,
            text.swapcase(),
            chance.choice(HONEST)[at],
            chance.choice(chance.choice(HONEST)),
            "0x" + chance.randbytes(chance.randrange(100)).hex(),
            noise * chance.randrange(4_000),
        )
    )
