"""A statement against its commitment: what backs each asset, and what an auditor must see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from indexer.core.amounts import format_amount, rescale
from indexer.model.commitments import Backing, CommitmentCheck
from indexer.model.findings import Finding, Severity
from indexer.model.liabilities import Commitment, Liability, Source
from indexer.model.verdict import Anchor, LiabilityVerdict, Proven

FAILED, TOTAL, UNANCHORED, UNPROVEN, UNNAMED = (
    "commitment-failed",
    "commitment-total",
    "commitment-unanchored",
    "commitment-unproven",
    "commitment-unknown-asset",
)
_SHOWN = 5  # rejections, or names, that a finding spells out


class Sum(NamedTuple):
    amount: int
    scale: int

    def at(self, scale: int) -> int:
        return rescale(self.amount, decimals=self.scale, scale=scale)

    def plus(self, other: Sum) -> Sum:
        scale = max(self.scale, other.scale)
        return Sum(self.at(scale) + other.at(scale), scale)

    def equals(self, other: Sum) -> bool:
        scale = max(self.scale, other.scale)
        return self.at(scale) == other.at(scale)


def states_totals(verdict: LiabilityVerdict) -> bool:
    """Whether the totals are those of all that is committed to, not what one customer's path says they are."""
    return bool(verdict.totals) and (not verdict.valid or Proven.COMPLETENESS in verdict.proven)


def proves_totals(verdict: LiabilityVerdict) -> bool:
    """Whether they follow from the files alone."""
    return Proven.SUMS in verdict.proven and Proven.COMPLETENESS in verdict.proven


def committed(check: CommitmentCheck) -> dict[str, Sum]:
    """The totals of the commitment by config's symbol; those without symbol or decimals are not among them."""
    sums: dict[str, Sum] = {}
    for symbol, total in zip(check.assets, check.verdict.totals, strict=True):
        if symbol is not None and total.scale is not None and total.amount >= 0:
            own = Sum(total.amount, total.scale)
            sums[symbol] = sums[symbol].plus(own) if symbol in sums else own
    return sums


def committed_liabilities(check: CommitmentCheck) -> list[Liability]:
    """What is owed where the commitment itself is the statement."""
    return [Liability(asset, each.scale, each.amount, 0) for asset, each in committed(check).items()]


def stated(liabilities: Iterable[Liability], covers: Sequence[Source]) -> dict[str, Sum]:
    """What is owed by asset, over the sources that are under the root."""
    sums: dict[str, Sum] = {}
    for owed in liabilities:
        if owed.source in covers:
            own = Sum(owed.amount, owed.scale)
            sums[owed.asset] = sums[owed.asset].plus(own) if owed.asset in sums else own
    return sums


def backings(
    liabilities: Sequence[Liability], commitment: Commitment | None, check: CommitmentCheck | None
) -> dict[str, Backing]:
    """What backs each asset that is owed; one owed to a source outside the commitment, too, is as weak as that part."""
    found: dict[str, Backing] = {}
    for owed in liabilities:
        own = Backing.STATED
        if commitment is not None and check is not None and owed.source in commitment.covers:
            own = _backing(owed.asset, stated(liabilities, commitment.covers)[owed.asset], check)
        found[owed.asset] = _worse(own, found.get(owed.asset, own))
    return found


def _backing(asset: str, owed: Sum, check: CommitmentCheck) -> Backing:
    verdict, under = check.verdict, committed(check)
    if not verdict.valid or verdict.anchored is Anchor.DIFFERENT:
        return Backing.FAILED
    if asset not in under:
        return Backing.UNPROVEN
    if not under[asset].equals(owed):
        return Backing.DIFFERENT
    if verdict.anchored is Anchor.UNANCHORED:
        return Backing.UNANCHORED
    return Backing.PROVEN if proves_totals(verdict) else Backing.UNPROVEN


def _worse(one: Backing, other: Backing) -> Backing:
    order = list(Backing)
    return max(one, other, key=order.index)


def commitment_findings(
    liabilities: Sequence[Liability], commitment: Commitment, check: CommitmentCheck
) -> list[Finding]:
    """Everything about the commitment that contradicts or weakens the ratios."""
    verdict = check.verdict
    findings = [*_failures(verdict), *_weaknesses(verdict)]
    under, owed = committed(check), stated(liabilities, commitment.covers)
    if verdict.totals:
        for asset in {**owed, **under}:
            if asset not in under:
                said = f"{asset}: {_text(owed[asset])} is owed, and the commitment has no total for it"
                findings.append(Finding(Severity.WARNING, UNPROVEN, said))
            elif asset in owed and not owed[asset].equals(under[asset]):
                said = f"{asset}: the statement says {_text(owed[asset])}, the commitment {_text(under[asset])}"
                findings.append(Finding(Severity.EXCEPTION, TOTAL, said))
            elif asset not in owed and under[asset].amount:
                said = f"{asset}: the commitment has {_text(under[asset])}, and the statement nothing"
                findings.append(Finding(Severity.EXCEPTION, TOTAL, said))
    unnamed = [
        total.asset
        for symbol, total in zip(check.assets, verdict.totals, strict=True)
        if total.amount and (symbol is None or total.scale is None)
    ]
    if unnamed:
        names = ", ".join(unnamed[:_SHOWN]) + (" and others" if len(unnamed) > _SHOWN else "")
        said = f"{len(unnamed)} committed totals are of assets or decimals unknown here, so they have no ratio: {names}"
        findings.append(Finding(Severity.WARNING, UNNAMED, said))
    return findings


def _failures(verdict: LiabilityVerdict) -> Iterable[Finding]:
    if not verdict.valid:
        said = "; ".join(f"{each.where}: {each.reason}" for each in verdict.rejected[:_SHOWN])
        detail = f"the {verdict.scheme} commitment does not hold, {verdict.rejected_count} rejected: {said}"
        yield Finding(Severity.EXCEPTION, FAILED, detail)
    if verdict.anchored is Anchor.DIFFERENT:
        detail = f"the files lead to root {verdict.root_found}, published was {verdict.root_published}"
        yield Finding(Severity.EXCEPTION, FAILED, detail)


def _weaknesses(verdict: LiabilityVerdict) -> Iterable[Finding]:
    if verdict.anchored is Anchor.UNANCHORED:
        detail = "no published root to compare the commitment with: it could have been made for this audit"
        yield Finding(Severity.WARNING, UNANCHORED, detail)
    if verdict.valid and not proves_totals(verdict):
        detail = f"{verdict.scheme} {verdict.version}: nothing here proves that the totals are the sums of what is owed"
        yield Finding(Severity.WARNING, UNPROVEN, detail)


def _text(owed: Sum) -> str:
    return format_amount(owed.amount, decimals=owed.scale)
