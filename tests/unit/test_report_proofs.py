"""What a sample of proofs is said to be worth: never more than it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from indexer.model.findings import Finding, Severity
from indexer.report.html import to_html
from indexer.report.jsonout import to_json
from indexer.report.outcome import Outcome, outcome_of
from indexer.report.proofs import DETECTION_RULE, detection_ppm, detection_text, remarks_text
from indexer.report.proofs_section import proofs
from indexer.report.table import plain_text, report_table
from tests.unit.reports import ETHER, LITECOIN, SOLANA, proof, report, total


@pytest.mark.parametrize(
    ("fields", "ppm", "said"),
    [
        ({}, 950_463, "an overstatement of 1 % or more of the sampled value would have been caught with 95.0 % prob"),
        ({"draws": 298}, 949_963, "caught with 94.9 % probability (298 draws from 15)"),
        ({"draws": 10**4}, 999_999, "caught with 99.9 % probability"),
        ({"drawn_unproven": 1, "proven_rows": 9}, None, "no probability of detection: 1 drawn rows have no proof"),
        ({"draws": 0, "pool": 0}, None, "every row with a claim was proven"),
        ({"draws": 0}, None, "only the largest rows"),
        ({"draws": 0, "pool": 0, "proven_rows": 9}, None, "only the largest rows"),
        ({"draws": 0, "pool": 0, "sampled_rows": 0, "proven_rows": 0}, None, "no row claims anything"),
        ({"unproven": "this network has no proofs"}, None, "not provable: this network has no proofs"),
    ],
)
def test_detection_in_words(fields: dict[str, Any], ppm: int | None, said: str) -> None:
    shown = proof(**fields)
    if shown.unproven is None:
        assert detection_ppm(shown) == ppm
    assert said in detection_text(shown)


def test_everything_but_proven_shows() -> None:
    shown = proof(proven_rows=4, differing_rows=1, contradicted_rows=2, not_provable=(("computed", 2),))
    assert shown.pending_rows == 1
    assert remarks_text(shown) == (
        "1 PROVEN OTHERWISE; 2 CONTRADICTED by the provider's own proof; 1 still to be proven; 2 not provable: computed"
    )
    assert remarks_text(proof()) == ""
    assert remarks_text(proof(drawn_unproven=1)) == "no probability of detection: 1 drawn rows have no proof"


def test_every_rendering_tells_seed_probability_and_reasons() -> None:
    none = proof(chain=SOLANA, sampled_rows=0, proven_rows=0, draws=0, pool=0, unproven="this network has no proofs")
    shown = replace(report(total()), proofs=(proof(), proof(proven_rows=8, not_provable=(("computed", 2),)), none))
    for text in (plain_text(report_table(shown), width=4000), to_html(shown)):
        for said in (
            "5eed",
            "95.0 %",
            "Draws: 299.",
            DETECTION_RULE,
            "2 not provable: computed",
            "this network has no proofs",
        ):
            assert said in text
    told = json.loads(to_json(shown))["proofs"]
    assert told[0]["detection"]["ppm"] == "950463"
    assert told[0]["sample"]["pool"]["base_units"] == str(15 * ETHER)
    assert told[1]["not_provable"] == [{"reason": "computed", "rows": 2}]
    assert (told[2]["unproven"], told[2]["detection"]["ppm"]) == ("this network has no proofs", None)
    assert "Proofs" not in plain_text(report_table(report(total())))


def test_networks_read_at_different_times_have_their_own_seed_and_those_without_proofs_stand_once() -> None:
    none = proof(chain=SOLANA, sampled_rows=0, proven_rows=0, draws=0, pool=0, unproven="no trie")
    late = proof(chain=LITECOIN, seed="1a7e", draws=5)
    said = proofs(replace(report(total()), proofs=(proof(), late, none, replace(none, asset="USDT")))).notes
    assert said == [
        f"{DETECTION_RULE} Draws: 5 or 299.",
        "Drawn with the seed 5eed: Ethereum.",
        "Drawn with the seed 1a7e: Litecoin.",
        "No proofs: Solana: no trie.",
    ]


def test_a_run_with_rows_still_to_be_proven_is_incomplete_and_a_contradiction_is_a_discrepancy() -> None:
    whole = report(total())
    assert outcome_of(replace(whole, proofs=(proof(),))) is Outcome.COMPLETE
    assert outcome_of(replace(whole, proofs=(proof(proven_rows=9),))) is Outcome.INCOMPLETE
    found = Finding(Severity.EXCEPTION, "proof-contradiction", "alpha lies")
    assert outcome_of(replace(whole, findings=(found,))) is Outcome.DISCREPANCIES
