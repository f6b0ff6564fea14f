"""A snapshot between two runs, on a network that answers about now only: read before, claimed, read after.

Vaulta by a scripted nodeos with Hyperion beside: every change of a balance is a transfer, but for one that is lost.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import asyncpg

from chains.types import BalanceKey
from indexer.core.amounts import format_amount
from tests.acceptance.world import Answer, Office
from tests.chains.harness_antelope import SPEC, Nodeos, key
from tests.chains.world import World

CHILD = "tests.acceptance.crash_child"
RIGHT, WRONG, LOST, NEW = key(1), key(2), key(3), key(4)
STEP = 30_000  # base units


def published(office: Office, name: str, claims: dict[BalanceKey, int], height: int | None) -> Path:
    rows = ["network,asset,address,amount,height"]
    at = "" if height is None else str(height)
    for holder, amount in claims.items():
        rows.append(f"Vaulta,EOS,{holder.address},{format_amount(amount, decimals=4)},{at}")
    path = office.home / name
    path.write_text("\n".join(rows) + "\n")
    return path


def words(office: Office, path: Path) -> tuple[str, ...]:
    owed = office.home / "owed.toml"
    owed.write_text('[[liability]]\nasset = "EOS"\namount = "1"\n')
    return "audit", str(path), "--exchange", "Example", "--liabilities", str(owed), "--json"


def rows_of(answer: Answer) -> dict[str, Any]:
    return {row["address"]: row for row in answer.json["exceptions"]["rows"]}


async def test_a_claim_is_explained_from_both_sides_however_often_the_run_is_killed(office: Office) -> None:
    world = World(settle=2)
    world.tick({RIGHT: 10 * STEP, WRONG: 10 * STEP, LOST: 10 * STEP})
    async with Nodeos(world) as node:
        office.config = "[policy]\npass_pause_s = 0\nworkers_per_lane = 1\n"
        office.provider(node.url, chain=SPEC.id, in_flight_max=8)
        first = published(office, "october.csv", {RIGHT: 10 * STEP, WRONG: 10 * STEP, LOST: 10 * STEP}, None)
        before = await office.assay(*words(office, first))
        assert before.json["assets"][0]["coverage"]["verified"] == 3, before.err

        world.tick({RIGHT: 12 * STEP, WRONG: 12 * STEP, LOST: 12 * STEP, NEW: STEP})
        node.lost = {(LOST.address, world.final)}
        snapshot = world.final
        claims = {RIGHT: 12 * STEP, WRONG: 12 * STEP + 5, LOST: 12 * STEP, NEW: STEP}
        world.tick({RIGHT: 7 * STEP, WRONG: 13 * STEP, LOST: 0, NEW: 2 * STEP})

        command = words(office, published(office, "november.csv", claims, snapshot))
        kills, event = 0, 5
        while (after := await office.assay(str(event), "0", *command, module=CHILD)).code == -signal.SIGKILL:
            kills, event = kills + 1, event + 3
        assert kills >= 5
    assert after.code == 3, after.err
    run = before.json["run"]["id"]
    rows = rows_of(after)
    for holder, claimed in claims.items():
        row = rows[holder.address]
        assert (row["status"], row["claimed"]) == ("unpinned", str(claimed))
        assert (row["explained"], row["residue"]) == ((str(12 * STEP), "5") if holder == WRONG else (str(claimed), "0"))
    for holder, explained, residue in ((RIGHT, 12 * STEP, 0), (WRONG, 12 * STEP, 5), (LOST, 10 * STEP, 2 * STEP)):
        told = rows[holder.address]["before"]
        assert (told["run"], told["explained"], told["residue"]) == (run, str(explained), str(residue))
        assert told["height"] < snapshot
    assert rows[NEW.address]["before"] is None
    (part,) = after.json["reconciled"]
    assert (part["rows"], part["matching_rows"], part["differing_rows"], part["open_rows"]) == (4, 2, 1, 0)
    assert (part["both_rows"], part["torn_rows"], part["short"]["base_units"]) == (2, 1, "5")
    assert await counted(office, after) == {snapshot: 4, rows[RIGHT.address]["before"]["height"]: 3}
    again = await office.assay(*command)
    assert (again.json["reconciled"], again.json["exceptions"]) == (after.json["reconciled"], after.json["exceptions"])


async def counted(office: Office, answer: Answer) -> dict[int, int]:
    """How many readings were followed since which height."""
    connection = await asyncpg.connect(office.dsn)
    try:
        query = "SELECT since, count(*) AS flows FROM ledger.flows WHERE run_id = $1 GROUP BY since"
        return {row["since"]: row["flows"] for row in await connection.fetch(query, answer.json["run"]["id"])}
    finally:
        await connection.close()


async def test_a_list_read_before_its_height_is_what_a_later_run_starts_from(office: Office) -> None:
    """And the time that is wanted of a list without heights is as good as a height."""
    world = World(settle=2)
    world.tick({RIGHT: 10 * STEP})
    async with Nodeos(world) as node:
        office.provider(node.url, chain=SPEC.id)
        command = words(office, published(office, "list.csv", {RIGHT: 12 * STEP}, 40))
        early = await office.assay(*command)
        assert early.code == 3, early.err
        (row,) = early.json["exceptions"]["rows"]
        assert "claimed at 40, which was still to come: read before it" in row["reason"]
        assert (row["explained"], early.json["reconciled"]) == (None, [])

        world.tick({RIGHT: 12 * STEP})
        while world.final <= 40:
            world.tick()
        late = await office.assay(*command, "--fresh")
        (row,) = late.json["exceptions"]["rows"]
        assert (row["residue"], row["before"]["residue"], row["before"]["run"]) == ("0", "0", early.json["run"]["id"])

        timeless = published(office, "timeless.csv", {RIGHT: 12 * STEP}, None)
        dated = await office.assay(*words(office, timeless), "--as-of", world.time(40).isoformat())
    (pin,) = dated.json["pins"]
    assert (pin["height_claimed"], pin["height_wanted"], pin["live"]) == (None, 40, False)
    (row,) = dated.json["exceptions"]["rows"]
    assert (row["residue"], row["before"]["residue"]) == ("0", "0")
