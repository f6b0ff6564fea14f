"""The files of a commitment beside a statement: verified once, in a process of their own, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from indexer.core.commitments import commitment_findings, states_totals
from indexer.core.names import Names
from indexer.intake import BadStatement
from indexer.intake.liability_files import files_digest, list_files, open_publication
from indexer.liabilities.registry import SCHEMES, verdict_on
from indexer.liabilities.scheme import BadDocument
from indexer.model.commitments import CommitmentCheck
from indexer.model.liabilities import Commitment, LiabilityStatement
from indexer.model.verdict import LiabilityVerdict
from indexer.store import commitments, results, statements
from indexer.store import findings as finding_store
from indexer.store.database import Database
from indexer.work.processes import Crew, in_process


class Joined(NamedTuple):
    """Where the store keeps a statement and the verdict about its commitment."""

    statement_id: int
    verdict_id: int


async def join_commitment(
    db: Database,
    names: Names,
    paths: Sequence[Path],
    *,
    exchange: str,
    statement: LiabilityStatement | None,
    name: str,
    code_version: str,
) -> Joined:
    """Keep the statement (the commitment itself where there is none, or one without totals) and the verdict.

    The same files beside the same statement are verified once. Raises BadStatement where the files cannot be read as a
    commitment, or must state the totals and do not.
    """
    try:
        digest = await asyncio.to_thread(files_digest, paths)
        itself = statement or LiabilityStatement(digest, None, Commitment("none", ""), (), ())
        statement_id = await statements.find_statement(db, exchange=exchange, sha256=itself.sha256)
        if statement_id is not None:
            known = await commitments.find_verdict(db, statement_id=statement_id, files_sha256=digest)
            if known is not None:
                return Joined(statement_id, known)
        found = await in_process(_verify, tuple(paths), itself.commitment, digest)
    except BadDocument as error:
        raise BadStatement(str(error)) from None
    if not itself.liabilities and not states_totals(found):
        raise BadStatement(f"{found.scheme}: these files prove no totals; state them with --liabilities")
    check = CommitmentCheck(
        files=len(list_files(paths)),
        files_sha256=digest,
        verdict=found,
        assets=tuple(owed.symbol if (owed := names.owed(total.asset)) else None for total in found.totals),
    )
    statement_id = await statements.import_statement(db, exchange=exchange, name=name, statement=itself)
    verdict_id = await commitments.keep_verdict(db, statement_id=statement_id, check=check, code_version=code_version)
    return Joined(statement_id, verdict_id)


async def add_commitment_findings(db: Database, run_id: int) -> None:
    """What the run's commitment contradicts or weakens, as findings of the run, which must not be frozen."""
    owed = await results.owed(db, run_id)
    if owed.check is not None and owed.commitment is not None:
        found = commitment_findings(owed.liabilities, owed.commitment, owed.check)
        await finding_store.add_findings(db, run_id=run_id, findings=found)


def _verify(paths: tuple[Path, ...], commitment: Commitment, digest: str) -> LiabilityVerdict:
    """The verdict about files that are still those of the digest. Raises BadDocument."""
    scheme = commitment.scheme if commitment.scheme in SCHEMES else None
    with Crew() as crew:
        verdict = verdict_on(open_publication(paths), commitment.root or None, scheme=scheme, spread=crew.spread)
    if files_digest(paths) != digest:
        raise BadDocument("the files of the commitment changed while they were read")
    return verdict
