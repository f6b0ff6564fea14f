"""The xrpl family on a scripted server: ledgers by hash and index, pruned ones, accounts and lines that are not there.

Shapes and error names: https://xrpl.org/docs/references/http-websocket-apis/public-api-methods (account_info, ledger,
ledger_entry, server_info), .../conventions/response-formatting, and xrpl.org/docs/references/protocol/ledger-data
(RippleState); that ids are echoed only from inside params: rippled,
src/xrpld/rpc/detail/ServerHandler.cpp; that Clio's errors do not repeat the ledger: XRPLF/clio, src/rpc/Errors.cpp.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec

from chains.codec import ripple
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from chains.xrpl.wire import EPOCH_S
from tests.chains.harness import GoodAddress
from tests.chains.served import Served
from tests.chains.world import State, World, WorldScene

NATIVE = Instrument("slip44:144")
ISSUER = Address("rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De")
CURRENCY = "524C555344000000000000000000000000000000"
RLUSD = Instrument(f"iou:{CURRENCY}.{ISSUER}")
SPEC = ChainSpec(
    id=ChainId("xrpl:0"),
    name="scripted XRP Ledger",
    family="xrpl",
    native=NATIVE,
    native_decimals=6,
    options={"ledgers_min": 2},
)


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(ripple.encode(blake2b(b"%d" % number, 20))), NATIVE)


def line(number: int) -> BalanceKey:
    return key(number)._replace(instrument=RLUSD)


def either(number: int) -> BalanceKey:
    return line(number) if number % 3 == 2 else key(number)


def is_low(holder: str) -> bool:
    return ripple.decode(holder) < ripple.decode(ISSUER)


def shown(units: int) -> str:
    """18 decimals as rippled prints them: in scientific notation where the number is small."""
    return f"{Decimal(units).scaleb(-18).normalize():{'f' if units >= 10**13 else 'E'}}".replace("E", "e")


def ledger_hash(world: World, height: int) -> str:
    return world.digest(height).hex().upper()


class Rippled(Served):
    """``network``: stated where configured. Ledgers below ``oldest`` are pruned. ``clio``: answers as Clio does.

    ``issuer``: its account. ``lines`` replaces parts of a holder's trust line.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.network: int | None = None
        self.oldest = 0
        self.clio = False
        self.said: dict[str, dict[str, Any]] = {}
        self.control: dict[str, dict[str, Any]] = {}
        self.signers: dict[str, list[dict[str, Any]]] = {}
        self.version_2 = False
        self.issuer: dict[str, Any] | None = {"Balance": "5000000", "Flags": 0}
        self.lines: dict[str, dict[str, Any]] = {}

    def respond(self, method: str, params: Any) -> Any:
        assert method == "POST ", "JSON-RPC of its own kind, at the root"
        assert set(params) == {"method", "params"}
        (asked,) = params["params"]
        about = asked["ripple_state"]["accounts"][0] if "ripple_state" in asked else asked.get("account")
        said = self.said.get(str(about))
        return {"result": said or self._result(params["method"], asked)}

    def _result(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        if method == "server_info":
            network = {} if self.network is None else {"network_id": self.network}
            return {"info": {"server_state": "full", "complete_ledgers": "32570-99", **network}, "status": "success"}
        height = self._height(asked)
        if height is None or not max(self.oldest, self.world.first) <= height <= self.world.head:
            found = {"error": "lgrNotFound", "error_code": 21, "error_message": "ledgerNotFound"}
            return {**found, "request": asked, "status": "error"}
        mine = ledger_hash(self.world, height)
        where = {"ledger_hash": mine, "ledger_index": height, "validated": True}
        if method == "ledger":
            time = self.world.seconds(height) - EPOCH_S
            ledger = {"ledger_hash": mine, "ledger_index": str(height), "close_time": time, "closed": True}
            return {"ledger": ledger, **where, "status": "success"}
        if method == "ledger_entry":
            return self._line(asked, self.world.at(height), where)
        assert method == "account_info"
        balance = self.world.at(height).get(BalanceKey(Address(asked["account"]), NATIVE))
        issuer = self.issuer if asked["account"] == ISSUER else None
        if issuer is None and balance is None:
            error = {"error": "actNotFound", "error_code": 19, "error_message": "Account not found."}
            return {"account": asked["account"], **error, **({} if self.clio else where), "status": "error"}
        if issuer is not None:
            return {"account_data": {"Account": ISSUER, **issuer}, **where, "status": "success"}
        data: dict[str, Any] = {"Account": asked["account"], "Balance": str(balance), "Flags": 0, "OwnerCount": 0}
        data |= self.control.get(asked["account"], {})
        lists = {"signer_lists": self.signers.get(asked["account"], [])} if asked.get("signer_lists") else {}
        beside, inside = (lists, {}) if self.version_2 else ({}, lists)
        return {"account_data": data | inside, **beside, **where, "status": "success"}

    def _line(self, asked: dict[str, Any], state: State, where: dict[str, Any]) -> dict[str, Any]:
        holder, issuer = asked["ripple_state"]["accounts"]
        currency = asked["ripple_state"]["currency"]
        assert holder != issuer, "rippled: malformedRequest"
        said = self.lines.get(holder, {})
        held = state.get(BalanceKey(holder, RLUSD)) if (issuer, currency) == (ISSUER, CURRENCY) else None
        if held is None and not said:
            error = {"error": "entryNotFound", "error_code": 95, "error_message": "Entry not found."}
            return {**error, **({} if self.clio else where), "status": "error"}
        sign, low, high = ("", holder, issuer) if is_low(holder) else ("-", issuer, holder)
        node = {
            "LedgerEntryType": "RippleState",
            "Flags": 0x0001_0000,
            "Balance": {"currency": currency, "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji", "value": sign + shown(held or 0)},
            "LowLimit": {"currency": currency, "issuer": low, "value": "0"},
            "HighLimit": {"currency": currency, "issuer": high, "value": "1000000000"},
        }
        return {"index": "0" * 64, "node": node | said, **where, "status": "success"}

    def _height(self, asked: dict[str, Any]) -> int | None:
        if "ledger_hash" in asked:
            return self.world.height_of(asked["ledger_hash"], lambda height: ledger_hash(self.world, height))
        index = asked["ledger_index"]
        return self.world.final if index == "validated" else int(index)


class XrplHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("xrpl:1"))
    good = (
        GoodAddress("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", True),
        GoodAddress("rrrrrrrrrrrrrrrrrrrrBZbvji", "rrrrrrrrrrrrrrrrrrrrBZbvji", True),
        GoodAddress("rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn", "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn", True),
    )
    bad = (
        "",
        "r",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh ",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyT",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyT0",
        "sEdTM1uX8pu2do5XvTnutH6HsouMaM2",
        "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ",  # an X-address: its tag is no part of the account
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb",
    )
    instruments = ((NATIVE, 6), (RLUSD, 18), (f"iou:USD.{ISSUER}", 18))
    instruments_bad = (
        "",
        "slip44:60",
        "SLIP44:144",
        " slip44:144",
        "erc20:0x12",
        RLUSD.lower(),
        RLUSD + " ",
        RLUSD[:-1],
        f"iou:XRP.{ISSUER}",
        f"iou:RLUSD.{ISSUER}",
        f"iou:{'0' * 24}5553440000000000.{ISSUER}",  # USD, which has three letters of its own
        "iou:USD",
        "iou:USD.",
        f"IOU:USD.{ISSUER}",
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with Rippled(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            broken = key(20_000)
            node.said[broken.address] = {"error": "actMalformed", "error_code": 35, "status": "error"}
            other = line(20_001)
            node.lines[other.address] = {"LowLimit": {"currency": CURRENCY, "issuer": key(5).address, "value": "0"}}
            yield WorldScene(world, rpc, either, [(broken, Reason.REFUSED), (other, Reason.MALFORMED)])


HARNESS = XrplHarness()
