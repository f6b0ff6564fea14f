"""What is owed, of which moment, by source, and what stands behind it: the words every output takes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from indexer.core.amounts import format_amount
from indexer.core.commitments import Sum, committed
from indexer.core.moment import Moments, moments
from indexer.model.commitments import Backing
from indexer.model.liabilities import Liability
from indexer.model.result import Report
from indexer.model.verdict import LiabilityVerdict
from indexer.report.figures import AssetLine
from indexer.report.verdict import ANCHORS

WEAK = (Backing.UNPROVEN, Backing.UNANCHORED)
WRONG = (Backing.DIFFERENT, Backing.FAILED)


class Mark(NamedTuple):
    """What a ratio must not be read without; ``wrong`` where something contradicts it."""

    text: str
    wrong: bool


def moments_of(report: Report) -> Moments:
    return moments(report.liabilities_as_of, report.pins)


def marks(report: Report, line: AssetLine) -> list[Mark]:
    """The remarks that stand beside a ratio in every output; none where there is no ratio or nothing to remark."""
    if line.ratio is None:
        return []
    backing, when = line.ratio.backing, moments_of(report)
    found = [Mark(str(backing), backing in WRONG)] if backing in WEAK + WRONG else []
    if when.apart and when.liabilities is not None:
        found.append(Mark(f"liabilities of another moment: {when.liabilities:%Y-%m-%d %H:%M %Z}", wrong=False))
    return found


def tone(report: Report, line: AssetLine, standing: str) -> str:
    """How a ratio that stands ``standing`` (good, bad, open or '') is shown: never good while something weakens it."""
    found = marks(report, line)
    if any(mark.wrong for mark in found):
        return "bad"
    return "open" if found and standing == "good" else standing


def when_text(report: Report) -> str:
    """Of which moments liabilities and balances are."""
    when = moments_of(report)
    owed = "the statement does not say of when" if when.liabilities is None else f"as of {_minute(when.liabilities)}"
    if when.first is None or when.last is None:
        return owed
    read = _minute(when.first) if when.first == when.last else f"{_minute(when.first)} to {_minute(when.last)}"
    return f"{owed}; {'ANOTHER MOMENT: ' if when.apart else ''}balances are of {read}"


def committed_total(report: Report, owed: Liability) -> Sum | None:
    """The commitment's total of the asset, over all the sources it covers; None where it has none for this source."""
    if report.check is None or report.commitment is None or owed.source not in report.commitment.covers:
        return None
    return committed(report.check).get(owed.asset)


def check_facts(report: Report) -> list[tuple[str, str]]:
    """The verdict about the commitment, a fact a line; empty where no files were given."""
    if report.check is None:
        return []
    verdict = report.check.verdict
    facts = [
        ("commitment", f"{'VALID' if verdict.valid else 'INVALID'}: {verdict.scheme}, version {verdict.version}"),
        ("root found", verdict.root_found or "none"),
        ("root published", verdict.root_published or "none"),
        ("anchor", ANCHORS[verdict.anchored]),
        ("files", f"{report.check.files}, digest {report.check.files_sha256}"),
    ]
    if verdict.leaves is not None:
        facts.append(("leaves", str(verdict.leaves)))
    return [*facts, ("proven", ", ".join(verdict.proven) or "nothing")]


def rejections(verdict: LiabilityVerdict) -> list[str]:
    said = [f"{each.where}: {each.reason}" for each in verdict.rejected]
    more = verdict.rejected_count - len(verdict.rejected)
    return [*said, f"and {more} more"] if more else said


class RestatedLine(NamedTuple):
    """One asset and source of this statement beside the same of another for the same month."""

    name: str
    as_of: datetime
    owed: Liability
    here: Liability | None


def restated_lines(report: Report) -> list[RestatedLine]:
    here = {(owed.asset, owed.source): owed for owed in report.liabilities}
    return [
        RestatedLine(other.name, other.as_of, owed, here.get((owed.asset, owed.source)))
        for other in report.restated
        for owed in other.liabilities
    ]


def restated_text(line: RestatedLine) -> str:
    """How much more or less this statement says than the other one."""
    if line.here is None:
        return "not stated here"
    here, other = (Sum(each.amount, each.scale) for each in (line.here, line.owed))
    scale = max(here.scale, other.scale)
    more = here.at(scale) - other.at(scale)
    if not more:
        return "the same"
    return f"{format_amount(abs(more), decimals=scale)} {'more' if more > 0 else 'less'} here"


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M %Z}"
