"""`assay verify-liabilities`, `verify-inclusion`, `commit` and `prove`: commitments of what an exchange owes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
from cyclopts import App, Parameter

from indexer.cli import show
from indexer.cli.errors import BadArgument, require_numba
from indexer.intake.liability_files import open_documents
from indexer.intake.users import BadUsers
from indexer.liabilities.registry import verdict_on
from indexer.liabilities.scheme import BadDocument
from indexer.model.verdict import Anchor, LiabilityVerdict
from indexer.report.outcome import Outcome
from indexer.report.verdict import as_object, inclusion_text, verdict_text
from indexer.work.commitment import commit as build
from indexer.work.commitment import read_secret
from indexer.work.commitment_proofs import Prover
from indexer.work.processes import Crew

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON document for machines.")]
Root = Annotated[str | None, Parameter(help="The root as published for everyone; without it nothing is anchored.")]
SchemeName = Annotated[str | None, Parameter(name="--scheme", help="Where the files could be of more than one scheme.")]
SecretFile = Annotated[Path, Parameter(help="A file of at least 32 random bytes; keep it, and keep it secret.")]


def register(app: App) -> None:
    app.command(verify_liabilities, name="verify-liabilities")
    app.command(verify_inclusion, name="verify-inclusion")
    app.command(commit)
    app.command(prove)


def verify_liabilities(*files: Path, scheme: SchemeName = None, root: Root = None, json: Json = False) -> int:
    """Recompute a published commitment of liabilities. Exit codes: 0 valid and anchored, 1 invalid or another root,
    3 valid but unanchored, 2 bad input.

    Parameters
    ----------
    files
        The files of one publication (plain or gzip); a directory stands for all files in it.
    """
    verdict = _verdict(files, scheme, root)
    if json:
        show.document(as_object(verdict))
    else:
        print(verdict_text(verdict), end="")
    return outcome_of(verdict)


def verify_inclusion(
    *files: Path,
    proof: Annotated[Path | None, Parameter(help="The published directory, where the scheme has one.")] = None,
    scheme: SchemeName = None,
    root: Root = None,
    json: Json = False,
) -> int:
    """Are your balances in what the exchange published? Says so in plain words; exit codes as verify-liabilities.

    Parameters
    ----------
    files
        The file the exchange gave you, with the published tree where the scheme has one.
    """
    if proof is not None:
        files = (*files, proof)
    verdict = _verdict(files, scheme, root)
    if json:
        show.document(as_object(verdict))
    else:
        print(inclusion_text(verdict), end="")
    return outcome_of(verdict)


def commit(
    users: Path,
    *,
    secret: SecretFile,
    out: Annotated[Path, Parameter(help="An empty or new directory.")],
    snapshot: Annotated[str, Parameter(help="What moment this is, e.g. 2026-11-30T00:00:00Z; part of the root.")],
    parts: Annotated[int, Parameter(help="Into how many leaves each user's balances are cut.")] = 2,
    publish_leaves: Annotated[bool, Parameter(negative=(), help="Also write leaves.csv for everyone to sum.")] = False,
    proofs: Annotated[bool, Parameter(negative=(), help="Also write every user's proof, one a line.")] = False,
    json: Json = False,
) -> int:
    """Commit to what is owed (assay-merkle-sum-v1, docs/commitment.md): root, totals, and a tree to prove from.

    Parameters
    ----------
    users
        CSV: ``user,BTC:8,ETH:18``, then one line a user, amounts in decimal.
    """
    try:
        key = read_secret(secret)
        made = build(users, secret=key, out=out, snapshot=snapshot, parts=parts, publish_leaves=publish_leaves)
        if proofs:
            with Prover(out, key) as prover, (out / "proofs.jsonl").open("wb") as lines:
                for proof in prover.prove_all(users):
                    lines.write(orjson.dumps(proof) + b"\n")
    except BadUsers as error:
        raise BadArgument(str(error)) from None
    if json:
        show.document(made)
    else:
        rows = [("root", made["root"]), ("snapshot", snapshot), ("leaves", str(made["leaves"]))]
        totals = zip(made["assets"], made["totals"], strict=True)
        rows += [(f"{asset['name']} (at {asset['decimals']} decimals)", total) for asset, total in totals]
        show.table(("commitment", "value"), rows, as_json=False)
    return Outcome.COMPLETE


def prove(directory: Path, *, secret: SecretFile, user: Annotated[str, Parameter(help="As in the list.")]) -> int:
    """Print one user's proof out of a commitment's directory, as JSON to hand to that user.

    Parameters
    ----------
    directory
        What ``assay commit --out`` or ``assay prove-liabilities --out`` wrote.
    """
    try:
        if (directory / "private").is_dir():  # of a proof, not of a commitment
            require_numba()
            from indexer.work.stark.inclusion import inclusion_of  # noqa: PLC0415 - numba is optional

            show.document(inclusion_of(directory, secret=read_secret(secret), user=user))
            return Outcome.COMPLETE
        with Prover(directory, read_secret(secret)) as prover:
            show.document(prover.prove(user))
    except BadUsers as error:
        raise BadArgument(str(error)) from None
    return Outcome.COMPLETE


def _verdict(files: tuple[Path, ...], scheme: str | None, root: str | None) -> LiabilityVerdict:
    if not files:
        raise BadArgument("give at least one file")
    try:
        with Crew() as crew:
            return verdict_on(open_documents(files), root, scheme=scheme, spread=crew.spread)
    except BadDocument as error:
        raise BadArgument(str(error)) from None


def outcome_of(verdict: LiabilityVerdict) -> Outcome:
    """0, 1 or 3, as `verify_liabilities` says."""
    if not verdict.valid or verdict.anchored is Anchor.DIFFERENT:
        return Outcome.DISCREPANCIES
    return Outcome.COMPLETE if verdict.anchored is Anchor.EQUAL else Outcome.INCOMPLETE
