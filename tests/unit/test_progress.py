"""What the one who waits sees of a long reading."""

from __future__ import annotations

import pytest
from rich.progress import Progress

from chains.adapter import Step
from chains.types import ChainId
from indexer.cli.progress import Console

CHAIN = ChainId("bip122:12a765e31ffd4059bada1e25190f6e98")
HALF = Step("dump file", 4_611_686, 9_223_372, "bytes", "81,000,000 coins")
ALL = HALF._replace(done=HALF.of, found="162,000,000 coins")


def test_a_long_reading_in_plain_lines_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=False, bars=None)
    for step in (HALF, HALF, ALL, Step("blocks", 0, 0, "blocks")):
        console.reading(CHAIN, "node", step)
    assert capsys.readouterr().err.splitlines() == [
        f"{CHAIN} dump file of node: 50 % of 9,223,372 bytes, 81,000,000 coins",
        f"{CHAIN} dump file of node: 100 % of 9,223,372 bytes, 162,000,000 coins",
        f"{CHAIN} blocks of node: 0 % of 0 blocks",
    ]


def test_a_long_reading_as_a_bar_and_not_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Progress(disable=True)
    console = Console(quiet=False, bars=bars)
    for step in (HALF, ALL):
        console.reading(CHAIN, "node", step)
        (task,) = bars.tasks
        assert (task.completed, task.total) == (step.done, step.of)
        assert task.description == f"{CHAIN} dump file of node, {step.found}"
    Console(quiet=True, bars=None).reading(CHAIN, "node", HALF)
    assert capsys.readouterr().err == ""
