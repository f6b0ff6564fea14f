"""A whole proof verified in several processes: `assay_stark.verify`, faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from indexer.intake.liability_files import open_documents
from indexer.liabilities import assay_stark
from indexer.liabilities.scheme import Document
from indexer.liabilities.stark.documents import Manifest
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.model.verdict import LiabilityVerdict
from indexer.work.stark.pool import each


def verify_directory(
    directory: Path,
    *,
    root: str | None,
    processes: int | None = None,
    params: Parameters = PRODUCT,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Manifest, LiabilityVerdict]:
    """``progress`` hears how many more users' segments were verified. Raises BadDocument."""

    def outcomes(manifest: Manifest, placed: Mapping[int, Document]) -> assay_stark.Outcomes:
        found: dict[int, tuple[int, ...] | str] = {}
        work: Sequence[tuple[int, Document]] = sorted(placed.items(), key=lambda pair: pair[0])
        for (number, _), outcome in zip(work, each(_outcome, manifest, work, processes=processes), strict=True):
            found[number] = outcome
            progress(manifest.statement.users_in(number))
        return found

    documents = open_documents((directory,))
    manifest = assay_stark.manifest_of(params, documents)
    return manifest, assay_stark.verify_under(params, documents, root, outcomes=outcomes)


def _outcome(manifest: Manifest, work: tuple[int, Document]) -> tuple[int, ...] | str:
    return assay_stark.outcome(manifest, *work)
