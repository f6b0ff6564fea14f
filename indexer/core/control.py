"""Control totals: does a list add up to what it says of itself? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from indexer.core.amounts import format_amount
from indexer.model.claims import DeclaredTotal, InstrumentSpec
from indexer.model.findings import Finding, Severity


def control_totals(
    declared: Iterable[DeclaredTotal],
    instruments: Sequence[InstrumentSpec],
    *,
    by_instrument: Mapping[int, int],
    by_asset: Mapping[str, int],
) -> list[Finding]:
    """One EXCEPTION per declared total that its lines contradict.

    ``by_instrument`` and ``by_asset`` are sums over the accepted lines, at the instrument's decimals and the asset's
    scale; what no line claims is missing there. A declared total is as exact as it is written: ``5.2834`` stands for
    anything that is less than 0.0001 away.
    """
    findings: list[Finding] = []
    for total in declared:
        if total.amount is None:
            continue
        if total.instrument_no is not None:
            decimals = instruments[total.instrument_no].decimals
            found = by_instrument.get(total.instrument_no)
        else:
            decimals = next((spec.scale for spec in instruments if spec.asset == total.asset), None)
            found = by_asset.get(total.asset or "")
        finding = _compare(total, total.amount, found, decimals)
        if finding is not None:
            findings.append(finding)
    return findings


def _compare(total: DeclaredTotal, amount: int, found: int | None, decimals: int | None) -> Finding | None:
    if found is None:
        if amount == 0:
            return None
        said = f"{total.published}: the file declares {total.amount_text.strip()}, but no accepted line claims any"
        return Finding(Severity.EXCEPTION, "control-total", said, total.line_no)
    if abs(found - amount) < _unit(total.amount_text, amount, decimals):
        return None
    shown = str(found) if decimals is None else format_amount(found, decimals=decimals)
    said = f"{total.published}: the file declares {total.amount_text.strip()}, its accepted lines claim {shown}"
    return Finding(Severity.EXCEPTION, "control-total", said, total.line_no)


def _unit(text: str, amount: int, decimals: int | None) -> int:
    """One in the last place as written, in base units; 1 (exact) where the text is in base units already."""
    whole, _, fraction = text.strip().partition(".")
    if decimals is None or not (whole + fraction).isdigit() or len(fraction) > decimals:
        return 1
    unit = int(10 ** (decimals - len(fraction)))
    return unit if int(whole + fraction) * unit == amount else 1
