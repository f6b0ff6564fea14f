"""The cardano family on a scripted Koios: addresses never seen left out, a limit on the request, a tip that moves.

Shapes: https://api.koios.rest (tip, genesis, address_info, limits); that unknown addresses are left out:
cardano-community/koios-artifacts, files/grest/rpc/address/address_info.sql. Addresses: CIP-19's test vectors, and one
published by an exchange.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import orjson

from chains.codec import bech32_bytes
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:1815")
SPEC = ChainSpec(
    id=ChainId("cip34:1-764824073"), name="scripted Cardano", family="cardano", native=NATIVE, native_decimals=6
)
NIGHT = Instrument("asset:0691b2fecca1ac4f53cb6dfb00b7013e561d1f34403b957cbb5af1fa4e49474854")
BODY_MAX = 5 * 1024
ADA_MIN = 1_200_000
"""Lovelace that lie in every output with native assets."""
OTHERS = (("00" * 28, 3), (NIGHT[6:] + "00", 5), (NIGHT[6:-2], 7))
"""Assets beside: of no name, and of names that begin alike."""
Sides = list[tuple[str, int]]


def key(number: int) -> BalanceKey:
    payment, stake = blake2b(b"%d" % number, 28), blake2b(b"stake %d" % number, 28)
    raw = b"\x61" + payment if number % 2 else b"\x01" + payment + stake
    return BalanceKey(Address(bech32_bytes.encode("addr", raw)), NATIVE)


def asset(number: int) -> BalanceKey:
    return key(number)._replace(instrument=NIGHT)


def either(number: int) -> BalanceKey:
    return asset(number) if number % 3 == 2 else key(number)


def output(value: int, *quantities: tuple[str, int]) -> dict[str, Any]:
    """One of utxo_set: its ada, and its native assets by policy and name in one."""
    assets = [
        {"policy_id": unit[:56], "asset_name": unit[56:], "fingerprint": "asset1", "decimals": 0, "quantity": str(n)}
        for unit, n in quantities
    ]
    return {"tx_hash": "0" * 64, "tx_index": 0, "value": str(value), "asset_list": assets}


class Koios(Served):
    """``moves``: so many times a block comes during a reading. ``old``: it names the height block_no."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.moves = 0
        self.old = False
        self.seen: set[str] = set()
        self.said: dict[str, Any] = {}
        self.transactions: list[dict[str, Any]] = []
        self.rows_max = 1000

    def respond(self, method: str, params: Any) -> Any:
        head = self.world.head
        if method == "GET genesis":
            return [{"networkmagic": "764824073", "networkid": "Mainnet", "epochlength": "432000"}]
        if method == "GET tip":
            height = {"block_no" if self.old else "block_height": head}
            return [
                {"hash": self.world.digest(head).hex(), "epoch_no": 500, "block_time": self.world.seconds(head)}
                | height
            ]
        if method == "GET blocks":
            return self._blocks(params)
        if method == "POST address_txs":
            return self._transactions(set(params["_addresses"]), params["_after_block_height"])[: self.rows_max]
        if method == "POST tx_info":
            assert params["_inputs"]
            assert params["_scripts"]
            return [one for one in self.transactions if one["tx_hash"] in params["_tx_hashes"]]
        assert method == "POST address_info"
        if len(orjson.dumps(params)) > BODY_MAX:
            raise Refusal(413, {"message": "the request is too large"})
        if self.moves:
            self.moves -= 1
            self.world.tick()
        infos = [self._info(address, head) for address in params["_addresses"]]
        return [info for info in reversed(infos) if info is not None]

    def _blocks(self, params: Any) -> Any:
        """The columns are filtered and ordered as PostgREST does."""
        assert (params["order"], params["limit"]) == ("block_height.desc", "1")
        operator, _, seconds = params["block_time"].partition(".")
        assert operator == "lte"
        heights = range(self.world.head, self.world.first - 1, -1)
        rows = [{"block_height": at, "block_time": self.world.seconds(at), "epoch_no": 500} for at in heights]
        return [row for row in rows if row["block_time"] <= int(seconds)][:1]

    def _transactions(self, addresses: set[str], first: int) -> list[Any]:
        found = []
        for one in reversed(self.transactions):
            sides = [*one["inputs"], *one["outputs"], *one["collateral_inputs"]]
            if one["block_height"] >= first and addresses & {side["payment_addr"]["bech32"] for side in sides}:
                found.append({name: one[name] for name in ("tx_hash", "block_height", "epoch_no")})
        return found

    def transact(self, height: int, inputs: Sides, outputs: Sides, *, valid: bool = True) -> None:
        """One transaction; where its script fails (``valid``), its inputs stay and its collateral goes."""
        sides = [
            [{"payment_addr": {"bech32": who}, "value": str(value)} for who, value in side]
            for side in (inputs, outputs)
        ]
        contracts = [{"address": None, "valid_contract": valid}]
        self.transactions.append(
            {
                "tx_hash": f"{len(self.transactions):064x}",
                "block_height": height,
                "epoch_no": 500,
                "inputs": sides[0],
                "outputs": sides[1],
                "collateral_inputs": [] if valid else sides[0],
                "plutus_contracts": contracts,
            }
        )

    def _info(self, address: str, height: int) -> Any:
        state = self.world.at(height)
        held, night = (state.get(BalanceKey(Address(address), one)) for one in (NATIVE, NIGHT))
        if held is None and night is None and address not in self.seen | self.said.keys():
            return None
        ada = (held or 0) + (0 if night is None else ADA_MIN)
        outputs = [output(ada, *OTHERS, *([] if night is None else [(NIGHT[6:], night)]))] if ada else []
        info: dict[str, Any] = {"address": address, "balance": str(ada), "stake_address": None, "utxo_set": outputs}
        return info | self.said.get(address, {})


