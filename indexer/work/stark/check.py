"""A whole proof verified in several processes: `assay_stark.verify`, faster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from indexer.intake.liability_files import open_documents
from indexer.liabilities import assay_stark
from indexer.liabilities.stark.documents import Manifest
from indexer.liabilities.stark.params import PRODUCT, Parameters
from indexer.model.verdict import LiabilityVerdict
from indexer.work.processes import Crew

T = TypeVar("T")
Seen = TypeVar("Seen")


def verify_directory(
    directory: Path,
    *,
    root: str | None,
    processes: int | None = None,
    params: Parameters = PRODUCT,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Manifest, LiabilityVerdict]:
    """``progress`` hears how many more users' segments were verified. Raises BadDocument."""
    documents = open_documents((directory,))
    manifest = assay_stark.manifest_of(params, documents)

    with Crew(processes=processes, few=2) as crew:

        def told(work: Callable[[T], Seen], segments: Iterable[T]) -> Iterator[Seen]:
            for number, outcome in enumerate(crew.spread(work, segments)):
                progress(manifest.statement.users_in(number))
                yield outcome

        return manifest, assay_stark.verify_under(params, documents, root, told)
