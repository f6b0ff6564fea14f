"""The table of docs/ownership.md is complete and true of every honest row of these tests."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

from chains.ownership.types import Verdict
from tests.ownership.cases import all_cases
from tests.ownership.cases25519 import all_25519_cases
from tests.ownership.cases_bip322 import all_bip322_cases

DOCUMENT = Path(__file__).parents[2] / "docs" / "ownership.md"
ROWS = [
    line.strip("| ").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| ") and "`" in line
]
TABLE = [(re.findall("`([^`]+)`", cells[1]), cells[2]) for cells in ROWS if len(cells) == 4]
CASES = (*all_cases(), *all_bip322_cases(), *all_25519_cases())


def test_every_scheme_stands_in_the_table_with_its_verdict() -> None:
    for case in CASES:
        verdicts = [text for patterns, text in TABLE if any(fnmatchcase(case.scheme, each) for each in patterns)]
        assert any(case.verdict.value in text for text in verdicts), (case.name, case.scheme, case.verdict)


def test_no_row_of_the_table_speaks_of_what_is_not_there() -> None:
    schemes = {case.scheme for case in CASES}
    for patterns, text in TABLE:
        for pattern in patterns:
            assert any(fnmatchcase(scheme, pattern) for scheme in schemes), pattern
        assert any(verdict.value in text for verdict in (Verdict.OWNED, Verdict.OWNER_SIGNED))
