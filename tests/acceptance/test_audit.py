"""The command, as its users run it: whole audits over a scripted chain and a real database."""

from __future__ import annotations

import csv
import signal
from itertools import repeat
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from indexer.store.locks import lock_number
from tests.acceptance.world import ETHEREUM, Ethereum, Office, address, balance
from tests.sim.faults import status
from tests.sim.faulty_rpc import FaultyRpc

CANARY = "canary0123456789abcdef0123456789"


def audit(office: Office, count: int, **options: Any) -> tuple[str, ...]:
    return (
        "audit",
        str(office.list(count, **options)),
        "--exchange",
        "Example",
        "--liabilities",
        str(office.liabilities(count)),
    )


def asset(report: Any, symbol: str = "ETH") -> Any:
    (found,) = (total for total in report["assets"] if total["asset"] == symbol)
    return found


async def test_complete_and_matching(office: Office, tmp_path: Path) -> None:
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        answer = await office.assay(*audit(office, 250), "--json", "--out", str(tmp_path / "out"))
    assert answer.code == 0, answer.err
    total = asset(answer.json)
    assert (total["status"], total["coverage"]["verified"], total["coverage"]["rows"]) == ("complete", 250, 250)
    assert total["ratio"]["observed"]["low"] == {"ppm": "1000000", "text": "100.00 %"}
    assert answer.json["witnessed"] == []
    held = sum(balance(address(number)) for number in range(250))
    assert total["observed"]["low"]["base_units"] == total["observed"]["high"]["base_units"] == str(held)
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        *("report.json", "report.html", "totals.csv", "exceptions.csv", "liabilities.csv", "ownership.csv")
    }


async def test_one_wei_short_is_a_mismatch_and_never_100_percent(office: Office) -> None:
    ethereum = Ethereum(lies={address(7): hex(balance(address(7)) - 1)})
    async with FaultyRpc(ethereum.methods()) as node:
        office.provider(node.url)
        answer = await office.assay(*audit(office, 20), "--json")
    assert answer.code == 1
    total = asset(answer.json)
    assert (total["coverage"]["mismatch"], total["coverage"]["verified"]) == (1, 19)
    assert total["ratio"]["observed"]["low"] == {"ppm": "999999", "text": "99.99 %"}
    (row,) = answer.json["exceptions"]["rows"]
    assert (row["line"], row["status"], int(row["claimed"]) - int(row["observed"])) == (9, "mismatch", 1)


@pytest.mark.parametrize("said", [None, "0x", "", "0x1" + "0" * 64, "zz", 5])
async def test_an_answer_that_is_no_balance_is_unavailable_and_opens_the_interval(office: Office, said: object) -> None:
    async with FaultyRpc(Ethereum(lies={address(3): said}).methods()) as node:
        office.provider(node.url)
        answer = await office.assay(*audit(office, 10), "--json")
    assert answer.code == 3
    total = asset(answer.json)
    low, high = (int(total["observed"][end]["base_units"]) for end in ("low", "high"))
    assert (total["status"], total["coverage"]["unavailable"], total["coverage"]["verified"]) == ("incomplete", 1, 9)
    assert high - low == balance(address(3))


async def test_a_dead_provider_leaves_everything_open_and_a_live_one_resumes(office: Office) -> None:
    words = audit(office, 30)
    async with FaultyRpc(Ethereum().methods(), repeat(status(503))) as dead:
        office.provider(dead.url, "dead", attempts_max=1)
        first = await office.assay(*words, "--json")
    assert first.code == 3
    assert asset(first.json)["coverage"]["unavailable"] == 30
    assert asset(first.json)["observed"]["low"]["base_units"] == "0"
    assert "incomplete" in (await office.assay("ratio")).out.lower()
    office.providers.clear()
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        second = await office.assay(*words, "--json")
    assert second.code == 0, second.err
    assert second.json["run"]["id"] == first.json["run"]["id"]


async def test_no_provider_at_all_is_incomplete_with_the_reason(office: Office) -> None:
    answer = await office.assay(*audit(office, 5), "--json")
    assert answer.code == 3
    assert {row["reason"] for row in answer.json["exceptions"]["rows"]} == {"no provider configured"}


