"""One `assay` command that dies by SIGKILL at its n-th event: an RPC response, a COPY, or a commit.

It ends by saying how many there were.

Usage: python -m tests.acceptance.crash_child EVENT_NO VICTIM_PID COMMAND...
EVENT_NO 0 never kills; "part" kills when a part of a dump file was kept, whatever came before.
VICTIM_PID 0 is this process; another pid is a server that is killed instead.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from asyncpg.pool import PoolConnectionProxy

from chains.rpc.http import HttpDoor
from chains.utxo.dump import read
from chains.utxo.dump.finished import Finished
from chains.utxo.dump.part import Part
from indexer.cli.main import run
from indexer.store import ownership, proofs, shards

events_left = 0
victim = 0


def _event() -> None:
    global events_left  # noqa: PLW0603 - the whole point of this process
    events_left -= 1
    if events_left == 0:
        os.kill(victim or os.getpid(), signal.SIGKILL)


def _counted(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def wrapper(*arguments: Any, **options: Any) -> Any:
        result = await function(*arguments, **options)
        _event()
        return result

    return wrapper


class _Dying(Finished):
    def save(self, part: Part) -> None:
        super().save(part)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "part":
        setattr(read, "Finished", _Dying)  # noqa: B010
        sys.argv[1] = "0"
    events_left, victim = int(sys.argv[1]), int(sys.argv[2])
    HttpDoor.post = _counted(HttpDoor.post)  # type: ignore[method-assign, assignment]
    setattr(PoolConnectionProxy, "copy_to_table", _counted(PoolConnectionProxy.copy_to_table))  # noqa: B010
    for name in ("lease_shard", "load_keys", "commit_shard", "release_shard"):
        setattr(shards, name, _counted(getattr(shards, name)))
    for name in ("save_rule", "save_samples", "save_chunk"):
        setattr(proofs, name, _counted(getattr(proofs, name)))
    for name in ("save_verdicts", "finish_check", "save_outcomes"):
        setattr(ownership, name, _counted(getattr(ownership, name)))
    code = run(sys.argv[3:])
    sys.stderr.write(f"events: {int(sys.argv[1]) - events_left}\n")
    sys.exit(code)
