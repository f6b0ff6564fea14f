"""`assay prove-liabilities` and `verify-proof`: a zk-STARK proof of what an exchange owes; docs/stark.md."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from indexer.cli import show
from indexer.cli.errors import BadArgument, require_numba
from indexer.cli.liabilities import Json, Root, SecretFile, outcome_of
from indexer.cli.progress import Console, console_for
from indexer.core.amounts import format_amount
from indexer.intake.users import BadUsers
from indexer.liabilities.scheme import BadDocument
from indexer.liabilities.stark.documents import Manifest
from indexer.liabilities.stark.params import PRODUCT
from indexer.liabilities.stark.security import HASH_BITS, security
from indexer.model.verdict import LiabilityVerdict
from indexer.report.outcome import Outcome
from indexer.report.verdict import as_object, verdict_text
from indexer.work.commitment import read_secret
from indexer.work.stark.check import verify_directory

Processes = Annotated[int | None, Parameter(help="How many processes; default: one a core.")]
Done = TypeVar("Done")
Told = Callable[[str], Callable[[int], None]]
"""For a step by its name, what hears how many more users are done."""


def register(app: App) -> None:
    app.command(prove_liabilities, name="prove-liabilities")
    app.command(verify_proof, name="verify-proof")


async def prove_liabilities(
    users: Path,
    *,
    secret: SecretFile,
    out: Annotated[Path, Parameter(help="A new directory, or the one this command was stopped in.")],
    snapshot: Annotated[str, Parameter(help="What moment this is, e.g. 2026-11-30T00:00:00Z; part of the root.")],
    inclusion: Annotated[bool, Parameter(negative=(), help="Also write every customer's file, one a line.")] = False,
    processes: Processes = None,
    json: Json = False,
) -> int:
    """Prove, in zero knowledge, that every customer's balances are at least 0 and add up to the totals.

    Publish OUT/public. Keep OUT/private and the secret; ``assay prove`` makes one customer's file from them. Run again
    after an interruption it goes on. Needs numba: the extra ``assay[stark]``.

    Parameters
    ----------
    users
        CSV: ``user,BTC:8,USDT:6``, then one line a user, amounts in decimal, each below 2^60 base units.
    """
    require_numba()
    from indexer.work.stark import inclusion as files  # noqa: PLC0415 - numba is optional, and slow to import
    from indexer.work.stark.prove import prove  # noqa: PLC0415
    from indexer.work.stark.snapshot import PRIVATE, PUBLIC  # noqa: PLC0415

    try:
        key = read_secret(secret)
    except BadUsers as error:
        raise BadArgument(str(error)) from None
    with console_for(as_json=json) as console:

        def work(told: Told) -> dict[str, Any]:
            manifest = prove(
                users,
                secret=key,
                out=out,
                snapshot=snapshot,
                processes=processes,
                gathered=told("read"),
                proven=told("prove"),
            )
            if inclusion:
                files.write_inclusions(users, out, secret=key, processes=processes, progress=told("inclusion"))
            return manifest

        try:
            manifest = await _in_thread(work, console)
        except BadUsers as error:
            raise BadArgument(str(error)) from None
    if json:
        show.document(manifest)
    else:
        _show(manifest)
        print(f"\nPublish {out / PUBLIC} and the root. Keep {out / PRIVATE} and the secret: they tell every balance.")
    return Outcome.COMPLETE


def _show(manifest: dict[str, Any]) -> None:
    rows = [("root", manifest["root"]), ("snapshot", manifest["snapshot"]), ("users", str(manifest["users"]))]
    rows.append(("segments", str(len(manifest["segments"]))))
    totals = zip(manifest["assets"], manifest["totals"], strict=True)
    rows += [(asset["name"], format_amount(int(total), decimals=asset["decimals"])) for asset, total in totals]
    show.table(("proof", "value"), rows, as_json=False)


async def verify_proof(directory: Path, *, root: Root = None, processes: Processes = None, json: Json = False) -> int:
    """Verify a whole proof of liabilities: every segment, their order, the totals; says what is proven and what not.

    Exit codes: 0 valid and anchored, 1 invalid or another root, 3 valid but unanchored, 2 bad input.

    Parameters
    ----------
    directory
        What the exchange published: manifest.json and its segments.
    """
    with console_for(as_json=json) as console:

        def work(told: Told) -> tuple[Manifest, LiabilityVerdict]:
            return verify_directory(directory, root=root, processes=processes, progress=told("verify"))

        try:
            manifest, verdict = await _in_thread(work, console)
        except BadDocument as error:
            raise BadArgument(str(error)) from None
    bits = security(manifest.statement.layout, manifest.statement.segments)
    if json:
        figures = {"segment_bits": bits.segment, "proof_bits": bits.proof, "hash_bits": HASH_BITS}
        described = {"parameters": PRODUCT.name, "segments": manifest.statement.segments}
        show.document(as_object(verdict) | described | {"security": figures})
    else:
        print(verdict_text(verdict), end="")
        print(f"segments        {manifest.statement.segments} of up to {PRODUCT.active_rows} users, {PRODUCT.name}")
        print(f"security        {bits.segment} bits a segment, {bits.proof} bits for all; {HASH_BITS} of BLAKE3")
    return outcome_of(verdict)


async def _in_thread(work: Callable[[Told], Done], console: Console) -> Done:
    """Blocking work beside the event loop; interrupted, it ends at its next step, and its processes with it."""
    stop = Event()

    def told(name: str) -> Callable[[int], None]:
        def more(users: int) -> None:
            if stop.is_set():
                raise InterruptedError
            console.counted(name, users, unit="users")

        return more

    try:
        return await asyncio.to_thread(work, told)
    finally:
        stop.set()
