"""Scripted Tronscan and Subscan: what addresses hold now, in the documented shapes, with the traps of each.

Tronscan: https://docs.tronscan.org/api-endpoints/account (api/accountv2) and .../block (api/block). Subscan:
https://github.com/subscan-explorer/subscan-OpenAPI, docs/swagger.yaml (J, ChainBlockJson, TokenJson) and docs/Global
Conventions.md; subscan-api-docs, source/includes/_account.md (account-tokens) and _general.md (metadata).
"""

from __future__ import annotations

from typing import Any

from chains.types import Address, BalanceKey, Instrument
from tests.chains.harness_tron import NATIVE as TRX
from tests.chains.harness_tron import TOKEN, address, trc20
from tests.chains.served import Keyed, Refusal
from tests.chains.substrate import DECIMALS, NATIVE, USDT, Substrate
from tests.chains.world import World
from tests.rest import Answer

LOOKALIKE = address(77)


class NowServer(Keyed):
    """``said``: fields laid over what is answered about an address. ``refusals``: of addresses."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.said: dict[str, dict[str, Any]] = {}
        self.refusals: dict[str, tuple[int, Any]] = {}

    def held(self, holder: str, instrument: Instrument) -> int | None:
        if holder in self.refusals:
            raise Refusal(*self.refusals[holder])
        return self.world.at(self.world.head).get(BalanceKey(Address(holder), instrument))


class TronscanServer(NowServer):
    """``lost``: blocks it does not find."""

    key_in = "TRON-PRO-API-KEY"
    refused = Answer({"message": "Unauthorized"}, 401)
    lost: tuple[int, ...] = ()

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "GET api/block", {"sort": "-number", "limit": "1"}:
                return self._blocks(self.world.head)
            case "GET api/block", {"number": str(number)}:
                # A filter that matches nothing is answered with an empty list.
                return self._blocks(int(number)) if int(number) not in self.lost else {"total": 0, "data": []}
            case "GET api/accountv2", {"address": str(holder)}:
                return self._account(holder)
        raise Refusal(404, {"message": "Not Found"})

    def _blocks(self, number: int) -> Any:
        block = {"number": number, "hash": self.world.digest(number).hex(), "size": 2815, "nrOfTrx": 12}
        return {"total": 1, "data": [block | {"timestamp": 1000 * self.world.seconds(number), "confirmed": False}]}

    def _account(self, holder: str) -> Any:
        coins, tokens = self.held(holder, TRX) or 0, self.held(holder, trc20(TOKEN))
        listed = [
            # Priced in TRX, and not a number of tokens; names are anybody's.
            {"tokenId": "_", "tokenAbbr": "trx", "balance": str(coins), "amount": "12586.812345", "tokenDecimal": 6},
            {"tokenId": LOOKALIKE, "tokenAbbr": "USDT", "balance": "999999000000", "amount": "5", "tokenDecimal": 6},
        ]
        if tokens is not None:
            said = {"tokenId": TOKEN, "tokenAbbr": "USDT", "balance": str(tokens), "amount": "22020.58"}
            listed.append(said | {"tokenDecimal": 6})
        account = {
            "address": holder,
            "activated": True,
            "balance": coins,
            "totalFrozenV2": 5,
            "withPriceTokens": listed,
        }
        return account | self.said.get(holder, {})


class SubscanServer(NowServer):
    """``age_s``: how long ago its answers were made; None: it does not say. ``code``: of its failure, with 200."""

    key_in = "X-API-Key"
    refused = Answer({"code": 403, "message": "Subscan API strictly requires an API key."}, 400)
    age_s: int | None = 0
    code = 0

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "POST api/scan/metadata", {**more} if not more:
                heights = {"blockNum": self.world.head, "finalized_blockNum": self.world.final}
                return self._said({name: str(height) for name, height in heights.items()})
            case "POST api/scan/block", {"block_num": int(number)}:
                block_hash = "0x" + self.world.digest(number).hex()
                return self._said({"block_num": number, "hash": block_hash, "finalized": False})
            case "POST api/scan/account/tokens", {"address": str(holder)}:
                return self._said(self._tokens(holder))
        raise Refusal(404, {"code": 404, "message": "Not Found"})

    def _said(self, data: Any) -> Any:
        made = {} if self.age_s is None else {"generated_at": self.world.seconds(self.world.head) - self.age_s}
        if self.code:
            return {"code": self.code, "message": "Record Not Found", **made}
        return {"code": 0, "message": "Success", **made, "data": data}

    def _tokens(self, holder: str) -> Any:
        coins, dollars = self.held(holder, NATIVE), self.held(holder, USDT)
        native = {"symbol": "DOT", "decimals": DECIMALS, "balance": str(coins), "lock": "0", "reserved": "0"}
        spam = {"symbol": "USDt", "asset_id": "31337", "unique_id": "standard_assets/31337", "balance": "5"}
        usdt = {"symbol": "USDt", "asset_id": "1984", "unique_id": "standard_assets/1984", "balance": str(dollars)}
        return {
            "native": None if coins is None else [native | self.said.get(holder, {})],
            "assets": [spam] if dollars is None else [spam, usdt | self.said.get(holder, {})],
        }


class Living(Substrate):
    """A node beside it. A block comes whenever it is asked for the newest final one, from the second on ``changes``."""

    changes: dict[BalanceKey, int] = {}  # noqa: RUF012  (replaced, never changed)

    def respond(self, method: str, params: Any) -> Any:
        if method == "chain_getFinalizedHead":
            self.world.tick()
        answer = super().respond(method, params)
        if method == "chain_getFinalizedHead" and self.changes:
            self.world.tick(self.changes)
        return answer