class CardanoScene(WorldScene):
    """Every change is a transaction, too."""

    node: Koios

    async def change(self) -> tuple[BalanceKey, int]:
        changed, amount = await super().change()
        self.node.transact(self.world.head, [], [(changed.address, 1)])
        return changed, amount


def good(text: str, canonical: str | None = None) -> GoodAddress:
    return GoodAddress(text, canonical or text, True)


BASE = "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x"
SCRIPT = "addr1w8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcyjy7wx"


class CardanoHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("cip34:1-1"))
    good = (
        good(BASE),
        good(BASE.upper(), BASE),
        good(SCRIPT),
        good("addr1v9500j9f8sgnw9uftxmuc429kyy2mduuaj3649rw779v8ks4nyrxz"),
        good("Ae2tdPwUPEYwFx4dmJheyNPPYXtvHbJLeCaA96o6Y2iiUL18cAt7AizN2zG"),
        good(
            "DdzFFzCqrhsszHTvbjTmYje5hehGbadkT6WgWbaqCy5XNxNttsPNF13eAjjBHYT7JaLJz2XVxiucam1EvwBRPSTiCrT4TNCBas4hfzic"
        ),
    )
    bad = (
        "",
        "addr1",
        BASE[:-1],
        BASE + " ",
        "A" + BASE[1:],
        "stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw",
        "addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz",
        "addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k",  # a pointer address
        "2cWKMJemoBaipzQe9BArYdo2iPUfJQdZAjm4iCzDA1AfNxJSTgm9FZQTmFCYhKkeYrede",  # Byron, of a test network
        "Ae2tdPwUPEYwFx4dmJheyNPPYXtvHbJLeCaA96o6Y2iiUL18cAt7AizN2zH",
    )
    instruments = ((NATIVE, 6),)
    instruments_bad = (
        "",
        "slip44:60",
        "SLIP44:1815",
        "token:12",
        "asset:",
        NIGHT[:-1],
        NIGHT.upper(),
        NIGHT + " ",
        "asset:" + "00" * 27,
        "asset:" + "00" * 61,
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World()
        async with Koios(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            broken = key(20_000)
            node.said[broken.address] = {"balance": "-5"}
            short = asset(20_001)
            node.said[short.address] = {"balance": "5", "utxo_set": []}
            scene = CardanoScene(world, rpc, either, [(broken, Reason.MALFORMED), (short, Reason.MALFORMED)])
            scene.node = node
            yield scene


HARNESS = CardanoHarness()
