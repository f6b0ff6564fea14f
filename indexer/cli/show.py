"""What the commands print: tables for people, JSON documents for machines, files where asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from indexer.model.result import Report
from indexer.model.run import RunInfo
from indexer.report.csvout import exceptions_csv, totals_csv
from indexer.report.html import to_html
from indexer.report.jsonout import as_object, to_json
from indexer.report.liabilities_csv import liabilities_csv
from indexer.report.outcome import Outcome
from indexer.report.ownership_csv import ownership_csv
from indexer.report.table import plain_text, ratios_table, report_table
from indexer.store import commitments, runs, shards
from indexer.store.database import Database
from indexer.work.endpoints import Endpoint
from indexer.work.publication import Publication, PublishedFiles
from indexer.work.verify import ProofCheck

_RESTATED = ("statement", "as_of", "sha256", "scheme", "root")


def document(value: object) -> None:
    """One JSON document on standard output."""
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def rendered(renderable: RenderableType) -> None:
    """In colour on a terminal, as plain text elsewhere."""
    console = Console()
    if console.is_terminal:
        console.print(renderable)
    else:
        print(plain_text(renderable), end="")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, as_json: bool) -> None:
    """Rows of text; as JSON a list of objects."""
    if as_json:
        document([dict(zip(columns, row, strict=True)) for row in rows])
        return
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        grid.add_row(*(Text(cell, overflow="fold") for cell in row))
    rendered(grid)


def report(result: Report, *, as_json: bool, out: Path | None) -> None:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_bytes(to_json(result))
        (out / "report.html").write_text(to_html(result), encoding="utf-8")
        (out / "totals.csv").write_bytes(totals_csv(result))
        (out / "ownership.csv").write_bytes(ownership_csv(result))
        (out / "exceptions.csv").write_bytes(exceptions_csv(result))
        (out / "liabilities.csv").write_bytes(liabilities_csv(result))
    if as_json:
        document(as_object(result))
    else:
        rendered(report_table(result))


def ratios(result: Report, *, as_json: bool) -> None:
    if as_json:
        whole = as_object(result)
        document({key: whole[key] for key in ("outcome", "complete", "run", "statement", "assets")})
    else:
        rendered(ratios_table(result))


def imported(published: Publication, run: RunInfo, *, as_json: bool) -> None:
    summary = published.summary
    rows = [
        ("run", str(run.run_id)),
        ("list", f"{run.list_name} ({summary.format})" + (", already stored" if published.already else "")),
        ("sha256", summary.sha256),
        ("lines", str(summary.lines)),
        ("accepted", str(summary.accepted)),
        ("rejected", str(summary.rejected)),
        ("duplicates", str(published.duplicates)),
    ]
    table(("import", "value"), rows, as_json=as_json)


async def runs_table(db: Database, *, as_json: bool) -> None:
    rows = [
        (str(run.run_id), run.exchange, run.as_of.isoformat(), str(run.state), run.list_name, run.list_sha256[:12])
        for run in await runs.list_runs(db)
    ]
    table(("run", "exchange", "as of", "state", "list", "sha256"), rows, as_json=as_json)


def costs(endpoints: Sequence[Endpoint]) -> list[dict[str, str | int | None]]:
    """What this command asked of each provider; bytes are of bodies and of the queries of explorers. Beside it what
    it might cost, None where config sets no budget.
    """
    return [
        {
            "provider": each.spec.name,
            **asdict(each.counters),
            "requests_max": each.spec.requests_max,
            "bytes_max": each.spec.bytes_max,
            "units_max": each.spec.units_max,
        }
        for each in endpoints
        if each.counters.requests
    ]


def cost_lines(endpoints: Sequence[Endpoint]) -> list[str]:
    """The same for people, a line per provider."""
    return [
        f"{each.spec.name}: {count.calls} calls in {_of(count.requests, each.spec.requests_max)} requests, "
        f"{count.retries} retries, {count.bytes_up} bytes up, {count.bytes_down} bytes down"
        + (f" of {each.spec.bytes_max} bytes" if each.spec.bytes_max is not None else "")
        + (f", {_of(count.units, each.spec.units_max)} units" if each.spec.units else "")
        + (f"; stopped: {each.stopped}" if each.stopped is not None else "")
        for each in endpoints
        if (count := each.counters).requests
    ]


def _of(spent: int, budget: int | None) -> str:
    return str(spent) if budget is None else f"{spent} of {budget}"


async def progress(db: Database, run: RunInfo, *, as_json: bool, asked: Sequence[Endpoint] | None = None) -> int:
    """Pins and shards of one run; returns how many networks have no block. ``asked`` adds what providers cost."""
    pins = await runs.pins(db, run.run_id)
    rows = [
        (
            pin.chain,
            "" if pin.height_claimed is None else str(pin.height_claimed),
            "none" if pin.block is None else f"{pin.block.height} {pin.block.hash}",
            pin.problem,
        )
        for pin in pins
    ]
    work = [
        (row.chain, str(row.lane), f"{row.shards_done}/{row.shards}", f"{row.keys_done}/{row.keys}", row.last_problem)
        for row in await shards.progress(db, run.run_id)
    ]
    other = [
        (each.name, each.as_of.isoformat(), each.sha256, each.scheme, each.root)
        for each in await commitments.restated(db, run.statement_id)
    ]
    state = (await runs.get_run(db, run.run_id)).state
    if as_json:
        blocks = [dict(zip(("chain", "height_claimed", "block", "problem"), row, strict=True)) for row in rows]
        done = [dict(zip(("chain", "lane", "shards", "keys", "last_problem"), row, strict=True)) for row in work]
        restated = [dict(zip(_RESTATED, row, strict=True)) for row in other]
        whole = {"run": run.run_id, "state": str(state), "pins": blocks, "shards": done, "restated": restated}
        document(whole if asked is None else whole | {"providers": costs(asked)})
    else:
        print(f"run {run.run_id} of {run.exchange}: {state}")
        table(("chain", "claimed height", "block", "problem"), rows, as_json=False)
        table(("chain", "lane", "shards", "keys", "last problem"), work, as_json=False)
        if other:
            print("other statements of liabilities for the same month:")
            table(_RESTATED, other, as_json=False)
    return sum(pin.block is None for pin in pins)


def refreshed(done: Sequence[tuple[PublishedFiles, Outcome]], *, as_json: bool) -> None:
    rows = [(due.exchange, due.list_path.name, outcome.name.lower().replace("_", " ")) for due, outcome in done]
    if rows or as_json:
        table(("exchange", "list", "outcome"), rows, as_json=as_json)
    else:
        print("nothing is due")


def proof_checks(checks: Sequence[ProofCheck], *, as_json: bool) -> None:
    rows = [
        (str(check.proof_id), check.chain, check.block_hash, check.provider, str(check.rows), check.wrong or "holds")
        for check in checks
    ]
    if rows or as_json:
        table(("proof", "chain", "block", "provider", "rows", "verdict"), rows, as_json=as_json)
    else:
        print("this run keeps no proofs")


async def connection(dsn: str, *, held: bool) -> None:
    """Print a connection string; an embedded server runs only while it is held, so hold it until interrupted."""
    print(dsn, flush=True)
    if held:
        await asyncio.Event().wait()
