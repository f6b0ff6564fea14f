"""Keys that accounts may exchange: who signed, against what the XRP Ledger, Aptos and NEAR say of who can sign now."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from chains.codec import base58, ripple
from chains.types import Address, BalanceKey, Instrument
from indexer.core.amounts import format_amount
from tests.acceptance.world import Answer, Office
from tests.chains import harness_aptos, harness_near, harness_xrpl
from tests.chains.harness_aptos import AptosNode
from tests.chains.harness_near import NearNode
from tests.chains.harness_xrpl import Rippled
from tests.chains.world import World
from tests.ownership.signing import MESSAGE, hash160, hex_signature, short
from tests.ownership.signing25519 import ed_signature, public
from tests.unit.intake_kit import OKX_11

HELD = 5_000_000
DISABLED = {"Flags": 0x0010_0000}


def xrp(seed: str) -> str:
    return ripple.encode(hash160(short(seed)))


def aptos(seed: str) -> str:
    return "0x" + hashlib.sha3_256(public(seed) + b"\0").hexdigest()


def row(coin: str, network: str, decimals: int, address: str, signature: str, *, key: str = "", owner: str = "") -> str:
    amount = format_amount(HELD, decimals=decimals)
    return ",".join([coin, network, "1", address, amount, MESSAGE, signature, "", key, owner, ""])


def xrp_row(address: str, signer: str, owner: str = "") -> str:
    return row("XRP", "XRP", 6, xrp(address), hex_signature(signer, "okx-keccak"), owner=owner)


def aptos_row(address: str, signer: str, owner: str = "") -> str:
    return row("APT", "APTOS", 8, aptos(address), ed_signature(signer), key=public(signer).hex(), owner=owner)


def near_row(account: str, signer: str) -> str:
    return row("NEAR", "NEAR", 24, account, ed_signature(signer), key=public(signer).hex())


ROWS = (
    xrp_row("plain", "plain"),
    xrp_row("given away", "given away"),
    xrp_row("regular", "key", owner=xrp("key")),
    xrp_row("blackholed", "blackholed"),
    aptos_row("plain", "plain"),
    aptos_row("rotated", "key", owner=aptos("key")),
    aptos_row("given away", "given away"),
    near_row("cold.near", "key"),
    near_row("hot.near", "key"),
    near_row("contract.near", "key"),
)
KEY_OF_NEAR = "ed25519:" + base58.encode(public("key"))
OTHER_OF_NEAR = "ed25519:" + base58.encode(public("mallory"))


@asynccontextmanager
async def networks(office: Office) -> AsyncIterator[None]:
    """Three nodes of which each tells a few accounts' keys."""
    ripples = World(_held(harness_xrpl.NATIVE, *map(xrp, ("plain", "given away", "regular", "blackholed"))), settle=1)
    apts = World(_held(harness_aptos.NATIVE, *map(aptos, ("plain", "rotated", "given away"))), settle=1)
    nears = World(_held(harness_near.NATIVE, "cold.near", "hot.near", "contract.near"), settle=1)
    rippled, node, near = Rippled(ripples), AptosNode(apts), NearNode(nears)
    rippled.network = 0
    rippled.control = {
        xrp("given away"): {**DISABLED, "RegularKey": xrp("mallory")},
        xrp("regular"): {**DISABLED, "RegularKey": xrp("key")},
        xrp("blackholed"): DISABLED,
    }
    node.rotated = {aptos("rotated"): aptos("key"), aptos("given away"): aptos("mallory")}
    near.keys = {
        "cold.near": [(KEY_OF_NEAR, "FullAccess"), (OTHER_OF_NEAR, "FullAccess")],
        "hot.near": [(OTHER_OF_NEAR, "FullAccess")],
        "contract.near": [(KEY_OF_NEAR, {"FunctionCall": {}})],
    }
    async with AsyncExitStack() as stack:
        for server, spec in ((rippled, harness_xrpl.SPEC), (node, harness_aptos.SPEC), (near, harness_near.SPEC)):
            await stack.enter_async_context(server)
            office.provider(server.url, name=spec.family, chain=spec.id)
        yield


def _held(native: Instrument, *addresses: str) -> dict[BalanceKey, int]:
    return {BalanceKey(Address(each), native): HELD for each in addresses}


async def audited(office: Office) -> Answer:
    (office.home / "list.csv").write_text("\n".join([OKX_11, *ROWS]) + "\n")
    owed = [f'[[liability]]\nasset = "{asset}"\namount = "1"\n' for asset in ("XRP", "APT", "NEAR")]
    (office.home / "owed.toml").write_text("\n".join(owed))
    words = ("audit", str(office.home / "list.csv"), "--exchange", "Example")
    async with networks(office):
        return await office.assay(*words, "--liabilities", str(office.home / "owed.toml"), "--json")


async def told(office: Office) -> dict[int, tuple[str, str, str]]:
    connection = await asyncpg.connect(office.dsn)
    try:
        rows = await connection.fetch("SELECT line_no, verdict, said, detail FROM ledger.row_ownership")
    finally:
        await connection.close()
    return {each["line_no"]: (each["verdict"], each["said"], each["detail"]) for each in rows}


async def test_the_chain_says_whose_key_counts(office: Office) -> None:
    answer = await audited(office)
    assert answer.code == 1, answer.err
    found = await told(office)
    assert {line: each[:2] for line, each in found.items()} == {
        2: ("owned", "confirmed"),
        3: ("owner-signed", "others"),
        4: ("owned", "confirmed"),
        5: ("owner-signed", "others"),
        6: ("owned", "confirmed"),
        7: ("owned", "confirmed"),
        8: ("owner-signed", "others"),
        9: ("owned", "confirmed"),
        10: ("owner-signed", "others"),
        11: ("owner-signed", "unread"),
    }
    assert "regular key" in found[4][2]
    assert "nobody can move" in found[5][2]
    assert "no key has full access" in found[11][2]
    contradicted = [each["line"] for each in answer.json["findings"] if each["kind"] == "owner-contradicted"]
    assert sorted(contradicted) == [3, 5, 8, 10]
    held = {(part["asset"], part["verdict"]): part["rows"] for part in answer.json["ownership"]["assets"]}
    assert held["XRP", "owned"] == held["XRP", "owner-signed"] == held["APT", "owned"] == 2
