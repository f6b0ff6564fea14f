"""Work in processes of its own: in order, with what it raises, and the same as without."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.intake.liability_files import FileDocument
from indexer.intake.users import BadUsers
from indexer.liabilities import families
from indexer.liabilities.registry import verdict_on
from indexer.work import commitment, commitment_leaves, processes
from indexer.work.processes import Crew, Ended, in_process
from scripts.benches.liabilities import commit_users, write_bitmex, write_okx, write_users


class Adder:
    """Slow to make, so to say: each process makes it once."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __reduce__(self) -> tuple[type[Adder], tuple[int]]:
        return Adder, (self._value,)

    def add(self, number: int) -> tuple[int, int, int]:
        if number == 13:
            raise BadUsers("thirteen")
        return number + self._value, os.getpid(), id(self)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes for the second chunk already, and small chunks."""
    monkeypatch.setattr(processes, "FEW", 2)
    monkeypatch.setattr(families, "PARENTS", 16)
    monkeypatch.setattr(commitment_leaves, "CHUNK_USERS", 7)
    monkeypatch.setattr(commitment, "BATCH_PAIRS", 5)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_answers_come_in_order_from_wherever_the_work_is_done(eager: None, count: int) -> None:
    with Crew(processes=2) as crew:
        answers = list(crew.spread(Adder(100).add, iter(range(count))))
    assert [number for number, _, _ in answers] == [100 + at for at in range(count)]
    assert any(pid != os.getpid() for _, pid, _ in answers) == (count > 1)
    makers = {(pid, maker) for _, pid, maker in answers}
    assert len(makers) == len({pid for pid, _ in makers}), "one work for each process"


def test_what_the_work_raises_is_raised_here(eager: None) -> None:
    with Crew(processes=2) as crew, pytest.raises(BadUsers, match="thirteen"):
        list(crew.spread(Adder(0).add, range(40)))


def test_a_process_that_gives_no_answer_is_named() -> None:
    with Crew(processes=2, few=1) as crew, pytest.raises(Ended, match="run the same command again"):
        list(crew.spread(os._exit, [1, 1]))


async def test_one_piece_of_work_off_the_event_loop() -> None:
    assert await in_process(os.getpid) != os.getpid()
    with pytest.raises(ValueError, match="invalid literal"):
        await in_process(int, "no number")
    with pytest.raises(Ended):
        await in_process(os._exit, 1)


async def test_a_cancelled_call_leaves_no_process_behind(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    call = asyncio.create_task(in_process(stand_still, begun))
    while not begun.exists():
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert multiprocessing.active_children() == []


def stand_still(begun: Path) -> None:
    begun.touch()
    signal.pause()


def kept(out: Path) -> Iterator[tuple[str, bytes]]:
    return ((str(path.relative_to(out)), path.read_bytes()) for path in sorted(out.rglob("*")) if path.is_file())


def test_a_commitment_is_the_same_however_it_is_made(
    eager: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, one, other = tmp_path / "users.csv", tmp_path / "one", tmp_path / "other"
    write_users(users, 101)
    commit_users(users, one)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    commit_users(users, other)
    assert list(kept(one)) == list(kept(other))
    with users.open("a") as file:
        file.write("user-00000099,1,1\n")
    with pytest.raises(BadUsers, match="the same user on lines 101 and 103"):
        commit_users(users, tmp_path / "third")
    with users.open("a") as file:
        file.write("user-x,1,-1\n")
    with pytest.raises(BadUsers, match=r"users\.csv:104: USDT: negative amount"):
        commit_users(users, tmp_path / "fourth")


@pytest.mark.parametrize("write", [write_bitmex, write_okx])
def test_trees_in_many_blocks_hold_and_every_bent_line_is_named(eager: None, tmp_path: Path, write: object) -> None:
    assert callable(write)
    tree = tmp_path / "tree.txt"
    write(tree, 128)
    with Crew(processes=2) as crew:
        assert verdict_on([FileDocument(tree)], None, spread=crew.spread).leaves == 128
    lines = tree.read_text().splitlines()
    first = len(lines) - 255
    for node in (2, 40, 100, 130, 200, 254):
        bent = list(lines)
        bent[first + node] = "0000" + bent[first + node][4:]
        tree.write_text("\n".join(bent))
        verdict = verdict_on([FileDocument(tree)], None)
        assert not verdict.valid
        itself_or_its_parent = {first + node + 1, first + (node - 1) // 2 + 1}
        assert {int(each.where.rpartition(":")[2]) for each in verdict.rejected} <= itself_or_its_parent
        tree.write_text("\n".join(lines[: first + node]))
        assert not verdict_on([FileDocument(tree)], None).valid


def test_what_a_process_imports_of_the_commands_script_is_not_the_whole_program() -> None:
    """Every process that is spawned imports the script of its parent: `assay` would cost each of them a second."""
    code = "import sys, indexer.cli; sys.exit('indexer.cli.main' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
