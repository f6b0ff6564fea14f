"""A verdict as text for an auditor, as plain words for a customer, and as an object for JSON."""

from __future__ import annotations

from typing import Any

from indexer.core.amounts import format_amount
from indexer.model.verdict import Anchor, CommittedTotal, LiabilityVerdict, Proven

ANCHORS = {
    Anchor.EQUAL: "the same as the published root",
    Anchor.DIFFERENT: "NOT the published root",
    Anchor.UNANCHORED: "unanchored: no published root to compare with",
}


def as_object(verdict: LiabilityVerdict) -> dict[str, Any]:
    """Amounts are text: whole base units beside their scale."""
    return {
        "scheme": verdict.scheme,
        "version": verdict.version,
        "valid": verdict.valid,
        "anchored": str(verdict.anchored),
        "root_found": verdict.root_found,
        "root_published": verdict.root_published,
        "leaves": verdict.leaves,
        "totals": [_total(total) for total in verdict.totals],
        "found": [_total(total) for total in verdict.found],
        "proven": [str(word) for word in verdict.proven],
        "not_proven": list(verdict.not_proven),
        "rejected_count": verdict.rejected_count,
        "rejected": [{"where": each.where, "reason": each.reason} for each in verdict.rejected],
    }


def verdict_text(verdict: LiabilityVerdict) -> str:
    """Everything, a fact a line."""
    lines = [
        f"{'VALID' if verdict.valid else 'INVALID'}: {verdict.scheme}, version {verdict.version}",
        f"root found      {verdict.root_found or 'none'}",
        f"root published  {_safe(verdict.root_published or 'none')}",
        f"anchor          {ANCHORS[verdict.anchored]}",
    ]
    if verdict.leaves is not None:
        lines.append(f"leaves          {verdict.leaves}")
    lines += [f"total           {_amount(total)}" for total in verdict.totals]
    lines += [f"users given     {_amount(total)}" for total in verdict.found]
    lines.append(f"proven          {', '.join(verdict.proven) or 'nothing'}")
    lines += [f"not proven      {sentence}" for sentence in verdict.not_proven]
    return "\n".join([*lines, *_rejections(verdict)]) + "\n"


def inclusion_text(verdict: LiabilityVerdict) -> str:
    """What it means to the customer, first sentence first."""
    return "\n".join([_headline(verdict), *_held(verdict), *_rejections(verdict), *_beside(verdict)]) + "\n"


def _headline(verdict: LiabilityVerdict) -> str:
    if not verdict.valid:
        return "NO. What you were given does not hold together."
    if Proven.INCLUSION not in verdict.proven:
        return "NOT SHOWN. The files hold together, but they do not place you under a root."
    if verdict.anchored is Anchor.DIFFERENT:
        return "NO. Your proof leads to another root than the one published for everyone."
    if verdict.anchored is Anchor.UNANCHORED:
        return (
            f"PARTLY. Your proof holds together and ends in the root {verdict.root_found}.\n"
            "Compare it with the root the exchange published for everyone (--root): without that it proves nothing."
        )
    return f"YES. Your balances are under the published root {verdict.root_found}."


def _held(verdict: LiabilityVerdict) -> list[str]:
    held = [total for total in verdict.found if total.amount]
    if not verdict.found or not verdict.valid:
        return []
    if not held:
        return ["It says that you are owed nothing."]
    return ["It says that you are owed (is that right?):", *(f"  {_amount(total)}" for total in held)]


def _beside(verdict: LiabilityVerdict) -> list[str]:
    return ["What this does not show:", *(f"  - {sentence}" for sentence in verdict.not_proven)]


def _rejections(verdict: LiabilityVerdict) -> list[str]:
    lines = [f"rejected        {_safe(each.where)}: {_safe(each.reason)}" for each in verdict.rejected]
    more = verdict.rejected_count - len(verdict.rejected)
    return [*lines, f"rejected        and {more} more"] if more else lines


def _total(total: CommittedTotal) -> dict[str, Any]:
    return {"asset": total.asset, "amount": str(total.amount), "scale": total.scale}


def _amount(total: CommittedTotal) -> str:
    if total.scale is None:
        return f"{_safe(total.asset)} {total.amount} base units of unknown decimals"
    return f"{_safe(total.asset)} {format_amount(total.amount, decimals=total.scale)}"


def _safe(text: str) -> str:
    """Published text on a terminal: no control characters, no endless lines."""
    return "".join(char if char.isprintable() else "?" for char in text[:300])