async def test_a_frozen_run_is_answered_again_without_asking_anyone(office: Office) -> None:
    words = audit(office, 12)
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        first = await office.assay(*words, "--json")
        asked = len(node.requests)
        again = await office.assay(*words, "--json")
        assert (again.code, again.out) == (0, first.out)
        assert len(node.requests) == asked
        fresh = await office.assay(*words, "--fresh", "--json")
    assert fresh.json["run"]["id"] != first.json["run"]["id"]
    assert fresh.json["run"]["readings_digest"] == first.json["run"]["readings_digest"]


async def test_a_provider_of_another_chain_is_stopped_and_never_believed(office: Office) -> None:
    async with FaultyRpc(Ethereum(chain_id=56).methods()) as stray, FaultyRpc(Ethereum().methods()) as node:
        office.provider(stray.url, "stray")
        alone = await office.assay(*audit(office, 5), "--json")
        assert alone.code == 3
        assert "serves eip155:56" in alone.json["exceptions"]["rows"][0]["reason"]
        office.provider(node.url, "good")
        both = await office.assay(*audit(office, 5), "--json")
        assert both.code == 0, both.err
    assert {use["provider"] for use in both.json["providers"]} == {"good"}
    balances = [call for request in stray.requests for call in request if call["method"] == "eth_getBalance"]
    assert balances == []


async def test_two_witnesses_that_differ_are_a_dispute(office: Office) -> None:
    office.config = "[policy]\nquorum = 2\npass_pause_s = 0\n"
    lie = balance(address(2)) + 1
    async with (
        FaultyRpc(Ethereum().methods()) as one,
        FaultyRpc(Ethereum(lies={address(2): hex(lie)}).methods()) as two,
    ):
        office.provider(one.url, "one")
        office.provider(two.url, "two")
        answer = await office.assay(*audit(office, 8), "--json")
    assert answer.code == 1
    assert asset(answer.json)["coverage"]["disputed"] == 1
    (row,) = answer.json["exceptions"]["rows"]
    assert str(lie) in row["reason"]
    assert str(balance(address(2))) in row["reason"]


async def test_one_row_of_ten_thousand_off_by_one_wei_is_flagged_and_the_run_says_what_was_asked_twice(
    office: Office,
) -> None:
    office.config = "[policy]\nquorum = 2\npass_pause_s = 0\n"
    liar = Ethereum(lies={address(7_777): hex(balance(address(7_777)) - 1)})
    async with FaultyRpc(Ethereum().methods()) as one, FaultyRpc(liar.methods()) as two:
        office.provider(one.url, "one")
        office.provider(two.url, "two")
        answer = await office.assay(*audit(office, 10_000), "--json")
    assert answer.code == 1, answer.err
    coverage = asset(answer.json)["coverage"]
    assert (coverage["disputed"], coverage["verified"]) == (1, 9_999)
    (row,) = answer.json["exceptions"]["rows"]
    assert (row["address"], row["status"]) == (address(7_777), "disputed")
    claimed = str(sum(balance(address(number)) for number in range(10_000)))
    (twice,) = answer.json["witnessed"]
    assert (twice["asset"], twice["rows"], twice["claimed"]["base_units"]) == ("ETH", 10_000, claimed)


async def test_a_reorg_of_the_pinned_block_voids_its_readings(office: Office) -> None:
    """The provider serves one history until the balances are read, then another in which one balance differs."""
    after = Ethereum(fork="other", lies={address(1): hex(balance(address(1)) + 5)})
    words = audit(office, 6)
    async with FaultyRpc(Ethereum().methods()) as probe:
        office.provider(probe.url)
        assert (await office.assay(*words, "--json")).code == 0
        served = len(probe.requests)
    office.providers.clear()
    async with FaultyRpc(Ethereum().methods(), failover=(served - 1, after.methods())) as node:
        office.provider(node.url)
        answer = await office.assay(*words, "--fresh", "--json")
    assert answer.code == 1
    assert asset(answer.json)["coverage"]["mismatch"] == 1
    hashes = {pin["hash"] for pin in answer.json["pins"]}
    assert hashes == {after.methods()["eth_getBlockByNumber"](hex(1000))["hash"]}  # type: ignore[index]


