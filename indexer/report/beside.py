"""Words for what stands beside the totals: locked coins by class, and what transfers explain of later readings."""

from __future__ import annotations

from indexer.model.result import ExceptionRow, LockedTotal, Reconciled
from indexer.report.figures import amount, difference

LOCKED_RULE = (
    "Coins an address holds but cannot move at once are read beside its liquid amount. They count as observed where a "
    "row claims more than is liquid, and nowhere else; a row is verified when it claims exactly the liquid amount, or "
    "exactly liquid and locked coins together."
)
RECONCILED_RULE = (
    "These networks can only be read now. Rows claimed at an earlier height stay unpinned; the transfers since, taken "
    "from the later reading, say what was held at that height. The residue is what a claim has more or less than that. "
    "Where an earlier run read the same holding before that height, it is explained from both sides: that reading, the "
    "transfers between the two and the later reading must add up, or the list of transfers leaves something out."
)


def why_text(row: ExceptionRow) -> str:
    """Everything said about an exception: the difference, what transfers explain, the reason."""
    gap = "reads as claimed" if row.observed is not None and row.observed == row.claimed else difference(row)
    return "; ".join(filter(None, (gap, residue_text(row), row.reason)))


def residue_text(row: ExceptionRow) -> str:
    """What is left of a claim when transfers since its height are taken into account, and from which sides that is
    known; '' where none were followed.
    """
    if row.explained is None:
        return ""
    if row.before is None or row.gap is None:
        return f"{_residue(row)}, from the reading after only"
    earlier = f"the reading before (run {row.before.run_id}, at {row.before.height})"
    if row.gap == 0:
        return f"{_residue(row)}, from both sides: it agrees with {earlier}"
    said = f"{earlier}, the transfers since and the reading after do not add up: {_units(row.gap)}"
    said += " received in no transfer" if row.gap > 0 else " spent in no transfer"
    if row.residue is None or row.before.residue is None:
        return said
    return f"{said}; residue {row.residue} by the reading after, {row.before.residue} by the one before"


def _residue(row: ExceptionRow) -> str:
    if row.residue is None:
        return f"transfers since say {row.explained} base units"
    if row.residue == 0:
        return "explained by the transfers since"
    word = "more" if row.residue > 0 else "less"
    return f"residue: claims {_units(row.residue)} {word} than the transfers since explain"


def _units(amount: int) -> str:
    return f"{abs(amount)} {'base unit' if abs(amount) == 1 else 'base units'}"


def counted_text(part: LockedTotal) -> str:
    """How much of it is in the observed total."""
    if part.counted == 0:
        return "none of it counted"
    return "all of it counted" if part.counted == part.amount else f"{amount(part.counted, part.scale)} of it counted"


def reconciled_text(part: Reconciled) -> str:
    """``98 of 100 rows explained to the last unit, which claim 1.5; 1 with a residue (0.1 short, 0 over); 60 of these
    from both sides; 1 not followed``.
    """
    claim = f", which claim {amount(part.matching, part.scale)}" if part.matching_rows else ""
    parts = [f"{part.matching_rows} of {part.rows} rows explained to the last unit{claim}"]
    if part.differing_rows:
        gap = f"{amount(part.short, part.scale)} short, {amount(part.over, part.scale)} over"
        parts.append(f"{part.differing_rows} with a residue ({gap})")
    if part.matching_rows + part.differing_rows:
        parts.append(f"{part.both_rows or 'none'} of these from both sides")
    if part.torn_rows:
        parts.append(f"{part.torn_rows} whose readings before and after do not add up")
    if part.open_rows:
        parts.append(f"{part.open_rows} not followed")
    return "; ".join(parts)
