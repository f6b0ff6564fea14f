"""A statement of liabilities: CSV, JSON or TOML. Amounts are text or whole numbers, never floats."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from indexer.core.amounts import BadAmount, parse_amount
from indexer.core.names import Names
from indexer.intake.errors import BadStatement
from indexer.intake.statement_csv import table_of_csv
from indexer.model.findings import Finding, Severity
from indexer.model.liabilities import SOURCES, Commitment, Liability, LiabilityStatement, Source

BYTES_MAX = 16 * 1024**2
TEXT_CHARS_MAX = 1_000


class _Commitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scheme: str
    root: str
    covers: tuple[Source, ...] = SOURCES


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    asset: str
    amount: str | int
    attested: str | int = 0  # nothing stated is nothing attested: custody must be claimed to count
    custodian: str = ""
    source: Source = Source.CUSTOMER


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    liability: list[_Row] = []
    as_of: object = None  # TOML has times of its own, JSON and CSV have text
    commitment: _Commitment | None = None


def read_statement(path: Path, names: Names) -> LiabilityStatement:
    """The statement in a ``.csv``, ``.json`` or ``.toml`` file, in the order of the file.

    Raises BadStatement naming the key, asset or line; OSError where there is no file.
    """
    with path.open("rb") as file:
        data = file.read(BYTES_MAX + 1)
    try:
        if len(data) > BYTES_MAX:
            raise BadStatement(f"larger than {BYTES_MAX} bytes")
        stated = msgspec.convert(_table(path.suffix.lower(), data), _Statement)
        commitment = _commitment(stated.commitment)
        liabilities = _liabilities(stated.liability, names, committed=stated.commitment is not None)
        as_of = _as_of(stated.as_of)
    except msgspec.ValidationError as error:
        raise BadStatement(f"{path.name}: {error}{_hint(str(error))}") from None
    except ValueError as error:
        raise BadStatement(f"{path.name}: {error}") from None
    return LiabilityStatement(
        sha256=hashlib.sha256(data).hexdigest(),
        as_of=as_of,
        commitment=commitment,
        liabilities=liabilities,
        findings=_findings(commitment),
    )


def _table(suffix: str, data: bytes) -> Any:
    """The file as nested dicts and lists; every non-integer number stays a float and is refused by its type."""
    if suffix not in (".csv", ".json", ".toml"):
        raise BadStatement("a statement is a .csv, .json or .toml file")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadStatement("not valid text") from None
    if suffix == ".csv":
        return table_of_csv(text)
    try:
        if suffix == ".json":
            return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        return tomllib.loads(text)
    except RecursionError:
        raise BadStatement("nested too deeply") from None


def _liabilities(rows: Sequence[_Row], names: Names, *, committed: bool) -> tuple[Liability, ...]:
    """Each asset once a source. No rows leave the totals to the commitment, which there must be."""
    if not rows and not committed:
        raise BadStatement("no liabilities")
    found: dict[tuple[str, Source], Liability] = {}
    for row in rows:
        owed = names.owed(row.asset)
        if owed is None:
            raise BadStatement(f"unknown asset {row.asset[:60]!r}")
        asset, scale = owed.symbol, owed.scale
        if (asset, row.source) in found:
            raise BadStatement(f"asset {asset} is stated twice")
        amount = _amount(asset, "amount", row.amount, scale)
        attested = _amount(asset, "attested", row.attested, scale)
        if row.custodian and not attested:
            raise BadStatement(f"{asset}: a custodian without an attested amount")
        custodian = _text(f"{asset}: custodian", row.custodian)
        found[asset, row.source] = Liability(asset, scale, amount, attested, custodian, row.source)
    return tuple(found.values())


def _amount(asset: str, key: str, stated: str | int, scale: int) -> int:
    try:
        return parse_amount(str(stated), decimals=scale)
    except BadAmount as error:
        raise BadStatement(f"{asset}: {key}: {error}") from None


def _commitment(stated: _Commitment | None) -> Commitment:
    if stated is None:
        return Commitment(scheme="none", root="")
    scheme, root = _text("scheme", stated.scheme), _text("root", stated.root)
    if not scheme or (scheme == "none") != (not root):
        raise BadStatement("a commitment needs its scheme and its root")
    if not stated.covers or len(set(stated.covers)) != len(stated.covers):
        raise BadStatement("covers: names the sources under the root, each once")
    return Commitment(scheme=scheme, root=root, covers=stated.covers)


def _text(key: str, stated: str) -> str:
    text = stated.strip()
    if len(text) > TEXT_CHARS_MAX or not text.isprintable():
        raise BadStatement(f"{key}: longer than {TEXT_CHARS_MAX} characters, or with control characters")
    return text


def _as_of(stated: object) -> datetime | None:
    if stated is None:
        return None
    try:
        when = stated if isinstance(stated, datetime) else datetime.fromisoformat(str(stated))
    except ValueError:
        raise BadStatement(f"as_of: {str(stated)[:60]!r} is no ISO time") from None
    if when.tzinfo is None:
        raise BadStatement(f"as_of: {when.isoformat()} has no time zone; write for example {when.isoformat()}Z")
    return when


def _findings(commitment: Commitment) -> tuple[Finding, ...]:
    if commitment.scheme != "none":
        return ()
    detail = "the liabilities are not bound to a commitment: nothing shows that they were fixed before this audit"
    return (Finding(Severity.WARNING, "no-commitment", detail),)


def _hint(message: str) -> str:
    return ": write amounts as text, a float is not exact" if "got `float`" in message else ""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadStatement(f"the key {twice[:60]!r} twice in one object")
    return table


def _no_constant(token: str) -> NoReturn:
    raise BadStatement(f"{token} is no amount")
