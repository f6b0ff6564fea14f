"""Whose the reserves are, in an audit: words, table rows, JSON and CSV of one record, `OwnershipSummary`.

JSON  {judged, counts, assets: [{asset, verdict, rows, observed: {low, high}, counts}], on_chain: {said: rows},
      open_rows, messages, statements}
CSV   ownership.csv: one row per asset and verdict; amounts as in totals.csv.
"""

from __future__ import annotations

from chains.ownership.types import Verdict
from indexer.core.amounts import format_amount
from indexer.model.control import Held, OwnershipSummary
from indexer.model.ownership import CONSTANT_MESSAGE
from indexer.report.figures import INCOMPLETE, amount

COLUMNS = ("asset", "verdict", "rows", "observed", "toward the reserve")
UNREAD = "unread"


def rows(summary: OwnershipSummary) -> list[tuple[str, ...]]:
    """One per asset and verdict, for people."""
    return [
        (
            part.asset,
            verdict(part),
            str(part.rows),
            _observed(part, summary),
            "counts" if part.counts else "NOT COUNTED",
        )
        for part in summary.held
    ]


def statements(summary: OwnershipSummary) -> list[str]:
    """What must be said once beside these figures."""
    if not summary.judged:
        return [
            "No signature is published: nothing shows that the exchange controls these addresses. All rows count, for "
            "nothing that the list says of whose they are could be checked; policy chooses among verdicts only where "
            "a list signs any row."
        ]
    said = [f"Reserve ratios count rows that are {_listed([str(each) for each in summary.counts])}, by policy."]
    silent = sum(part.rows for part in summary.held if part.verdict is Verdict.UNSIGNED and not part.counts)
    if silent:
        said.append(
            f"Rows that publish no signature do not count ({silent} here): whoever signs for some addresses could have "
            "signed for these. (A list that signs none is counted whole, with a warning.)"
        )
    if summary.said:
        told = ", ".join(f"{count} {each}" for each, count in summary.said.items())
        said.append(f"Asked on chain who controls the address, at the pinned block: {told}.")
    if summary.open_rows:
        said.append(
            f"Not asked on chain: {summary.open_rows} rows whose signatures leave open who controls the address, for "
            "want of a reader or of an answer."
        )
    return [*said, f"Messages signed: {'; '.join(summary.messages)}. {CONSTANT_MESSAGE}"]


def verdict(part: Held) -> str:
    return UNREAD if part.verdict is None else str(part.verdict)


def as_object(summary: OwnershipSummary) -> dict[str, object]:
    return {
        "judged": summary.judged,
        "counts": [str(each) for each in summary.counts],
        "assets": [
            {
                "asset": part.asset,
                "verdict": verdict(part),
                "rows": part.rows,
                "observed": {
                    "low": _amount(part.low, summary.scales.get(part.asset)),
                    "high": _amount(part.high, summary.scales.get(part.asset)),
                },
                "counts": part.counts,
            }
            for part in summary.held
        ],
        "on_chain": {str(said): count for said, count in summary.said.items()},
        "open_rows": summary.open_rows,
        "messages": list(summary.messages),
        "statements": statements(summary),
    }


def _observed(part: Held, summary: OwnershipSummary) -> str:
    scale = summary.scales.get(part.asset)
    low = amount(part.low, scale)
    return low if part.low == part.high and scale is not None else f"{INCOMPLETE} [{low}, {amount(part.high, scale)}]"


def _amount(value: int | None, scale: int | None) -> dict[str, object] | None:
    if value is None or scale is None:
        return None
    return {"base_units": str(value), "decimals": scale, "text": format_amount(value, decimals=scale)}


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