async def test_rejected_and_unsupported_lines_are_in_every_coverage(office: Office) -> None:
    extra = (
        f"Ethereum,ETH,{address(900)[:-1]},5,1000",
        "Endurance,ACE,0x" + "ab" * 20 + ",7.5,1000",
        "Nowhere,XYZ,abc,1,1000",
    )
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        answer = await office.assay(*audit(office, 4, extra=extra), "--json")
    assert answer.code == 3
    ether, other = asset(answer.json), asset(answer.json, "ACE")
    assert (ether["coverage"]["rejected"], ether["status"]) == (1, "incomplete")
    assert int(ether["observed"]["high"]["base_units"]) - int(ether["observed"]["low"]["base_units"]) == 5 * 10**18
    assert (other["coverage"]["unsupported"], other["coverage"]["resolved"]) == (1, 0)
    assert (answer.json["list"]["rejected"], answer.json["list"]["rejected_unassigned"]) == (2, 1)
    assert answer.json["complete"] is False


async def test_bad_input_is_code_2_and_says_what_is_wrong(office: Office, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.csv"
    nonsense.write_text("a,b\n1,2\n")
    owed = tmp_path / "owed.json"
    owed.write_text('{"liability": [{"asset": "ETH", "amount": 1.5}]}')
    good = str(office.list(1))
    for words in (
        ("audit", str(nonsense), "--exchange", "X"),
        ("audit", str(tmp_path / "missing.csv"), "--exchange", "X"),
        ("audit", good, "--exchange", "X", "--liabilities", str(owed)),
        ("audit", good, "--exchange", "X", "--as-of", "2026-01-01T00:00:00"),
        ("audit", good, "--exchange", "X", "--no-such-option"),
        ("ratio", "--run", "999"),
    ):
        answer = await office.assay(*words)
        assert answer.code == 2, (words, answer)
        assert answer.err.strip(), words
        assert "Traceback" not in answer.err


async def test_the_second_audit_of_an_exchange_is_refused_while_the_first_runs(office: Office) -> None:
    words = audit(office, 5)
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        connection = await asyncpg.connect(office.dsn)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", lock_number("Example"))
            assert (await office.assay(*words)).code == 4
            assert (await office.assay("sweep")).code in (2, 4)
        finally:
            await connection.close()
        assert (await office.assay(*words)).code == 0


async def test_sigterm_drains_and_the_next_call_goes_on(office: Office) -> None:
    """The signal comes while the first balances are being served: what is in hand is finished, the rest stays open."""
    keys = 25_000  # three shards, of which two are in hand at once
    words = audit(office, keys)
    ethereum = Ethereum()
    methods = ethereum.methods()
    running: list[Any] = []
    counted = {"balances": 0}

    def balance_then_signal(holder: str, at: dict[str, Any]) -> object:
        counted["balances"] += 1
        if counted["balances"] == 150:
            running[0].send_signal(signal.SIGTERM)
        return ethereum._balance(holder, at)

    async with FaultyRpc(methods | {"eth_getBalance": balance_then_signal}) as node:
        office.provider(node.url)
        running.append(await office.start(*words, "--json"))
        out, err = await running[0].communicate()
        assert running[0].returncode == 3, err
        resumed = await office.assay(*words, "--json")
    assert resumed.code == 0
    assert asset(resumed.json)["coverage"]["verified"] == keys
    assert out
    assert counted["balances"] < 2 * keys, "what the first call had finished was read again"


async def test_no_secret_leaves_by_any_door(office: Office, tmp_path: Path) -> None:
    async with FaultyRpc(Ethereum(lies={address(0): "0x"}).methods(), repeat(status(503))) as node:
        office.provider(f"{node.url}v3/{CANARY}?key={CANARY}x", headers={"Authorization": f"Bearer {CANARY}"})
        out = tmp_path / "out"
        answers = [
            await office.assay(*audit(office, 3), "--out", str(out)),
            await office.assay("status", "--exchange", "Example", "--json"),
            await office.assay("report", "--json"),
            await office.assay("config", "check"),
            await office.assay("chains", "--json"),
        ]
    texts = [answer.out + answer.err for answer in answers] + [path.read_text() for path in out.iterdir()]
    assert len(texts) == 11
    connection = await asyncpg.connect(office.dsn)
    try:
        rows = await connection.fetch("SELECT problem FROM ledger.shards UNION SELECT problem FROM ledger.pins")
    finally:
        await connection.close()
    texts += [row["problem"] for row in rows]
    assert any("503" in text for text in texts), "the failure itself must show"
    assert not [text for text in texts if CANARY[:16] in text]


async def test_exports_are_safe_to_open(office: Office, tmp_path: Path) -> None:
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        words = ("audit", str(office.list(2, off={1: 5})), "--exchange", "=cmd|'/c calc'!A1<script>")
        assert (await office.assay(*words, "--out", str(tmp_path / "out"))).code == 1
    assert "<script>" not in (tmp_path / "out" / "report.html").read_text()
    for name in ("totals.csv", "exceptions.csv"):
        with (tmp_path / "out" / name).open(newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert cells
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not cell.lstrip("-").isdigit()]


async def test_a_second_refresh_is_refused_while_one_runs(office: Office) -> None:
    connection = await asyncpg.connect(office.dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", lock_number("refresh"))
        assert (await office.assay("refresh")).code == 4
    finally:
        await connection.close()
    assert (await office.assay("refresh")).code == 0


async def test_refresh_does_what_is_due_once(office: Office) -> None:
    office.config = (
        f'[policy]\npass_pause_s = 0\n[[exchange]]\nname = "Example"\nlists = "{office.home}/list*.csv"\n'
        f'liabilities = "{office.home}/owed.toml"\n'
    )
    office.list(9)
    office.liabilities(9)
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        first = await office.assay("refresh", "--json")
        assert (first.code, [row["outcome"] for row in first.json]) == (0, ["complete"]), first.err
        asked = len(node.requests)
        second = await office.assay("refresh", "--json")
        assert (second.code, second.json, len(node.requests)) == (0, [], asked)
        office.list(10)  # a new publication
        office.liabilities(10)
        third = await office.assay("refresh", "--json")
        assert (third.code, len(third.json)) == (0, 1)


async def test_every_chain_of_config_is_listed_with_its_past_or_its_reason(office: Office) -> None:
    rows = (await office.assay("chains", "--json")).json
    assert next(row for row in rows if row["chain"] == ETHEREUM)["past"].startswith("hash: ")
    assert all(row["past"] for row in rows)
    refused = {row["chain"] for row in rows if row["past"].startswith("unsupported: ")}
    assert refused == {"eip155:648"}  # one public source for its chain id


async def test_every_published_name_is_read_or_refused_with_a_reason(office: Office) -> None:
    rows = {row["name"]: row for row in (await office.assay("chains", "--names", "--json")).json}
    assert len(rows) > 250
    assert rows["USDT-TRC20"]["read as"] == "trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
    assert rows["DYM_TEST"]["read as"] == "refused: a test network"
    assert all(row["read as"].startswith("refused: ") or (row["chain"] and row["network"]) for row in rows.values())
    assert {"", "None", "refused: "}.isdisjoint(row["read as"] for row in rows.values())


async def test_db_and_config_commands(office: Office) -> None:
    assert (await office.assay("db", "migrate")).code == 0
    state = (await office.assay("db", "status", "--json")).json
    assert {"database": "migrations pending", "value": "none"} in state
    checked = await office.assay("config", "check")
    assert checked.code == 0
    assert "given by ASSAY_DSN" in checked.out
    assert office.dsn not in checked.out
    office.config = "[policy]\nqorum = 2\n"
    wrong = await office.assay("config", "check")
    assert (wrong.code, "policy.qorum" in wrong.err) == (2, True)


async def test_without_a_server_of_its_own_the_embedded_one_serves(office: Office, server_home: Path) -> None:
    office.dsn, office.data = "", server_home / "embedded"
    async with FaultyRpc(Ethereum().methods()) as node:
        office.provider(node.url)
        first = await office.assay(*audit(office, 3), "--json")
        assert first.code == 0, first.err
        assert (await office.assay("ratio", "--json")).json["run"]["id"] == first.json["run"]["id"]
    assert "embedded, in" in (await office.assay("config", "check")).out
