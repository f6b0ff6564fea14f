"""The signatures of a run's list: every row once, whatever interrupts; and never those of another file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.ownership.types import OwnershipClaim
from indexer.intake import BadList, source
from indexer.model.run import RunInfo
from indexer.settings import load
from indexer.store import ownership, runs
from indexer.store.database import Database
from indexer.work.observer import Silent
from indexer.work.publication import PublishedFiles, import_publication
from indexer.work.signatures import check_signatures
from tests.ownership.cases import all_cases
from tests.store.world import NOW
from tests.unit.intake_kit import OKX_11
from tests.work.test_verify_list import line

CLAIMS = {case.name: case.claim for case in all_cases()}
ETH, OWNERS = CLAIMS["ETH 0x eip191-keccak"], CLAIMS["contract of two"]
ROWS = 40
SETTINGS = load({})


class Watching(Silent):
    """Counts rows, and ends the check after so many chunks: by the run's own stop, or as a kill would."""

    def __init__(self, chunks_max: int = 999, *, killed: bool = False) -> None:
        self.rows, self.stop = 0, asyncio.Event()
        self._left, self._killed = chunks_max, killed

    def verified(self, rows: int) -> None:
        self.rows += rows
        self._left -= 1
        if not self._left and self._killed:
            raise ConnectionError("killed")
        if not self._left:
            self.stop.set()


def claim_of(number: int) -> OwnershipClaim:
    return (ETH, OWNERS, ETH._replace(message="m"), ETH._replace(signature1=""))[number % 4]


def published(tmp_path: Path, *extra: str) -> Path:
    path = tmp_path / "list.csv"
    rows = [line("ETH", "ETH", str(1 + number), claim_of(number)) for number in range(ROWS)]
    path.write_text("\n".join([OKX_11, *rows[:9], "too,short", *rows[9:], *extra]))
    return path


async def opened(db: Database, path: Path) -> tuple[RunInfo, str]:
    found = await import_publication(db, SETTINGS, PublishedFiles("Example", path, None), Silent(), code_version="t")
    run = await runs.open_run(
        db, exchange="Example", list_id=found.list_id, statement_id=None, as_of=None, quorum=1, policy="{}",
        code_version="assay 0", now=NOW,
    )  # fmt: skip
    return run, found.summary.format


async def check(db: Database, path: Path, run: RunInfo, list_format: str, watching: Watching) -> None:
    await check_signatures(
        db, run, path, list_format=list_format, settings=SETTINGS, observer=watching, stop=watching.stop
    )


async def verdicts(db: Database, run: RunInfo) -> list[tuple[object, ...]]:
    async with db.acquire() as connection:
        rows = await connection.fetch(
            "SELECT line_no, verdict, signers FROM ledger.signature_verdicts WHERE run_id = $1 ORDER BY line_no",
            run.run_id,
        )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("killed", [False, True])
async def test_a_check_that_is_ended_after_any_chunk_goes_on_and_judges_no_row_twice(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setattr(source, "CHUNK_BYTES", 3_000)  # some ten rows
    path = published(tmp_path)
    run, list_format = await opened(database, path)
    seen = 0
    for _ in range(3):
        watching = Watching(1, killed=killed)
        if killed:
            with pytest.raises(ConnectionError):
                await check(database, path, run, list_format, watching)
        else:
            await check(database, path, run, list_format, watching)
        seen += watching.rows
        assert not (await ownership.check_state(database, run.run_id)).done
    last = Watching()
    await check(database, path, run, list_format, last)
    assert seen + last.rows == ROWS + 1, "the refused line is read, too, and nothing is read twice"
    found = await verdicts(database, run)
    assert [row[0] for row in found] == [number for number in range(2, ROWS + 3) if number != 11]
    assert [row[1] for row in found] == ["owned", "owner-signed", "bad signature", "unsigned"] * (ROWS // 4)
    again = Watching()
    await check(database, path, run, list_format, again)
    assert again.rows == 0
    assert await verdicts(database, run) == found


async def test_signatures_of_another_file_are_not_those_of_the_run(database: Database, tmp_path: Path) -> None:
    path = published(tmp_path)
    run, list_format = await opened(database, path)
    published(tmp_path, line("ETH", "ETH", "9", ETH))
    with pytest.raises(BadList, match="has changed since"):
        await check(database, path, run, list_format, Watching())
    assert await verdicts(database, run) == []


async def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = published(tmp_path)
    run, list_format = await opened(database, path)
    monkeypatch.setattr("indexer.work.signatures.sha256_of", lambda _: run.list_sha256)
    path.write_text(path.read_text() + "\n")
    with pytest.raises(BadList, match="changed while"):
        await check(database, path, run, list_format, Watching())
    assert await verdicts(database, run) == []
    assert not (await ownership.check_state(database, run.run_id)).done


async def test_a_format_without_signatures_is_checked_at_once(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"network": "Ethereum", "asset": "ETH", "address": "0x' + "11" * 20 + '", "amount": "1"}\n')
    run, list_format = await opened(database, path)
    await check(database, path, run, list_format, Watching())
    assert (await ownership.check_state(database, run.run_id)).done
    assert await verdicts(database, run) == []
