"""The algorand family on a scripted node: the newest round, assets not opted in to, frozen ones.

Shapes: https://developer.algorand.org/docs/rest-apis/algod (v2/accounts/{address}, .../assets/{id}, v2/assets/{id},
v2/status, v2/blocks/{round}, v2/blocks/{round}/hash, versions); the words of a 404: go-algorand,
daemon/algod/api/server/v2/errors.go. Of the indexer below idx2/: .../rest-apis/indexer
(v2/accounts/{address}/transactions, v2/block-headers, v2/blocks/{round}).
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.codec import algorand
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE, USDT = Instrument("slip44:283"), Instrument("asa:312769")
GENESIS = "wGHE2Pwdvd7S12BL5FaOP20EGYesN73ktiC1qzkkit8="
SPEC = ChainSpec(
    id=ChainId("algorand:wGHE2Pwdvd7S12BL5FaOP20EGYesN73k"),
    name="scripted Algorand",
    family="algorand",
    native=NATIVE,
    native_decimals=6,
)


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(algorand.encode(blake2b(b"%d" % number, 32))), (NATIVE, USDT)[number % 2])


def transfer(height: int, sender: str, receiver: str, amount: int, *, asset: int | None = None, **more: Any) -> Any:
    """A transaction without a fee. ``more`` are fields of it, with underscores."""
    kind, name = ("pay", "payment-transaction") if asset is None else ("axfer", "asset-transfer-transaction")
    what = {"receiver": receiver, "amount": amount} | ({} if asset is None else {"asset-id": asset})
    number = f"{height}/{sender}/{receiver}/{amount}/{asset}/{sorted(more)}"
    ids = {"id": number, "confirmed-round": height, "sender": sender, "fee": 0, "tx-type": kind}
    return {**ids, name: what, **{field.replace("_", "-"): value for field, value in more.items()}}


def names(transaction: Any, address: str) -> bool:
    """Whether an indexer finds the transaction by this address, inside of it, too."""
    return address in repr(transaction)


class Algod(Served):
    """``moves``: so many times a round ends during a reading. ``said`` replaces answers about an address.

    Every change of a balance is a transaction for the indexer, which is ``lag`` rounds behind, gives ``page_max`` rows
    at a time, and begins at ``first_round``. ``planted`` are further transactions, ``proposed`` is (round, address,
    payout).
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.moves = 0
        self.frozen: set[BalanceKey] = set()
        self.said: dict[str, Any] = {}
        self.lag = 0
        self.page_max = 1000
        self.first_round = 1
        self.planted: list[dict[str, Any]] = []
        self.proposed: list[tuple[int, str, int]] = []

    def respond(self, method: str, params: Any) -> Any:
        head = self.world.head
        if method == "GET versions":
            return {"versions": ["v1", "v2"], "genesis_id": "mainnet-v1.0", "genesis_hash_b64": GENESIS}
        if method == "GET v2/status":
            return {"last-round": head, "time-since-last-round": 1, "catchup-time": 0}
        if found := re.fullmatch(r"GET v2/blocks/(\d+)/hash", method):
            return {"blockHash": base64.b32encode(self.world.digest(int(found[1]))).decode().rstrip("=")}
        if found := re.fullmatch(r"GET v2/blocks/(\d+)", method):
            assert params == {"header-only": "true"}
            return {"block": {"rnd": int(found[1]), "ts": self.world.seconds(int(found[1])), "gen": "mainnet-v1.0"}}
        if method == "GET v2/assets/312769":
            return {"index": 312769, "params": {"decimals": 6, "unit-name": "USDt", "creator": key(1).address}}
        if found := re.fullmatch(r"GET v2/accounts/([A-Z2-7]+)(?:/assets/(\d+))?", method):
            return self._account(found[1], found[2], params)
        if method.startswith("GET idx2/v2/"):
            return self._indexer(method.removeprefix("GET idx2/v2/"), params)
        raise Refusal(404, {"message": "Not Found"})

    def _indexer(self, path: str, params: Any) -> Any:
        if found := re.fullmatch(r"blocks/(\d+)", path):
            height = int(found[1])
            if not (self.first_round <= height and self.world.has(height)):
                raise Refusal(404, {"message": f"error while looking up block for round '{height}'"})
            return {"round": height, "timestamp": self.world.seconds(height), "proposer": GOOD}
        first, last = int(params["min-round"]), int(params["max-round"])
        if found := re.fullmatch(r"accounts/([A-Z2-7]+)/transactions", path):
            rows = [*self._moves(found[1]), *self.planted]
            rows = [row for row in reversed(rows) if first <= row["confirmed-round"] <= last and names(row, found[1])]
            return self._page("transactions", rows, params)
        if path == "block-headers":
            rows = [
                {"round": at, "timestamp": self.world.seconds(at), "proposer": who, "proposer-payout": paid}
                for at, who, paid in self.proposed
                if who == params["proposers"] and first <= at <= last
            ]
            return self._page("blocks", rows, params)
        raise Refusal(404, {"message": "Not Found"})

    def _page(self, name: str, rows: list[Any], params: Any) -> Any:
        """A page with rows names the next one, whether there is any or not."""
        start = int(params.get("next", "0"))
        page = rows[start : start + min(self.page_max, int(params["limit"]))]
        more = {"next-token": str(start + len(page))} if page else {}
        return {"current-round": self.world.head - self.lag, name: page, **more}

    def _moves(self, address: str) -> list[Any]:
        found = []
        for held_by in (BalanceKey(Address(address), NATIVE), BalanceKey(Address(address), USDT)):
            for height in range(self.world.first + 1, self.world.head + 1):
                before, after = (self.world.at(at).get(held_by, 0) for at in (height - 1, height))
                if before != after:
                    parties = (GOOD, address) if after > before else (address, GOOD)
                    asset = None if held_by.instrument == NATIVE else 312769
                    found.append(transfer(height, *parties, abs(after - before), asset=asset))
        return found

    def _account(self, address: str, asset: str | None, params: Any) -> Any:
        served = self.world.head
        if self.moves:
            self.moves -= 1
            self.world.tick()
        if isinstance(what := self.said.get(address), Refusal):
            raise what
        found = BalanceKey(Address(address), NATIVE if asset is None else Instrument(f"asa:{asset}"))
        held = self.world.at(served).get(found)
        if asset is None:
            assert params == {"exclude": "all"}
            amount = {"amount": held or 0, "amount-without-pending-rewards": held or 0, "pending-rewards": 0}
            return {"address": address, **amount, "min-balance": 100_000, "round": served, "status": "Offline"} | (
                what or {}
            )
        if held is None:
            raise Refusal(404, {"message": "account asset info not found"})
        holding = {"amount": held, "asset-id": int(asset), "is-frozen": found in self.frozen}
        return {"round": served, "asset-holding": holding} | (what or {})


GOOD = "7ZUECA7HFLZTXENRV24SHLU4AVPUTMTTDUFUBNBD64C73F3UHRTHAIOF6Q"


class AlgorandHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("algorand:SGO1GKSzyE7IEPItTxCByw9x8FmnrCDe"))
    good = (GoodAddress(GOOD, GOOD, True),)
    bad = ("", GOOD[:-1], GOOD + "A", GOOD.lower(), GOOD + " ", "A" * 58, "0" + GOOD[1:])
    instruments = ((NATIVE, 6), (USDT, 6))
    instruments_bad = ("", "slip44:60", "asa:", "asa:0", "asa:01", "asa:-1", "ASA:312769", "asa:312769 ")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with Algod(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            refused, broken = key(20_001), key(20_000)
            node.said[refused.address] = Refusal(400, {"message": "failed to parse the address"})
            node.said[broken.address] = {"amount": -5}
            yield WorldScene(world, rpc, key, [(refused, Reason.REFUSED), (broken, Reason.MALFORMED)])


HARNESS = AlgorandHarness()
