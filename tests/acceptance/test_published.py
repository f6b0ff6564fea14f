"""Published OKX examples, swept against a real EVM node that holds exactly what they claim."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scripts.engines import EngineMissing
from scripts.engines.anvil import Anvil
from tests.acceptance.test_audit import asset
from tests.acceptance.world import Office
from tests.shared import shared

HEIGHT = 20_914_735
CLAIMED = {
    "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e": 58_959_708_849_230_328,
    "0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12": 148_960_774_325_814_037,
    "0x57e2dcd253527a0f70c6a3de3556f6e6e163f19c": 148_960_774_325_814_037,
}


@pytest.fixture
async def node() -> AsyncIterator[Anvil]:
    try:
        async with Anvil(chain_id=1, number=HEIGHT - 1) as node:
            await node.set_balances(CLAIMED)  # type: ignore[arg-type]
            await node.mine(3)  # the first of them is HEIGHT, with a parent and a state root to check answers by
            yield node
    except EngineMissing as missing:
        pytest.skip(str(missing))


async def audit(office: Office, node: Anvil, path: Path) -> tuple[int, object]:
    office.providers[:] = [node.provider("anvil")]
    answer = await office.assay("audit", str(path), "--exchange", "OKX", "--json")
    assert answer.out, answer.err
    return answer.code, answer.json


async def test_eleven_columns_verified_and_what_cannot_be_read_is_visible(office: Office, node: Anvil) -> None:
    code, report = await audit(office, node, shared("okx", "okx_por_example.csv"))
    # The example's own totals block declares other sums than its rows: that is a discrepancy of the file itself.
    assert code == 1
    assert {finding["kind"] for finding in report["findings"]} >= {"control-total"}  # type: ignore[index]
    ether, tether, aptos = asset(report), asset(report, "USDT"), asset(report, "APT")
    assert (ether["coverage"]["verified"], ether["coverage"]["rows"], ether["status"]) == (3, 3, "complete")
    assert ether["observed"]["low"]["base_units"] == str(sum(CLAIMED.values()))
    for unread in (tether, aptos):
        read = unread["coverage"]["rows"] - unread["coverage"]["unsupported"] - unread["coverage"]["unavailable"]
        assert (read, unread["status"]) == (0, "incomplete")
        assert int(unread["observed"]["high"]["base_units"]) > int(unread["observed"]["low"]["base_units"]) == 0
    reasons = {row["asset"]: row["reason"] for row in report["exceptions"]["rows"]}  # type: ignore[index]
    assert reasons.keys() == {"USDT", "APT"}
    assert all(reasons.values()), "nobody reads them here, and it is said why"


async def test_twelve_columns_with_validators_nobody_was_asked_about(office: Office, node: Anvil) -> None:
    code, report = await audit(office, node, shared("okx", "okx_por_staking_example.csv"))
    ether = asset(report)
    assert code == 3
    assert (ether["coverage"]["verified"], ether["coverage"]["unavailable"]) == (1, 2)
    low, high = (int(ether["observed"][end]["base_units"]) for end in ("low", "high"))
    assert high - low == 64 * 10**18
    reasons = {row["reason"] for row in report["exceptions"]["rows"]}  # type: ignore[index]
    assert reasons == {"no provider configured"}


async def test_one_wei_changed_is_that_row(office: Office, node: Anvil) -> None:
    address = "0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12"
    async with Anvil(chain_id=1, number=HEIGHT - 1) as other:
        await other.set_balances(CLAIMED | {address: CLAIMED[address] - 1})  # type: ignore[arg-type]
        await other.mine(3)
        code, report = await audit(office, other, shared("okx", "okx_por_example.csv"))
    assert code == 1
    ether = asset(report)
    assert (ether["coverage"]["mismatch"], ether["coverage"]["verified"]) == (1, 2)
    (row,) = (row for row in report["exceptions"]["rows"] if row["status"] == "mismatch")  # type: ignore[index]
    assert (row["address"], int(row["claimed"]) - int(row["observed"])) == (address, 1)
    assert ether["observed"]["low"]["base_units"] == str(sum(CLAIMED.values()) - 1)
