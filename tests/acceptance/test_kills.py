"""Promise 1: killed at any moment, the run resumes with nothing lost and nothing counted twice.

The process (or the server under it) dies by SIGKILL at a seeded event: after the n-th RPC response, lease, COPY or
commit. The same command is run again until it ends, and its readings and totals must be those of an undisturbed run.
"""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from indexer.store.embedded import embedded_server
from tests.acceptance.world import Answer, Ethereum, Office
from tests.sim.faulty_rpc import FaultyRpc

SEED = 20261124
ROWS = 2_400
CHILD = "tests.acceptance.crash_child"


def words(office: Office) -> tuple[str, ...]:
    return (
        "audit", str(office.list(ROWS, off={5: 1})), "--exchange", "Example",
        "--liabilities", str(office.liabilities(ROWS)), "--fresh", "--json",
    )  # fmt: skip


def conclusion(answer: Answer) -> Any:
    report = answer.json
    said = report["ownership"], report["findings"]
    return report["run"]["readings_digest"], report["assets"], report["networks"], report["exceptions"], said


async def resumed(office: Office, command: tuple[str, ...]) -> Answer:
    return await office.assay("0", "0", *(word for word in command if word != "--fresh"), module=CHILD)


async def test_sweep_killed_at_fifty_seeded_moments(office: Office) -> None:
    chance = random.Random(SEED)
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url, batch_max=50)
        command = words(office)
        undisturbed = await office.assay("0", "0", *command, module=CHILD)
        assert undisturbed.code == 1, undisturbed.err
        expected = conclusion(undisturbed)
        kills = ends = 0
        open_run = False
        while kills < 50:
            event = str(chance.randrange(1, 45))
            again = command if not open_run else tuple(word for word in command if word != "--fresh")
            answer = await office.assay(event, "0", *again, module=CHILD)
            if answer.code == -signal.SIGKILL:
                kills += 1
                open_run = open_run or await _has_open_run(office.dsn)
                continue
            assert answer.code == 1, (SEED, kills, event, answer.err)
            assert conclusion(answer) == expected, (SEED, kills, event)
            ends += 1
            open_run = False
        last = await resumed(office, command)
        assert (last.code, conclusion(last)) == (1, expected), (SEED, kills)
    print(f"{kills} kills, {ends + 1} runs ended alike (seed {SEED})")


@pytest.mark.timeout(600)
async def test_postgres_killed_at_ten_seeded_moments(tmp_path: Path, server_home: Path) -> None:
    data = server_home / "killed"
    chance = random.Random(SEED + 1)
    office = Office(tmp_path, dsn="")
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url, batch_max=50)
        command = words(office)
        async with embedded_server(data) as dsn:
            office.dsn = dsn
            undisturbed = await office.assay("0", "0", *command, module=CHILD)
            assert undisturbed.code == 1, undisturbed.err
            expected = conclusion(undisturbed)
        kills, ended, fresh = 0, None, True
        while kills < 10 or ended is None:
            async with embedded_server(data) as dsn:
                office.dsn = dsn
                server = await _postmaster(dsn)
                event = str(chance.randrange(1, 60)) if kills < 10 else "0"
                again = command if fresh else tuple(word for word in command if word != "--fresh")
                answer = await office.assay(event, str(server), *again, module=CHILD)
            ended = answer if answer.code == 1 else None
            if ended is None:
                kills += 1
                assert answer.code == 3, (SEED, kills, event, answer.err)
            else:
                assert conclusion(ended) == expected, (SEED, kills, event)
            async with embedded_server(data) as dsn:
                fresh = not await _has_open_run(dsn)


async def _has_open_run(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('ledger.runs')") is None:
            return False
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM ledger.runs WHERE state <> 'frozen')"))
    finally:
        await connection.close()


async def _postmaster(dsn: str) -> int:
    """The pid of the server itself: the parent of the process that serves us."""
    connection = await asyncpg.connect(dsn)
    try:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
    finally:
        status = Path(f"/proc/{backend}/status").read_text()
        await connection.close()
    (parent,) = (line.split()[1] for line in status.splitlines() if line.startswith("PPid:"))
    return int(parent)
