"""The stellar family on a scripted RPC: entries of the newest ledger, those that do not exist left out.

Shapes: https://developers.stellar.org/docs/data/apis/rpc/api-reference/methods (getLedgerEntries: at most 200 keys,
absent entries are left out; getLatestLedger, getLedgers, getNetwork, getHealth, getEvents). XDR: stellar-xdr,
Stellar-ledger-entries.x, Stellar-contract.x. Events: CAP-67, stellar/stellar-rpc (internal/methods/get_events.go).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.codec import strkey
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.stellar.scval import account, symbol
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:148")
PASSPHRASE = "Public Global Stellar Network ; September 2015"
SPEC = ChainSpec(
    id=ChainId("stellar:pubnet"),
    name="scripted Stellar",
    family="stellar",
    native=NATIVE,
    native_decimals=7,
    options={"passphrase": PASSPHRASE},
)
KEYS_MAX = 200
LUMENS = "CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA"
USDC = Instrument("asset:USDC-GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN")


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(strkey.encode(blake2b(b"%d" % number, 32))), NATIVE)


def line(number: int) -> BalanceKey:
    return key(number)._replace(instrument=USDC)


def either(number: int) -> BalanceKey:
    return line(number) if number % 3 == 2 else key(number)


def line_entry(asked: str, balance: int, *, selling: int | None = None, flags: int = 1, form: int = 0) -> str:
    """LedgerEntryData of a trust line: what names it, its balance, limit and flags, and its liabilities."""
    entry = base64.b64decode(asked) + struct.pack(">qqI", balance, 2**63 - 1, flags)
    entry += struct.pack(">i", form) if selling is None else struct.pack(">iqqi", 1, 0, selling, 0)
    return base64.b64encode(entry).decode()


def account_entry(
    raw: bytes,
    balance: int,
    *,
    thresholds: bytes = b"\1\0\0\0",
    signers: Sequence[tuple[int, bytes, int]] = (),
    inflation: bytes = b"\0\0\0\0",
) -> str:
    """LedgerEntryData of an account: balance, sequence number, no sub-entries, ..., signers as (kind, key, weight)."""
    end = b"\0\0\0\0" + inflation + struct.pack(">ii8s", 0, 5, b"a.org") + thresholds
    end += struct.pack(">i", len(signers))
    for kind, key_, weight in signers:
        end += struct.pack(">i", kind) + key_ + struct.pack(">i", weight)
    return base64.b64encode(struct.pack(">ii32sqq", 0, 0, raw, balance, 5) + end + b"\0\0\0\0").decode()


OTHER = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"


def cursor_of(number: int, index: int) -> str:
    return f"{number:019}-{index:010}"


def event(height: int, topic: Sequence[str], units: int, *, number: int = 0, memo: bool = False) -> dict[str, Any]:
    """An event as getEvents gives it. ``number``: which one in its ledger. With a ``memo``, the amount is in a map."""
    kind, *rest = topic
    segments = [symbol(kind)] + [account(Address(one)) if one[0] == "G" else text_value(one) for one in rest]
    value = struct.pack(">iqQ", 10, *divmod(units, 2**64))
    if memo:
        key_ = base64.b64decode(symbol("amount"))
        muxed = base64.b64decode(symbol("to_muxed_id")) + struct.pack(">iQ", 5, 7)
        value = struct.pack(">iii", 17, 1, 2) + key_ + value + muxed
    return {
        "type": "contract",
        "ledger": height,
        "ledgerClosedAt": "2025-06-15T15:06:40Z",
        "contractId": LUMENS,
        "id": cursor_of((height << 32) + (number << 12), 0),
        "inSuccessfulContractCall": True,
        "topic": segments,
        "value": base64.b64encode(value).decode(),
    }


def text_value(text: str) -> str:
    raw = text.encode()
    return base64.b64encode(struct.pack(">ii", 14, len(raw)) + raw + b"\0" * (-len(raw) % 4)).decode()


def is_asked(one: dict[str, Any], by: dict[str, Any]) -> bool:
    """As nodes match: every segment, and as many of them; ``*`` is any one."""
    assert by["type"] == "contract"
    return one["contractId"] in by["contractIds"] and any(
        len(topic) == len(one["topic"])
        and all(wanted in ("*", found) for wanted, found in zip(topic, one["topic"], strict=True))
        for topic in by["topics"]
    )


class StellarRpc(Served):
    """``moves``: so many times a ledger closes during a reading. ``said`` replaces the entry of an account.

    ``lines``: more about the trust line of an account, as ``line_entry`` takes it. Every change of a balance of lumens
    is an event, and somebody pays a fee in every ledger; but without ``classic`` there are none of these. ``planted``
    are further ones. ``oldest`` is the first ledger kept, ``page_max`` all that a page may hold, ``scan_max`` so many
    ledgers are gone through at a time.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.moves = 0
        self.said: dict[str, str] = {}
        self.lines: dict[str, dict[str, int]] = {}
        self.classic = True
        self.planted: list[dict[str, Any]] = []
        self.oldest = 1
        self.page_max = 10_000
        self.scan_max = 10_000

    def respond(self, method: str, params: Any) -> Any:
        head = self.world.head
        match method, params:
            case "getNetwork", _:
                return {"passphrase": PASSPHRASE, "protocolVersion": 23}
            case "getLatestLedger", _:
                return {"id": self.world.digest(head).hex(), "protocolVersion": 23, "sequence": head}
            case "getHealth", _:
                return {"status": "healthy", "latestLedger": head, "oldestLedger": self.oldest}
            case "getEvents", _:
                return self._events(params)
            case "getLedgers", {"startLedger": int(start), "pagination": {"limit": 1}}:
                if not self.oldest <= start <= head:
                    raise Refusal(-32602, {"message": "start ledger must be between the oldest and the latest ledger"})
                time = str(self.world.seconds(start))
                ledger = {"hash": self.world.digest(start).hex(), "sequence": start, "ledgerCloseTime": time}
                return {"ledgers": [ledger], "latestLedger": head, "oldestLedger": 1, "cursor": str(start)}
            case "getLedgerEntries", {"keys": [*keys]}:
                return self._entries(keys)
        raise Refusal(-32601, {"message": "method not found"})

    def _events(self, params: Any) -> Any:
        """In the order of their ids, from the start or from behind the cursor; a page that is not full is the last."""
        limit = params["pagination"]["limit"]
        if limit > self.page_max:
            raise Refusal(-32602, {"message": f"limit must not exceed {self.page_max}"})
        assert len(params["filters"]) <= 5
        assert all(len(one["topics"]) <= 5 for one in params["filters"])
        after = params["pagination"].get("cursor", "")
        start = params["startLedger"] if not after else int(after.partition("-")[0]) >> 32
        assert ("startLedger" in params) == ("endLedger" in params) == (not after)
        if not self.oldest <= start <= self.world.head:
            raise Refusal(-32600, {"message": f"startLedger must be within the ledger range: {self.oldest} - ..."})
        end = min(params.get("endLedger", 2**32), self.world.head + 1, start + self.scan_max)
        found = [
            one
            for one in sorted([*self._moves(), *self.planted], key=lambda one: one["id"])
            if start <= one["ledger"] < end and one["id"] > after and any(is_asked(one, by) for by in params["filters"])
        ]
        page = found[:limit]
        cursor = page[-1]["id"] if len(page) == limit else cursor_of((end << 32) - 1, 2**32 - 1)
        return {"events": page, "latestLedger": self.world.head, "oldestLedger": self.oldest, "cursor": cursor}

    def _moves(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for height in range(self.world.first + 1, self.world.head + 1 if self.classic else 0):
            before, after = self.world.at(height - 1), self.world.at(height)
            found.append(event(height, ["fee", OTHER], 100))
            for number, held_by in enumerate(each for each in after if each.instrument == NATIVE):
                gain = after[held_by] - before.get(held_by, 0)
                parties = [OTHER, held_by.address] if gain > 0 else [held_by.address, OTHER]
                if gain:
                    found.append(event(height, ["transfer", *parties, "native"], abs(gain), number=1 + number))
        return found

    def _entries(self, keys: list[str]) -> Any:
        if len(keys) > KEYS_MAX:
            raise Refusal(-32602, {"message": f"key count ({len(keys)}) exceeds maximum supported ({KEYS_MAX})"})
        served = self.world.head
        if self.moves:
            self.moves -= 1
            self.world.tick()
        entries = []
        for asked in keys:
            named = base64.b64decode(asked)
            kind, key_kind, raw = struct.unpack(">ii32s", named[:40])
            assert key_kind == 0
            address = Address(strkey.encode(raw))
            balance = self.world.at(served).get(BalanceKey(address, NATIVE if kind == 0 else _asset(named[40:])))
            if balance is not None or address in self.said:
                sound = line_entry(asked, balance or 0, **self.lines.get(address, {}))
                xdr = self.said.get(address) or (sound if kind else account_entry(raw, balance or 0))
                entries.append({"key": asked, "xdr": xdr, "lastModifiedLedgerSeq": 1})
        return {"entries": entries[::-1], "latestLedger": served}


def _asset(named: bytes) -> Instrument:
    """TrustLineAsset: alphanum4 or alphanum12, and the issuer."""
    size = {1: 4, 2: 12}[int.from_bytes(named[:4])]
    code, issuer = named[4 : 4 + size].rstrip(b"\0").decode(), named[4 + size :]
    assert issuer[:4] == bytes(4)
    return Instrument(f"asset:{code}-{strkey.encode(issuer[4:])}")


class StellarHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(
        SPEC, id=ChainId("stellar:testnet"), options={"passphrase": "Test SDF Network ; September 2015"}
    )
    good = (
        GoodAddress(
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
            True,
        ),
    )
    bad = (
        "",
        "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSG",
        "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ ",
        "ga7qynf7sowq3glr2bgmzehxavirza4kvwltjjfc7mgxua74p7ujvsgz",
        "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ",  # muxed: an id is in it
        "SBU2RRGLXH3E5CQHTD3ODLDF2BWDCYUSSBLLZ5GNW7JXHDIYKXZWHOKR",  # a secret seed
    )
    instruments = ((NATIVE, 7), (USDC, 7), (USDC.replace("USDC", "LongerCode12"), 7))
    instruments_bad = (
        "",
        "slip44:60",
        "SLIP44:148",
        USDC.removeprefix("asset:"),
        USDC.replace(":", ":US-"),
        USDC.replace("USDC", ""),
        USDC.replace("USDC", "LongerCode123"),
        USDC.replace("GA5Z", "GA5Y"),
        USDC.lower(),
        USDC + " ",
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with StellarRpc(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            other, short = key(20_000), key(20_001)
            node.said[other.address] = account_entry(b"\1" * 32, 5)
            node.said[short.address] = "AAAA"
            odd = line(20_002)
            node.lines[odd.address] = {"selling": 6}
            world.tick({odd: 5})
            failing = [(other, Reason.MALFORMED), (short, Reason.MALFORMED), (odd, Reason.MALFORMED)]
            yield WorldScene(world, rpc, either, failing)


HARNESS = StellarHarness()
