"""Proving and verifying liabilities: users a core-second, beside the transforms and hashes alone; bytes, memory."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from blake3 import blake3

from indexer.liabilities.assay_sum import Asset
from indexer.liabilities.stark.encoding import encoded_bytes
from indexer.liabilities.stark.kernels.blake3 import siblings
from indexer.liabilities.stark.params import PRODUCT
from indexer.liabilities.stark.prover.chance import Chance
from indexer.liabilities.stark.prover.commit import commit_values, trace_matrix
from indexer.liabilities.stark.prover.segment import SegmentProver
from indexer.liabilities.stark.prover.trace import Users
from indexer.liabilities.stark.statement import Statement
from indexer.liabilities.stark.user import Inclusion, check_user, user_digest
from indexer.liabilities.stark.verifier import verify_segment
from indexer.work.stark.check import verify_directory
from indexer.work.stark.prove import prove
from scripts.benches.measure import Figure, figure, interleaved

BENCH = "stark"
ASSETS = 22
SEED = bytes(32)
LISTS = (100_000, 1_000_000)
USERS_LARGE = 10_000_000
SEGMENT_GOAL_USERS_S = 30_000.0  # 10^7 users on two cores in 240 s are 20,833 a core-second, reading the list included
VERIFY_GOAL_MS = 240.0  # 163 segments on two cores in 20 s
MEMORY_GOAL_MIB = 1024.0
_SHAPES = 50_000  # different balances in a list


def run(rounds: int) -> list[Figure]:
    """One full segment, in turn with its floors; then lists of LISTS users, once each."""
    prover = full_segment()
    data = prover.prove()  # compiled, and all that is fixed is made
    inclusion = _inclusion(prover)
    users, stated = PRODUCT.active_rows, prover.statement
    speeds = interleaved(
        {
            "floor": lambda: users / _cpu_s(lambda: _transforms_and_hashes(prover)),
            "prove": lambda: users / _cpu_s(lambda: SegmentProver(stated, 0, prover.users, SEED).prove()),
            "hash": lambda: 1e3 * _cpu_s(lambda: blake3(data).digest()),
            "verify": lambda: 1e3 * _cpu_s(lambda: verify_segment(stated, 0, data)),
            "user": lambda: 1e3 * _cpu_s(lambda: check_user(stated, data, inclusion)),
        },
        rounds=rounds,
    )
    peak, bare = _peak_mib("full_segment().prove()"), _peak_mib("0")
    return [
        _figure("a segment proven", "users/core-s", speeds["prove"], speeds["floor"], SEGMENT_GOAL_USERS_S),
        _figure("a segment verified", "CPU ms", speeds["verify"], speeds["hash"], VERIFY_GOAL_MS, lower=True),
        _figure("a customer's check", "CPU ms", speeds["user"], speeds["hash"], 5.0, lower=True),
        _figure("peak memory, proving", "MiB", peak, bare, MEMORY_GOAL_MIB, lower=True),
        _figure("published", "bytes/user", encoded_bytes(stated.layout) / users, 20.0),
        *(each for count in LISTS for each in _list(count)),
    ]


def run_large(_rounds: int) -> list[Figure]:
    """A list of USERS_LARGE users, once, on all cores: the goals are for two cores without other work."""
    return _list(USERS_LARGE, proving_goal_s=240.0, verifying_goal_s=20.0)


def full_segment() -> SegmentProver:
    """As many users as a segment holds; seven of ten balances are zero."""
    users = PRODUCT.active_rows
    chance = np.random.default_rng(1)
    balances = chance.integers(0, 1 << 40, (users, ASSETS), dtype=np.uint64)
    balances[chance.random(balances.shape) < 0.7] = 0
    ids = np.tile(np.frombuffer(user_digest("user"), np.uint8), (users, 1))
    totals = tuple(int(each) for each in balances.sum(axis=0))
    stated = Statement(PRODUCT, "bench", tuple(Asset(f"A{k}", 8) for k in range(ASSETS)), users, totals)
    return SegmentProver(stated, 0, Users(ids, balances), SEED)


def write_list(path: Path, users: int) -> None:
    chance = np.random.default_rng(2)
    balances = chance.integers(0, 1 << 40, (min(users, _SHAPES), ASSETS))
    balances[chance.random(balances.shape) < 0.7] = 0
    shapes = [",".join(_spelled(each) for each in row) for row in balances.tolist()]
    with path.open("w", encoding="utf-8") as file:
        file.write("user," + ",".join(f"A{k}:8" for k in range(ASSETS)) + "\n")
        file.writelines(f"user-{at:09}@example.org,{shapes[at % len(shapes)]}\n" for at in range(users))


def _spelled(balance: int) -> str:
    return f"{balance // 10**8}.{balance % 10**8:08}" if balance else "0"


def prove_list(users: int, here: Path, *, processes: int | None) -> tuple[float, float, float, float]:
    """Wall and CPU seconds to prove, then to verify, a list on disk."""
    path, out = here / "users.csv", here / "out"
    write_list(path, users)
    proving = _seconds(lambda: prove(path, secret=bytes(32), out=out, snapshot="bench", processes=processes))

    def verify() -> None:
        _, verdict = verify_directory(out / "public", root=None, processes=processes)
        assert verdict.valid, verdict.rejected

    return *proving, *_seconds(verify)


def _list(users: int, *, proving_goal_s: float | None = None, verifying_goal_s: float | None = None) -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        proving, proving_cpu, verifying, verifying_cpu = prove_list(users, here, processes=None)
        reading = _seconds(lambda: _hash_file(here / "users.csv"))
    name = f"10^{len(str(users)) - 1} users"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        _figure(f"{name} proven, list and all", "s", proving, reading[0], proving_goal_s, lower=True),
        _figure(f"{name} proven, list and all", "users/core-s", users / proving_cpu, users / reading[1]),
        _figure(f"{name} verified", "s", verifying, reading[0], verifying_goal_s, lower=True),
        _figure(f"{name} verified", "CPU s", verifying_cpu, reading[1]),
        _figure(f"{name}, largest process", "MiB", peak, _peak_mib("0"), MEMORY_GOAL_MIB, lower=True),
    ]


def _hash_file(path: Path) -> None:
    """Reading the list at all."""
    state = blake3()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            state.update(block)


def _transforms_and_hashes(prover: SegmentProver) -> None:
    """What no such proof can do without: every column on the larger domain, and a hash of every row."""
    for name, width in zip(("base", "lookup", "quotient"), prover.layout.widths, strict=True):
        commit_values(PRODUCT, trace_matrix(PRODUCT, width), width, Chance(SEED), name)


def _inclusion(prover: SegmentProver) -> Inclusion:
    return Inclusion(
        user="user",
        segment=0,
        slot=0,
        salt=prover.salts[0].tobytes(),
        blind=tuple(int(each) for each in prover.blinds[0]),  # type: ignore[arg-type]
        balances=tuple(int(each) for each in prover.users.balances[0]),
        siblings=tuple(siblings(prover.user_levels, 0)),
    )


def _figure(
    name: str, unit: str, value: float, floor: float, goal: float | None = None, *, lower: bool = False
) -> Figure:
    return figure(BENCH, name, unit=unit, value=value, floor=floor, goal=goal, better="lower" if lower else "higher")


def _cpu_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU, the processes it started included."""
    wall, cpu = time.perf_counter(), _all_cpu_s()
    work()
    return time.perf_counter() - wall, _all_cpu_s() - cpu


def _all_cpu_s() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def _peak_mib(work: str) -> float:
    code = (
        f"import pathlib\nfrom scripts.benches.stark import full_segment\n{work}\n"
        "print(pathlib.Path('/proc/self/status').read_text())"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)
    return int(kib) / 1024
