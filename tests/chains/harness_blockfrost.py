"""The cardano family on a scripted Blockfrost: 404 for what was never used, pages of 100, reference inputs, refusals.

Shapes: https://github.com/blockfrost/openapi, src/schemas (genesis_content, blocks/block_content,
addresses/address_content, addresses/address_transactions_content, txs/tx_content, txs/tx_content_utxo) and
src/responses/errors; what is answered when: blockfrost-backend-ryo, src/routes, src/sql and src/utils/error-handler.ts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chains.rpc import open_provider
from chains.types import Reason
from tests.chains.harness_cardano import SPEC, CardanoHarness, CardanoScene, Koios, either, key
from tests.chains.served import Keyed, Refusal
from tests.chains.world import World, WorldScene
from tests.rest import Answer

PAGE_MAX = 100
LOOKED_AT = "77"


def error(status: int, name: str, message: str) -> dict[str, Any]:
    return {"status_code": status, "error": name, "message": message}


NOT_FOUND = error(404, "Not Found", "The requested component has not been found.")
INVALID_PATH = error(400, "Bad Request", "Invalid path. Please check https://docs.blockfrost.io/")
INVALID_ADDRESS = error(400, "Bad Request", "Invalid address for this network or malformed address format.")
OVER_LIMIT = error(402, "Project Over Limit", "Usage is over limit.")
BANNED = error(418, "Requested Banned", "IP has been auto-banned for flooding.")


class Blockfrost(Keyed, Koios):
    """The same ledger in other words. ``refusals``: the status and the body in place of an answer, by path."""

    key_in = "project_id"
    refused = Answer(error(403, "Forbidden", "Invalid project token."), 403)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.refusals: dict[str, tuple[int, Any]] = {}

    def respond(self, method: str, params: Any) -> Any:
        path = method.removeprefix("GET ")
        if path in self.refusals:
            raise Refusal(*self.refusals[path])
        match path.split("/"):
            case ["genesis"]:
                return {"network_magic": 764824073, "epoch_length": 432000, "system_start": 1506203091}
            case ["blocks", which]:
                return self._block(self.world.head if which == "latest" else int(which))
            case ["addresses", address]:
                return self._address(address)
            case ["addresses", address, "transactions"]:
                return self._page(address, params)
            case ["txs", tx_hash]:
                return {name: self._found(tx_hash)[name] for name in ("hash", "block_height", "valid_contract")}
            case ["txs", tx_hash, "utxos"]:
                return {name: self._found(tx_hash)[name] for name in ("hash", "inputs", "outputs")}
        raise Refusal(400, INVALID_PATH)

    def _block(self, height: int) -> Any:
        if not self.world.has(height):
            raise Refusal(404, NOT_FOUND)
        block = {"hash": self.world.digest(height).hex(), "height": height, "slot": 20 * height}
        return block | {"time": self.world.seconds(height), "confirmations": self.world.head - height}

    def _address(self, address: str) -> Any:
        info = self._info(address, self.world.head)
        if info is None:
            raise Refusal(404, NOT_FOUND)
        if self.moves:
            self.moves -= 1
            self.world.tick()
        assets = [
            {"unit": one["policy_id"] + one["asset_name"], "quantity": one["quantity"]}
            for output in info["utxo_set"]
            for one in output["asset_list"]
        ]
        amount = [{"unit": "lovelace", "quantity": info["balance"]}, *assets]
        said = {"address": address, "amount": amount, "stake_address": None, "type": "shelley", "script": False}
        return said | self.said.get(address, {})

    def _page(self, address: str, params: Any) -> Any:
        if not self._transactions({address}, 0):
            raise Refusal(404, NOT_FOUND)
        found = self._transactions({address}, int(params.get("from", 0)))
        if params.get("order") != "desc":
            found = found[::-1]
        count = min(int(params.get("count", PAGE_MAX)), PAGE_MAX)
        start = (int(params.get("page", 1)) - 1) * count
        return [
            {"tx_hash": one["tx_hash"], "tx_index": 0, "block_height": one["block_height"]}
            for one in found[start : start + count]
        ]

    def _found(self, tx_hash: str) -> dict[str, Any]:
        """With one more output looked at and not spent; it belongs to the first who is paid."""
        for one in self.transactions:
            if one["tx_hash"] == tx_hash:
                looked_at = [{**side, "value": LOOKED_AT} for side in one["outputs"][:1]]
                return {
                    "hash": tx_hash,
                    "block_height": one["block_height"],
                    "valid_contract": one["plutus_contracts"][0]["valid_contract"],
                    "inputs": [
                        *map(_side, one["inputs"]),
                        *(_side(side) | {"reference": True} for side in looked_at),
                        *(_side(side) | {"collateral": True} for side in one["collateral_inputs"]),
                    ],
                    "outputs": [*map(_side, one["outputs"])],
                }
        raise Refusal(404, NOT_FOUND)


def _side(side: dict[str, Any]) -> dict[str, Any]:
    amount = [{"unit": "lovelace", "quantity": side["value"]}]
    return {"address": side["payment_addr"]["bech32"], "amount": amount, "collateral": False, "reference": False}


class BlockfrostHarness(CardanoHarness):
    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with Blockfrost(world) as node, open_provider(node.provider(SPEC.id, kind="blockfrost")) as rpc:
            broken, refused = key(20_000), key(20_001)
            node.said[broken.address] = {"amount": [{"unit": "lovelace", "quantity": "-5"}]}
            node.refusals[f"addresses/{refused.address}"] = 400, INVALID_ADDRESS
            failing = [(broken, Reason.MALFORMED), (refused, Reason.REFUSED)]
            scene = CardanoScene(world, rpc, either, failing)
            scene.node = node
            yield scene


HARNESS = BlockfrostHarness()
