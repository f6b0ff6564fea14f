"""`assay db`, `assay config`, `assay chains`: what this installation is and can do."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from chains import registry
from chains.redact import redact
from chains.spec import ChainSpec
from indexer.cli import show
from indexer.cli.audits import Json
from indexer.cli.session import database, settings_for
from indexer.clock import SystemClock
from indexer.report.outcome import Outcome
from indexer.settings import Settings
from indexer.store.migrate import migrate, schema_status
from indexer.work.probe import probe_all

_PROBED = (
    *("chain", "provider", "kind", "operator", "final block", "age s"),
    *("balances there", "balances of old blocks", "client", "way", "problem"),
)


def register(app: App) -> None:
    app.command(chains)
    config = App(name="config", help="Look at the configuration.")
    config.command(check)
    app.command(config)
    db = App(name="db", help="Look after the database.")
    for command in (status, dsn):
        db.command(command)
    db.command(migrate_, name="migrate")
    app.command(db)


Names = Annotated[
    bool, Parameter(negative=(), help="Every coin name that lists use: its network and coin, or why it is refused.")
]
Probe = Annotated[bool, Parameter(negative=(), help="Ask every configured provider what it can do, now.")]


async def chains(*, probe: Probe = False, names: Names = False, json: Json = False) -> int:
    """Every network: its family, providers, and how it can be asked about the past; or why it is unsupported."""
    settings = settings_for(as_json=json)
    if probe:
        return await _probe(settings, as_json=json)
    if names:
        rows = [_name_row(settings, name) for name in sorted(settings.names.names)]
        show.table(("name", "asset", "chain", "network", "read as"), rows, as_json=json)
        return Outcome.COMPLETE
    show.table(
        ("chain", "name", "family", "past", "providers"),
        [_chain_row(settings, spec) for spec in settings.chains.values()],
        as_json=json,
    )
    return Outcome.COMPLETE


async def _probe(settings: Settings, *, as_json: bool) -> int:
    found = await probe_all(settings, SystemClock())
    rows = [
        (
            each.chain,
            each.provider,
            each.kind,
            each.operator,
            "" if each.block is None else str(each.block.height),
            "" if each.age_s is None else str(each.age_s),
            each.final,
            each.old,
            each.client,
            each.way,
            redact(each.problem),
        )
        for each in found
    ]
    show.table(_PROBED, rows, as_json=as_json)
    return Outcome.COMPLETE if all(each.usable for each in found) else Outcome.INCOMPLETE


def _name_row(settings: Settings, name: str) -> tuple[str, ...]:
    spec = settings.names.resolve(name)
    network = "" if spec.chain is None else settings.chains[spec.chain].name
    read_as = f"refused: {spec.unsupported}" if spec.unsupported is not None else str(spec.instrument)
    return (name, spec.asset, spec.chain or "", network, read_as)


def _chain_row(settings: Settings, spec: ChainSpec) -> tuple[str, ...]:
    providers = [provider.name for provider in settings.providers if provider.chain == spec.id]
    if spec.unsupported is not None:
        return (spec.id, spec.name, spec.family, f"unsupported: {spec.unsupported}", "")
    adapter = registry.adapter(spec)
    return (spec.id, spec.name, spec.family, f"{adapter.pinning}: {adapter.past}", ", ".join(providers) or "none")


async def check(*, json: Json = False) -> int:
    """Load every configuration file and say what it comes to. Stops naming the file and the key that is wrong."""
    settings = settings_for(as_json=json)
    for spec in settings.chains.values():
        if spec.unsupported is None:
            registry.adapter(spec)
    rows = [
        ("chains", str(len(settings.chains))),
        ("supported", str(sum(spec.unsupported is None for spec in settings.chains.values()))),
        ("providers", ", ".join(f"{p.name} ({p.chain}, {p.operator})" for p in settings.providers) or "none"),
        ("exchanges", ", ".join(settings.exchanges) or "none"),
        ("quorum", str(settings.policy.quorum)),
        ("database", "given by ASSAY_DSN" if settings.dsn else f"embedded, in {settings.data_dir}"),
        ("config digest", settings.config_digest),
        *(("warning", warning) for warning in settings.warnings),
    ]
    show.table(("setting", "value"), rows, as_json=json)
    return Outcome.COMPLETE


async def status(*, json: Json = False) -> int:
    """Server version, schema version, size."""
    settings = settings_for(as_json=json)
    async with database(settings) as db:
        found = await schema_status(db)
    rows = [
        ("server", found.server_version),
        ("migrations applied", ", ".join(map(str, found.applied))),
        ("migrations pending", ", ".join(map(str, found.pending)) or "none"),
        ("size", f"{found.size_bytes} bytes"),
    ]
    show.table(("database", "value"), rows, as_json=json)
    return Outcome.COMPLETE


async def migrate_(*, json: Json = False) -> int:
    """Bring the schema up to date. Every other command does so, too."""
    settings = settings_for(as_json=json)
    async with database(settings) as db:
        applied = await migrate(db)
    show.table(("applied",), [(str(number),) for number in applied], as_json=json)
    return Outcome.COMPLETE


async def dsn() -> int:
    """Print a connection string for psql and notebooks, password included, and keep the embedded server up.

    The embedded server runs while somebody uses it: this command holds it until it is interrupted.
    """
    settings = settings_for(as_json=False)
    async with database(settings) as db:
        await show.connection(db.dsn, held=settings.dsn is None)
    return Outcome.COMPLETE
