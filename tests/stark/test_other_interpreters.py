"""The same verdicts under ``python -O``, where every assert is gone, and where numba is not installed."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.liabilities.stark.prover.segment import SegmentProver
from tests.stark import kit
from tests.stark.forgers import FORGERS, ROW, forge
from tests.stark.verdicts import verdict_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every forgery, a true proof, deceived customers, and five hundred tampered proofs."""
    here = tmp_path_factory.mktemp("cases")
    for forger in FORGERS:
        _write(here, forger.__name__, *forge(forger), None)
    users = kit.population(kit.TINY, users=150, assets=2)
    stated = kit.statement(kit.TINY, users)
    prover = SegmentProver(stated, 0, users, kit.SEED)
    data, mine = prover.prove(), kit.inclusion(prover, ROW)
    _write(here, "true", stated, data, mine)
    for name, shown in {
        "slot": replace(mine, slot=ROW + 1),
        "balance": replace(mine, balances=(mine.balances[0] + 1, *mine.balances[1:])),
        "range": replace(mine, balances=(mine.balances[0] + kit.TINY.balance_end, *mine.balances[1:])),
        "user": replace(mine, user="other"),
        "short": replace(mine, siblings=mine.siblings[:-1]),
    }.items():
        _write(here, f"customer-{name}", stated, data, shown)
    chance = random.Random(3)
    for number in range(500):
        copy = bytearray(data)
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        _write(here, f"tampered-{number}", stated, bytes(copy), None)
    for wrong in (b"", data[:-1], data + b"\0"):
        _write(here, f"length-{len(wrong)}", stated, wrong, None)
    return here


def _write(here: Path, name: str, *case: object) -> None:
    (here / f"{name}.case").write_bytes(pickle.dumps(case))


def _told(cases: Path, *options: str, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    command = [sys.executable, *options, "-m", "tests.stark.verdicts", str(cases), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_same_verdicts_everywhere(cases: Path) -> None:
    here = {path.name: verdict_of(path.read_bytes()) for path in sorted(cases.glob("*.case"))}
    assert [name for name, verdict in here.items() if verdict.startswith("accepted")] == ["true.case"]
    for forger in FORGERS:
        assert forger.reason in here[f"{forger.__name__}.case"]
    optimised = _told(cases, "-O")
    assert optimised == {"verdicts": here, "optimised": True, "numba": False}
    bare = _told(cases, arguments=("--no-numba",))
    assert bare == {"verdicts": here, "optimised": False, "numba": False}


def test_a_verifier_never_loads_numba() -> None:
    """Not even where it is installed: a customer's computer needs neither it nor its seconds."""
    code = (
        "import sys\nimport indexer.work.stark.check, indexer.liabilities.registry, indexer.cli.main\n"
        "assert 'numba' not in sys.modules and 'llvmlite' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
