"""Keys that accounts may exchange: who signed, against what XRPL, Aptos, NEAR, Vaulta and Starknet say of them now."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from chains.codec import antelope, base58, ripple
from chains.codec import starknet as felt
from chains.ownership.starknet_accounts import cairo1
from chains.types import Address, BalanceKey, Instrument
from indexer.core.amounts import format_amount
from tests.acceptance.world import Answer, Office
from tests.chains import harness_antelope, harness_aptos, harness_near, harness_starknet, harness_xrpl
from tests.chains.harness_antelope import Nodeos
from tests.chains.harness_aptos import AptosNode
from tests.chains.harness_near import NearNode
from tests.chains.harness_starknet import StarknetNode
from tests.chains.harness_xrpl import Rippled
from tests.chains.test_antelope import permission
from tests.chains.world import World
from tests.ownership.signing import MESSAGE, hash160, hex_signature, short
from tests.ownership.signing25519 import ed_signature, eos_key, eos_signature, public, stark_key, stark_signature
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


def vaulta_row(account: str) -> str:
    return row("EOS", "EOS", 4, account, eos_signature("key"), key=antelope.encode_key(VAULTA_KEY))


def stark(seed: str) -> int:
    """The account that follows from a key."""
    return cairo1(stark_key(seed))


def stark_row(account: int, signer: str) -> str:
    key = hex(stark_key(signer))
    return row("STRK", "STARKNET", 18, felt.encode(account), stark_signature(signer, account), key=key)


SHARED, ELSEWHERE = "0x" + "5a" * 32, 0xE15E
VAULTA_KEY, VAULTA_OTHER = (eos_key(seed).public_key.format() for seed in ("key", "mallory"))
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
    vaulta_row("coldwallet"),
    vaulta_row("hotwallet"),
    row("APT", "APTOS", 8, SHARED, ed_signature("key"), key=public("key").hex(), owner=aptos("key")),
    stark_row(stark("plain"), "plain"),
    stark_row(stark("given away"), "given away"),
    stark_row(stark("guarded"), "guarded"),
    stark_row(ELSEWHERE, "key"),
)
KEY_OF_NEAR = "ed25519:" + base58.encode(public("key"))
OTHER_OF_NEAR = "ed25519:" + base58.encode(public("mallory"))


@asynccontextmanager
async def networks(office: Office) -> AsyncIterator[None]:
    """Five nodes of which each tells a few accounts' keys."""
    ripples = World(_held(harness_xrpl.NATIVE, *map(xrp, ("plain", "given away", "regular", "blackholed"))), settle=1)
    apts = World(_held(harness_aptos.NATIVE, SHARED, *map(aptos, ("plain", "rotated", "given away"))), settle=1)
    starks = [*map(stark, ("plain", "given away", "guarded")), ELSEWHERE]
    strks = World(_held(harness_starknet.NATIVE, *map(felt.encode, starks)), settle=2)
    nears = World(_held(harness_near.NATIVE, "cold.near", "hot.near", "contract.near"), settle=1)
    vaults = World(_held(harness_antelope.NATIVE, "coldwallet", "hotwallet"), settle=2)
    rippled, node, near, nodeos = Rippled(ripples), AptosNode(apts), NearNode(nears), Nodeos(vaults)
    starknet = StarknetNode(strks)
    rippled.network = 0
    rippled.control = {
        xrp("given away"): {**DISABLED, "RegularKey": xrp("mallory")},
        xrp("regular"): {**DISABLED, "RegularKey": xrp("key")},
        xrp("blackholed"): DISABLED,
    }
    node.rotated = {aptos("rotated"): aptos("key"), aptos("given away"): aptos("mallory"), SHARED: "0x" + "0" * 64}
    node.shared = {SHARED: {"owners": [aptos("key"), aptos("mallory")], "num_signatures_required": "2"}}
    keys = {name: [hex(stark_key(name))] for name in ("plain", "mallory", "guarded", "key")}
    starknet.accounts = {
        starks[0]: _views(get_owner=keys["plain"], get_guardian=["0x0"]),
        starks[1]: _views(get_public_key=keys["mallory"]),
        starks[2]: _views(get_owner=keys["guarded"], get_guardian=keys["mallory"]),
        ELSEWHERE: _views(get_public_key=keys["key"]),
    }
    near.keys = {
        "cold.near": [(KEY_OF_NEAR, "FullAccess"), (OTHER_OF_NEAR, "FullAccess")],
        "hot.near": [(OTHER_OF_NEAR, "FullAccess")],
        "contract.near": [(KEY_OF_NEAR, {"FunctionCall": {}})],
    }
    nodeos.said = {
        "coldwallet": {"permissions": [permission("active", {antelope.encode_key(VAULTA_KEY): 2}, {})]},
        "hotwallet": {"permissions": [permission("active", {antelope.encode_key(VAULTA_OTHER): 2}, {})]},
    }
    async with AsyncExitStack() as stack:
        for server, spec in (
            (nodeos, harness_antelope.SPEC),
            (rippled, harness_xrpl.SPEC),
            (node, harness_aptos.SPEC),
            (near, harness_near.SPEC),
            (starknet, harness_starknet.SPEC),
        ):
            await stack.enter_async_context(server)
            office.provider(server.url, name=spec.family, chain=spec.id)
        yield


def _held(native: Instrument, *addresses: str) -> dict[BalanceKey, int]:
    return {BalanceKey(Address(each), native): HELD for each in addresses}


def _views(**answers: list[str]) -> dict[str, list[str]]:
    return {hex(felt.selector(name)): answer for name, answer in answers.items()}


async def audited(office: Office) -> Answer:
    (office.home / "list.csv").write_text("\n".join([OKX_11, *ROWS]) + "\n")
    owed = [f'[[liability]]\nasset = "{asset}"\namount = "1"\n' for asset in ("XRP", "APT", "NEAR", "EOS", "STRK")]
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
        3: ("bad signature", "others"),
        4: ("owned", "confirmed"),
        5: ("bad signature", "others"),
        6: ("owned", "confirmed"),
        7: ("owned", "confirmed"),
        8: ("owner-signed", "hidden"),
        9: ("owned", "confirmed"),
        10: ("bad signature", "others"),
        11: ("owner-signed", "unread"),
        12: ("owned", "confirmed"),
        13: ("bad signature", "others"),
        14: ("owner-signed", "too few"),
        15: ("owned", "confirmed"),
        16: ("bad signature", "others"),
        17: ("owner-signed", "too few"),
        18: ("owned", "confirmed"),
    }
    assert "regular key" in found[4][2]
    assert "nobody can move" in found[5][2]
    assert "no key has full access" in found[11][2]
    contradicted = [each["line"] for each in answer.json["findings"] if each["kind"] == "owner-contradicted"]
    assert sorted(contradicted) == [3, 5, 10, 13, 16]
    assert [each["line"] for each in answer.json["findings"] if each["kind"] == "owner-hidden"] == [8]
    assert "1 of the 2 that multisig contract" in found[14][2]
    held = {(part["asset"], part["verdict"]): part["rows"] for part in answer.json["ownership"]["assets"]}
    assert held["XRP", "owned"] == held["XRP", "bad signature"] == held["APT", "owned"] == held["STRK", "owned"] == 2
