"""The antelope family on a scripted nodeos: a head that moves, accounts that do not exist, stakes, refunds and REX.

Shapes: https://docs.antelope.io (Chain API), AntelopeIO/spring, plugins/chain_plugin (get_account leaves out
core_liquid_balance where there is no row; an unknown account is refused with status 500); the words of that refusal and
the REX pool are as public nodes of EOS answer. A beside EOS: VaultaFoundation/system-contracts, core.vaulta. History:
Hyperion (v2/history/get_actions, v2/health; eosrio/hyperion-history-api), which serves nodeos' API under the same root.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:194")
CHAIN = "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
SPEC = ChainSpec(
    id=ChainId(f"antelope:{CHAIN[:32]}"),
    name="scripted Vaulta",
    family="antelope",
    native=NATIVE,
    native_decimals=4,
    options={"core": "EOS", "twin": {"core.vaulta": "A"}},
)
USDT = Instrument("token:USDT-tethertether")
LETTERS = "12345abcdefghijklmnopqrstuvwxyz"
POOL = {"total_lendable": "95663575.4634 EOS", "total_rex": "953711689412.0579 REX", "loan_num": 225095}


def key(number: int) -> BalanceKey:
    name, rest = "", number + 31**5
    while rest:
        rest, digit = divmod(rest, 31)
        name += LETTERS[digit]
    return BalanceKey(Address(f"a{name}"), NATIVE)


def either(number: int) -> BalanceKey:
    return key(number)._replace(instrument=USDT) if number % 3 == 2 else key(number)


def eos(units: int) -> str:
    return f"{units // 10_000}.{units % 10_000:04} EOS"


def transfer(height: int, sender: str, to: str, units: int, *, code: str = "EOS", number: int = 0) -> dict[str, Any]:
    """An action as Hyperion keeps it. ``number``: which one in its block, from 0."""
    contract = {"EOS": "eosio.token", "A": "core.vaulta", "USDT": "tethertether"}[code]
    data = {"from": sender, "to": to, "amount": units / 10_000, "symbol": code, "memo": "hot wallet"}
    quantity = eos(units).replace("EOS", code)
    return {
        "timestamp": "2025-06-15T15:06:40.000",
        "block_num": height,
        "trx_id": "00" * 32,
        "act": {"account": contract, "name": "transfer", "data": {**data, "quantity": quantity}},
        "notified": [contract, sender, to],
        "global_sequence": 10_000 * height + 2 * number + (code == "A"),
        "action_ordinal": 1,
        "creator_action_ordinal": 0,
    }


class Nodeos(Served):
    """A third of every balance is A. Asked about an account, each of its next two get_info is a few blocks later.

    ``nobody`` are no accounts. ``said`` replaces parts of the answer about an account, ``twins`` all of that about its
    A, ``tokens`` all of that about its USDT. ``moves``: so many times a block changes ``moving`` when a round of
    accounts is asked. ``first_block``: where the log and the index begin. ``lag``: blocks that the index is behind.
    ``page_max``: actions it gives at most. ``planted`` are further actions; every change of a balance is one by itself,
    but for those of names and heights that are ``lost``.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.later = 0
        self.stuck = False
        self.nobody: set[str] = set()
        self.said: dict[str, Any] = {}
        self.twins: dict[str, Any] = {}
        self.moves = 0
        self.moving: BalanceKey | None = None
        self.pools: list[Any] = [POOL]
        self.precision = {"EOS": 4, "A": 4, "USDT": 4}
        self.tokens: dict[str, Any] = {}
        self.first_block = 1
        self.lag = 0
        self.page_max = 1_000
        self.planted: list[Any] = []
        self.lost: set[tuple[str, int]] = set()

    def respond(self, method: str, params: Any) -> Any:
        match method.removeprefix("POST v1/chain/"), params:
            case "get_info", _:
                return self._info()
            case "get_block_info", {"block_num": int(number)}:
                return self._block(number)
            case "GET v2/health", _:
                indexed = {"first_indexed_block": self.first_block, "last_indexed_block": self.world.head - self.lag}
                services = [{"service": "RabbitMq"}, {"service": "Elasticsearch", "service_data": indexed}]
                return {"version": "3.3.9", "health": services}
            case "GET v2/history/get_actions", _:
                return self._actions(params)
            case "get_account", {"account_name": str(name), "expected_core_symbol": "4,EOS"}:
                return self._account(name)
            case "get_currency_balance", {"code": "core.vaulta", "account": str(name), "symbol": "A"}:
                part = self._held(name) // 3
                return self.twins.get(name, [eos(part).replace("EOS", "A")] if part else [])
            case "get_currency_balance", {"code": "tethertether", "account": str(name), "symbol": "USDT"}:
                held = self._held(name, USDT)
                return self.tokens.get(name, [eos(held).replace("EOS", "USDT")] if held else [])
            case "get_currency_balance", _:
                return []  # of a contract without such a table, too
            case "get_currency_stats", {"code": str(contract), "symbol": str(code)}:
                if contract not in ("core.vaulta", "eosio.token", "tethertether"):
                    return {}
                return {code: {"supply": f"1.{'0' * self.precision[code]} {code}", "issuer": "eosio"}}
            case "get_table_rows", {"code": "eosio", "scope": "eosio", "table": "rexpool"}:
                return {"rows": self.pools, "more": False, "next_key": ""}
        raise Refusal(404, {"code": 404, "message": "Not Found"})

    def _info(self) -> Any:
        if self.later and not self.stuck:
            self.later -= 1
            self.world.tick()
        final, head = self.world.final, self.world.head
        ids = {
            "head_block_id": self.world.digest(head).hex(),
            "last_irreversible_block_id": self.world.digest(final).hex(),
        }
        time = self.world.time(final).strftime("%Y-%m-%dT%H:%M:%S.000")
        numbers = {"head_block_num": head, "last_irreversible_block_num": final}
        return {"chain_id": CHAIN, **numbers, **ids, "last_irreversible_block_time": time}

    def _block(self, number: int) -> Any:
        if not (self.first_block <= number and self.world.has(number)):
            error = {"code": 3100002, "name": "unknown_block_exception", "what": "Unknown block", "details": []}
            raise Refusal(400, {"code": 400, "message": "Unknown Block", "error": error})
        time = self.world.time(number).strftime("%Y-%m-%dT%H:%M:%S.000")
        return {"block_num": number, "id": self.world.digest(number).hex(), "timestamp": time, "producer": "p"}

    def _actions(self, params: Any) -> Any:
        """In the order of the chain; ``total`` counts what the page leaves out, too."""
        assert params["sort"] == "asc"
        contracts = [one.removesuffix(":transfer") for one in params["filter"].split(",")]
        first, last = map(int, params["block_num"].split("-"))
        found = [one for one in self._moves(params["notified"]) if first <= one["block_num"] <= last]
        found += [
            one for one in self.planted if first <= one["block_num"] <= last and params["notified"] in one["notified"]
        ]
        found = [one for one in found if one["act"]["account"] in contracts]
        found.sort(key=lambda one: one["global_sequence"])
        total = {"value": min(len(found), 10_000), "relation": "eq" if len(found) <= 10_000 else "gte"}
        return {"lib": 0, "total": total, "actions": found[: min(int(params["limit"]), self.page_max)]}

    def _moves(self, name: str) -> list[Any]:
        coins, tokens = (BalanceKey(Address(name), instrument) for instrument in (NATIVE, USDT))
        found = []
        for height in range(self.world.first + 1, self.world.head + 1):
            if (name, height) in self.lost:
                continue
            (before, token_before), (after, token_after) = (
                (self.world.at(at).get(coins, 0), self.world.at(at).get(tokens, 0)) for at in (height - 1, height)
            )
            twin = after // 3 - before // 3
            gains = ((after - before - twin, "EOS"), (twin, "A"), (token_after - token_before, "USDT"))
            for gain, code in gains:
                if gain:
                    parties = ("somebody", name) if gain > 0 else (name, "somebody")
                    found.append(transfer(height, *parties, abs(gain), code=code))
        return found

    def _held(self, name: str, instrument: Instrument = NATIVE) -> int:
        self.later = 2
        return self.world.at(self.world.head).get(BalanceKey(Address(name), instrument), 0)

    def _account(self, name: str) -> Any:
        held = self._held(name)
        if self.moving and self.moving.address == name and self.moves:
            self.moves -= 1
            self.world.tick({self.moving: held + 3})
            held += 3
        if name in self.nobody:
            detail = {"message": f"unknown key (boost::tuples::tuple<bool, eosio::chain::name>): (0 {name})"}
            error = {"code": 0, "name": "exception", "what": "unspecified", "details": [detail]}
            raise Refusal(500, {"code": 500, "message": "Internal Service Error", "error": error})
        about = {"account_name": name, "head_block_num": self.world.head, "privileged": False, "ram_quota": 5492}
        empty = {"self_delegated_bandwidth": None, "refund_request": None, "voter_info": None, "rex_info": None}
        liquid = {"core_liquid_balance": eos(held - held // 3)} if held else {}
        return about | empty | liquid | {"permissions": []} | self.said.get(name, {})


class AntelopeHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("antelope:1064487b3cd1a897ce03ae5b6a865651"))  # WAX
    good = tuple(
        GoodAddress(name, name, False) for name in ("eosio", "core.vaulta", "okbtothemoon", "a", "zzzzzzzzzzzzj")
    )
    bad = ("", "Eosio", "eosio ", "eosio.", "okbtothemoon6", "okbtothemoonk1", "zzzzzzzzzzzzz", "a_b", "name0", "é")
    instruments = ((NATIVE, 4), (USDT, 4))
    instruments_bad = (
        "",
        "slip44:60",
        "token:eosio.token/EOS",
        "SLIP44:194",
        "token:USDT",
        "token:usdt-tethertether",
        "token:USDT-Tether",
        "token:EOS-eosio.token",  # the coin itself, as its twin is
        "token:A-core.vaulta",
        f"{USDT} ",
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World(settle=2)
        async with Nodeos(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            unknown, other = key(20_000), key(20_001)
            node.nobody = {unknown.address}
            node.said[other.address] = {"core_liquid_balance": "5.0000 WAX"}
            odd = key(20_002)._replace(instrument=USDT)
            node.tokens[odd.address] = ["5.0000 USDX"]
            failing = [(unknown, Reason.REFUSED), (other, Reason.MALFORMED), (odd, Reason.MALFORMED)]
            yield WorldScene(world, rpc, either, failing)


HARNESS = AntelopeHarness()
