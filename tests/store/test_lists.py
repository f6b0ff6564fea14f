"""Lists: every line once, all or nothing, and what only the whole can show."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from indexer.model.claims import DeclaredTotal
from indexer.model.findings import Finding, Severity
from indexer.store import lists
from indexer.store.database import Database
from tests.store.world import APT, ETH, ODD, USDT, Batch, Reader, claim, rejected, store


async def stored_lines(db: Database) -> list[tuple[object, ...]]:
    async with db.acquire() as connection:
        rows = await connection.fetch(
            "SELECT line_no, instrument_no, height, address, claimed, claimed_text, kind, duplicate_of, rejected "
            "FROM ledger.lines ORDER BY line_no"
        )
    return [tuple(row) for row in rows]


async def test_every_line_arrives_as_it_is(any_database: Database) -> None:
    odd = 'tab\there\\N "quoted"\r\n\x00'
    reader = Reader(
        [claim(2, height=7, claimed=2**256 - 1), claim(3, 4, address=odd, claimed=None, text="1e\t5", kind="\\.")],
        [rejected(4), rejected(5, 1, 77)],
        findings=(Finding(Severity.NOTE, "seen", "something \x00", 3),),
    )
    imported = await store(any_database, reader)
    assert await stored_lines(any_database) == [
        (2, 0, 7, f"0x{2:040x}", 2**256 - 1, None, "", None, None),
        (3, 4, None, odd.replace("\x00", "\ufffd"), None, "1e\t5", "\\.", None, None),
        (4, None, None, None, None, None, None, None, "bad-address"),
        (5, 1, None, None, 77, None, None, None, "bad-address"),
    ]
    assert (imported.already, imported.duplicates) == (False, 0)
    assert imported.summary.instruments == reader.specs
    assert imported.summary.findings == (Finding(Severity.NOTE, "seen", "something \ufffd", 3),)


async def test_the_same_bytes_under_the_same_config_are_stored_once(database: Database) -> None:
    reader = Reader([claim(2), claim(3)])
    first = await store(database, reader)
    again = await store(database, reader)
    assert again.already
    assert (again.list_id, again.summary) == (first.list_id, first.summary)
    assert len(await stored_lines(database)) == 2
    found = await lists.find_list(database, exchange="Example", sha256=reader.summary.sha256, config_digest="c0")
    assert found == again
    assert await lists.find_list(database, exchange="Other", sha256=reader.summary.sha256, config_digest="c0") is None
    assert not (await store(database, reader, exchange="Other")).already


async def test_two_imports_of_one_file_at_once_store_it_once(database: Database) -> None:
    reader = Reader([claim(2), claim(3)])
    one, two = await asyncio.gather(store(database, reader), store(database, reader))
    assert one.list_id == two.list_id
    assert sorted((one.already, two.already)) == [False, True]


async def test_a_reader_that_fails_leaves_nothing(database: Database) -> None:
    class Failing(Reader):
        def __iter__(self) -> Iterator[Batch]:
            yield from super().__iter__()
            raise ConnectionAbortedError("the share went away")

    with pytest.raises(Exception, match="the share went away"):
        await store(database, Failing([claim(2)]))
    assert await stored_lines(database) == []
    async with database.acquire() as connection:
        left = await connection.fetch("SELECT relname FROM pg_class WHERE relname ~ '^lines_[0-9]+'")
    assert left == []


async def test_a_line_that_comes_twice_is_our_own_bug_and_stores_nothing(database: Database) -> None:
    with pytest.raises(AssertionError, match="twice"):
        await store(database, Reader([claim(2), claim(2)]))
    assert await stored_lines(database) == []


async def test_a_published_line_cannot_be_changed_even_by_its_owner(any_database: Database) -> None:
    imported = await store(any_database, Reader([claim(2)]))
    for table in ("lines", f"lines_{imported.list_id}"):
        for change in (
            "UPDATE ledger.{} SET claimed = 1",
            "DELETE FROM ledger.{}",
            "TRUNCATE ledger.{}",
            f"INSERT INTO ledger.{{}} (list_id, line_no, instrument_no, address, kind) "
            f"VALUES ({imported.list_id}, 9, 0, 'x', '')",
        ):
            if change.startswith("INSERT") and table == "lines":
                continue  # routed to the partition; see below
            async with any_database.acquire() as connection:
                with pytest.raises(asyncpg.RestrictViolationError):
                    await connection.execute(change.format(table))


async def test_duplicates_count_once_and_are_told(database: Database) -> None:
    same_token = (ETH, USDT, ETH.__class__("ETH-ERC20", "ETH", ETH.chain, ETH.instrument, 18, 18), APT, ODD)
    claims = [
        claim(2, 0, address="a"),
        claim(3, 0, address="a", height=9),  # another height is the same holding
        claim(4, 2, address="a", claimed=6),  # another name for the same token
        claim(5, 1, address="a"),  # another token
        claim(6, 3, address="a"),  # another network
        claim(7, 3, address="a"),  # the same unread network
        claim(8, 4, address="a", claimed=None, text="1"),
        claim(9, 4, address="a", claimed=None, text="1"),
    ]
    imported = await store(database, Reader(claims, specs=same_token))
    assert [(row[0], row[7]) for row in await stored_lines(database)] == [
        (2, None), (3, 2), (4, 2), (5, None), (6, None), (7, 6), (8, None), (9, 8),
    ]  # fmt: skip
    assert imported.duplicates == 4
    told = [(found.line_no, found.severity) for found in imported.summary.findings if found.kind == "duplicate"]
    note, contradiction = Severity.WARNING, Severity.EXCEPTION
    assert told == [(3, note), (4, contradiction), (7, note), (9, note)]
    assert [found.detail for found in imported.summary.findings if found.kind == "duplicates"] == [
        "lines that repeat an earlier one: 4"
    ]


async def test_only_so_many_duplicates_are_listed_but_all_are_counted(database: Database) -> None:
    imported = await store(database, Reader([claim(line, address="a") for line in range(2, 1104)]))
    kinds = [found.kind for found in imported.summary.findings]
    assert (imported.duplicates, kinds.count("duplicate"), kinds.count("duplicates")) == (1101, 1000, 1)


async def test_an_address_on_several_networks_is_no_duplicate_but_shown(database: Database) -> None:
    claims = [claim(2, 0, address="a"), claim(3, 2, address="a"), claim(4, 1, address="b"), claim(5, 0, address="b")]
    imported = await store(database, Reader(claims))
    assert imported.duplicates == 0
    said = [found.detail for found in imported.summary.findings if found.kind == "several-networks"]
    assert said == ["addresses listed on more than one network: 1"]


@pytest.mark.parametrize(
    ("declared", "wrong"),
    [
        (DeclaredTotal(1, "ETH", "ETH", 0, "0.000000000000000015", 15), False),
        (DeclaredTotal(1, "ETH", "ETH", 0, "0.000000000000000016", 16), True),
        (DeclaredTotal(1, "USDT(ALL)", "USDT", None, "0.000007", 7 * 10**12), False),
        (DeclaredTotal(1, "USDT(ALL)", "USDT", None, "0.000008", 8 * 10**12), True),
        (DeclaredTotal(1, "LTC", "LTC", 2, "0.00000001", 1), True),
    ],
)
async def test_a_list_that_contradicts_its_own_totals_is_an_exception(
    database: Database, declared: DeclaredTotal, wrong: bool
) -> None:
    claims = [claim(2), claim(3), claim(4), claim(5, address=f"0x{2:040x}"), claim(6, 1, claimed=7)]
    imported = await store(database, Reader(claims, [rejected(7, 0, 1000)], declared=(declared,)))
    said = [found for found in imported.summary.findings if found.kind == "control-total"]
    assert len(said) == wrong
    assert imported.summary.declared == (declared,)
