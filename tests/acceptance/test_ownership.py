"""Whose the reserves are, from the published signatures and the contracts on chain to the ratio and the exit code."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg

from chains.errors import RpcFault
from chains.evm.owners import QUESTIONS
from indexer.core.amounts import format_amount
from indexer.model.ownership import CONSTANT_MESSAGE
from tests.acceptance.world import HEIGHT, Answer, Ethereum, Office, balance
from tests.ownership.signing import MESSAGE, evm20, hex_signature
from tests.sim.faulty_rpc import FaultyRpc
from tests.unit.intake_kit import OKX_11

SAFE = "0x" + "5a" * 20
GET_OWNERS, GET_THRESHOLD = QUESTIONS[:2]


def account(seed: str) -> str:
    return "0x" + evm20(seed).hex()


def row(address: str, *signers: str, owners: tuple[str, ...] = ()) -> str:
    """A claim of what the address really holds; who signs need not be who should."""
    signatures = [hex_signature(seed, "eip191-keccak") for seed in signers]
    first, second = [*signatures, "", ""][:2]
    owner1, owner2 = [*owners, "", ""][:2]
    claimed = format_amount(balance(address), decimals=18)
    return ",".join(["ETH", "ETH", str(HEIGHT), address, claimed, MESSAGE, first, second, "", owner1, owner2])


HONEST = row(account("alice"), "alice")
OF_TWO = row(SAFE, "bob", "carol", owners=(account("bob"), account("carol")))
STOLEN = row(account("dave"), "mallory")
SILENT = row(account("erin"))


class Owned(Ethereum):
    """An Ethereum on which SAFE obeys two of ``owners``."""

    owners: tuple[str, ...] = ("bob", "carol", "dave")

    def methods(self) -> dict[str, Callable[..., object]]:
        return super().methods() | {"eth_getCode": self._code, "eth_call": self._call}

    def _code(self, address: str, _: object) -> str:
        return "0x60" if address == SAFE else "0x"

    def _call(self, call: dict[str, str], *_: object) -> str:
        if call.get("to") != SAFE:
            raise RpcFault(-32601, "the method eth_call does not exist")  # as without this world: balances one by one
        if call["data"] not in (GET_OWNERS, GET_THRESHOLD):
            raise RpcFault(3, "execution reverted")
        words = [2] if call["data"] == GET_THRESHOLD else [32, len(self.owners), *map(_number, self.owners)]
        return "0x" + "".join(f"{each:064x}" for each in words)


def _number(seed: str) -> int:
    return int.from_bytes(evm20(seed), "big")


async def audit(office: Office, *rows: str, world: Ethereum | None = None, out: Path | None = None) -> Answer:
    path = office.home / "list.csv"
    path.write_text("\n".join([OKX_11, *rows]) + "\n")
    (office.home / "owed.toml").write_text('[[liability]]\nasset = "ETH"\namount = "1000"\n')
    async with FaultyRpc((world or Owned()).methods()) as node:
        office.providers.clear()
        office.provider(node.url)
        words = ["audit", str(path), "--exchange", "Example", "--liabilities", str(office.home / "owed.toml"), "--json"]
        return await office.assay(*words, *(("--out", str(out)) if out else ()))


def held(answer: Answer) -> dict[str, tuple[int, int, bool]]:
    return {
        part["verdict"]: (part["rows"], int(part["observed"]["low"]["base_units"]), part["counts"])
        for part in answer.json["ownership"]["assets"]
    }


def found(answer: Answer) -> list[tuple[str, int | None]]:
    """What is found about ownership; of the statement of these tests other things are said."""
    kinds = ("bad-signature", "owner-contradicted", "no-signatures")
    return [(each["kind"], each["line"]) for each in answer.json["findings"] if each["kind"] in kinds]


def ratio_ppm(answer: Answer) -> int:
    return int(answer.json["assets"][0]["ratio"]["observed"]["low"]["ppm"])


def ppm(*addresses: str) -> int:
    return sum(map(balance, addresses)) * 10**6 // (1000 * 10**18)


async def test_a_safe_whose_owners_signed_is_owned_and_everything_counts(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = await audit(office, HONEST, OF_TWO, out=out)
    assert answer.code == 0, answer.err
    whole = balance(account("alice")) + balance(SAFE)
    assert held(answer) == {"owned": (2, whole, True)}
    assert answer.json["ownership"]["on_chain"] == {"confirmed": 1}
    assert ratio_ppm(answer) == ppm(account("alice"), SAFE)
    page = (out / "report.html").read_text()
    assert page.count(CONSTANT_MESSAGE) == 1
    (exported,) = csv.DictReader(io.StringIO((out / "ownership.csv").read_text(), newline=""))
    assert (exported["verdict"], exported["observed_low_exact"]) == ("owned", f"{whole} base units")


async def test_what_is_not_theirs_is_shown_and_does_not_count(office: Office) -> None:
    answer = await audit(office, HONEST, STOLEN, SILENT)
    assert answer.code == 1, answer.err
    assert held(answer) == {
        "owned": (1, balance(account("alice")), True),
        "bad signature": (1, balance(account("dave")), False),
        "unsigned": (1, balance(account("erin")), False),
    }
    assert ratio_ppm(answer) == ppm(account("alice"))
    assert int(answer.json["assets"][0]["observed"]["low"]["base_units"]) == sum(
        balance(account(seed)) for seed in ("alice", "dave", "erin")
    ), "what the chain holds is shown whole"
    assert found(answer) == [("bad-signature", 3)]
    statements = answer.json["ownership"]["statements"]
    assert [each.partition(":")[0] for each in statements if "no signature" in each] == [
        "Rows that publish no signature do not count (1 here)"
    ]
    assert sum(CONSTANT_MESSAGE in each for each in statements) == 1


async def test_a_contract_that_names_others_contradicts_the_list(office: Office) -> None:
    world = Owned()
    world.owners = ("mallory", "dave")
    answer = await audit(office, HONEST, OF_TWO, world=world)
    assert answer.code == 1, answer.err
    assert held(answer)["bad signature"] == (1, balance(SAFE), False)
    assert ratio_ppm(answer) == ppm(account("alice"))
    assert found(answer) == [("owner-contradicted", 3)]


async def test_policy_says_what_counts(office: Office) -> None:
    office.config = '[policy]\npass_pause_s = 0\nownership_counts = ["owned", "unsigned"]\n'
    world = Owned()
    world.owners = ("bob", "dave")
    answer = await audit(office, HONEST, OF_TWO, SILENT, world=world)
    assert answer.json["ownership"]["on_chain"] == {"too few": 1}
    assert ratio_ppm(answer) == ppm(account("alice"), account("erin"))
    statements = answer.json["ownership"]["statements"]
    assert "owned or unsigned" in statements[0]
    assert not any("no signature" in each for each in statements)


async def test_a_list_without_signatures_counts_whole_and_says_that_nothing_shows_whose_it_is(office: Office) -> None:
    answer = await audit(office, SILENT)
    assert answer.code == 0, answer.err
    assert held(answer) == {"unsigned": (1, balance(account("erin")), True)}
    assert ratio_ppm(answer) == ppm(account("erin"))
    assert found(answer) == [("no-signatures", None)]
    assert "nothing shows that the exchange controls" in answer.json["ownership"]["statements"][0]


async def test_owners_that_could_not_be_asked_keep_the_run_open_until_they_can(office: Office) -> None:
    class Deaf(Owned):
        def methods(self) -> dict[str, Callable[..., object]]:
            return super().methods() | {"eth_getCode": lambda *_: _down()}

    first = await audit(office, HONEST, OF_TWO, world=Deaf())
    assert (first.code, first.json["run"]["state"]) == (3, "sweeping"), first.err
    second = await audit(office, HONEST, OF_TWO)
    assert (second.code, second.json["run"]["id"]) == (0, first.json["run"]["id"]), second.err


def _down() -> object:
    raise RpcFault(-32005, "rate limit exceeded")


async def test_a_check_killed_again_and_again_judges_every_row_once(office: Office) -> None:
    path = office.home / "list.csv"
    silent = [row(f"0x{number:040x}") for number in range(2_500)]
    path.write_text("\n".join([OKX_11, HONEST, *silent, STOLEN]) + "\n")
    command = ("import", str(path), "--exchange", "Example", "--json")
    kills = 0
    while (answer := await office.assay("2", "0", *command, module="tests.acceptance.crash_child")).code:
        assert answer.code == -signal.SIGKILL, answer.err
        kills += 1
    assert kills >= 3, "in the middle of a chunk, and after each but the last"
    connection = await asyncpg.connect(office.dsn)
    try:
        counts = await connection.fetch(
            "SELECT verdict, count(*) AS rows, min(line_no) AS first, max(line_no) AS last "
            "FROM ledger.signature_verdicts GROUP BY verdict ORDER BY verdict"
        )
        checks = await connection.fetch("SELECT rows, signed FROM ledger.signature_checks")
    finally:
        await connection.close()
    assert [tuple(each) for each in counts] == [
        ("bad signature", 1, 2_503, 2_503),
        ("owned", 1, 2, 2),
        ("unsigned", 2_500, 3, 2_502),
    ]
    assert [tuple(each) for each in checks] == [(2_502, 2)]
