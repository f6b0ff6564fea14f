"""The ton family on a scripted index: rows left out, statuses, wallets of jettons, fakes among them.

Shapes: https://toncenter.com/api/v3 (masterchainInfo, accountStates, jetton/wallets, jetton/masters); its source:
toncenter/ton-indexer, ton-index-go/index (models.go; crud: absent rows are left out, few are given without a limit).
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import msgspec

from chains.codec import ton
from chains.codec.hashes import blake2b
from chains.codec.ton import TonAddress
from chains.codec.ton_cell import uint
from chains.codec.ton_jetton import governed_wallet
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.ton.transactions import INTERNAL_TRANSFER, NOBODY, TRANSFER
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress, Scene
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

MASTER = "EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs"
CODE = "89468f02c78e570802e39979c8516fc38df07ea76a48357e0536f2ba7b3ee37b"
NATIVE, USDT = Instrument("slip44:607"), Instrument(f"jetton:{MASTER}")
SPEC = ChainSpec(
    id=ChainId("tvm:-239"),
    name="scripted TON",
    family="ton",
    native=NATIVE,
    native_decimals=9,
    options={"jettons": {MASTER: CODE}},
)
DEFAULT_LIMIT, ROWS_MAX = 10, 1000


def key(number: int) -> BalanceKey:
    address = TonAddress(-1 if number % 5 == 4 else 0, blake2b(b"%d" % number, 32))
    return BalanceKey(Address(ton.encode(address, bounceable=True)), (NATIVE, USDT)[number % 2])


def raw(address: TonAddress) -> str:
    return f"{address.workchain}:{address.hash.hex().upper()}"


@cache
def wallet(owner: str, code: str = CODE) -> TonAddress:
    return governed_wallet(ton.decode(owner), ton.decode(MASTER), bytes.fromhex(code))


class Toncenter(Served):
    """``moves``: so many times a block comes during a reading. ``said`` replaces parts of the row of an address.

    ``fakes`` are further wallets that claim to be an owner's; ``keys_max`` is what the server in front takes. Blocks
    of ``lost`` heights have no transactions here. ``methods``: what a method of an address returns.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.moves = 0
        self.keys_max = ROWS_MAX
        self.status: dict[str, str] = {}
        self.said: dict[str, Any] = {}
        self.fakes: list[dict[str, Any]] = []
        self.content: dict[str, Any] = {"decimals": "6", "uri": "https://tether.example/usdt-ton.json"}
        self.code = CODE
        self.masters = True
        self.global_id = -239
        self.lost: set[int] = set()
        self.rows_max = ROWS_MAX
        self.methods: dict[tuple[str, str], str] = {}

    def respond(self, method: str, params: Any) -> Any:
        match method:
            case "GET v3/masterchainInfo":
                return {"last": self._block(self.world.head), "first": self._block(self.world.first)}
            case "POST v3/runGetMethod":
                assert params["stack"] == []
                value = self.methods.get((params["address"], params["method"]))
                stack = [] if value is None else [{"type": "num", "value": value}]
                return {"gas_used": 600, "exit_code": 11 if value is None else 0, "stack": stack}
            case "GET v3/blocks":
                assert (params["workchain"], params["shard"]) == ("-1", "8000000000000000")
                return {"blocks": self._blocks(params)}
            case "GET v3/transactions":
                assert (params["sort"], params["limit"]) == ("asc", "1000")
                return {"transactions": self._transactions(params)[: self.rows_max], "address_book": {}}
            case "GET v3/jetton/masters":
                assert params == {"address": MASTER, "limit": "1"}
                return {"jetton_masters": [self._master()] if self.masters else [], "address_book": {}, "metadata": {}}
            case "GET v3/accountStates":
                assert params["include_boc"] == "false"
                return {"accounts": self._rows(params, self._account), "address_book": {}, "metadata": {}}
            case "GET v3/jetton/wallets":
                rows = self._rows(params, self._wallet)[: int(params.get("limit", DEFAULT_LIMIT))]
                return {"jetton_wallets": rows, "address_book": {}, "metadata": {}}
        raise Refusal(404, {"error": "not found"})

    def _blocks(self, params: Any) -> list[Any]:
        if "seqno" in params:
            height = int(params["seqno"])
            return [self._block(height)] if self.world.has(height) else []
        assert params["sort"] == "desc"
        heights = range(self.world.head, self.world.first - 1, -1)
        found = [height for height in heights if self.world.seconds(height) <= int(params["end_utime"])]
        return [self._block(height) for height in found[: int(params["limit"])]]

    def _block(self, height: int) -> dict[str, Any]:
        root = base64.b64encode(self.world.digest(height)).decode()
        ids = {"workchain": -1, "shard": "8000000000000000", "seqno": height, "root_hash": root, "file_hash": root}
        return ids | {"global_id": self.global_id, "gen_utime": str(self.world.seconds(height)), "tx_count": 3}

    def _master(self) -> dict[str, Any]:
        code = base64.b64encode(bytes.fromhex(self.code)).decode()
        about = {"jetton_content": self.content, "jetton_wallet_code_hash": code, "mintable": True}
        return {"address": raw(ton.decode(MASTER)), "total_supply": "1", **about}

    def _transactions(self, params: Any) -> list[Any]:
        """One in every block that changed what an account holds; those of ``lost`` heights are missing in the index."""
        account = ton.decode(params["account"])
        kept = next((key for key in self.world.at(self.world.head) if kept_by(key) == account), None)
        found, last = [], 0
        for height in range(self.world.first + 1, self.world.head + 1):
            before, after = (None if kept is None else self.world.at(at).get(kept) for at in (height - 1, height))
            if kept is None or before == after:
                continue
            states = states_of_coins(before, after) if kept.instrument == NATIVE else states_of_jettons(before, after)
            ids = {"account": raw(account), "lt": str(10 * height), "prev_trans_lt": str(last)}
            last = 10 * height
            wanted = self.world.seconds(height) >= int(params["start_utime"]) and last >= int(params["start_lt"])
            if wanted and height not in self.lost:
                found.append({**ids, "now": self.world.seconds(height), "mc_block_seqno": height, **states})
        return found

    def _rows(self, params: Any, row: Any) -> list[Any]:
        asked = params["address"] if isinstance(params["address"], list) else [params["address"]]
        if len(asked) > self.keys_max:
            raise Refusal(414, {"error": "the URI is too long"})
        state = self.world.at(self.world.head)
        if self.moves:
            self.moves -= 1
            self.world.tick()
        found = [row(ton.decode(address), state) for address in asked]
        return [one for one in reversed(found) if one is not None]

    def _account(self, address: TonAddress, state: Any) -> Any:
        name = ton.encode(address, bounceable=True)
        held = state.get(BalanceKey(Address(name), NATIVE))
        if held is None and name not in self.status | self.said:
            return None
        status = self.status.get(name, "active")
        return {"address": raw(address), "balance": str(held or 0), "status": status} | self.said.get(name, {})

    def _wallet(self, address: TonAddress, state: Any) -> Any:
        for fake in self.fakes:
            if fake["address"] == raw(address):
                return fake
        for (owner, instrument), held in state.items():
            if instrument == USDT and wallet(owner, self.code) == address:
                parts = {"owner": raw(ton.decode(owner)), "jetton": raw(ton.decode(MASTER)), "code_hash": "iUaP"}
                return {"address": raw(address), "balance": str(held), **parts} | self.said.get(owner, {})
        return None


def kept_by(key: BalanceKey) -> TonAddress:
    return ton.decode(key.address) if key.instrument == NATIVE else wallet(key.address)


def states_of_coins(before: int | None, after: int | None) -> dict[str, Any]:
    return {"account_state_before": state(before), "account_state_after": state(after), "in_msg": None}


def states_of_jettons(before: int | None, after: int | None) -> dict[str, Any]:
    """Of a jetton wallet that some coins keep alive."""
    states = [
        state(None if held is None else 10**7) | {"data_hash": None if held is None else str(held)}
        for held in (before, after)
    ]
    moved = (after or 0) - (before or 0)
    body = message(INTERNAL_TRANSFER if moved > 0 else TRANSFER, abs(moved))
    said = {"bounced": False, "message_content": {"hash": "x", "body": body, "decoded": None}}
    return {"account_state_before": states[0], "account_state_after": states[1], "in_msg": said}


def state(held: int | None) -> dict[str, Any]:
    """As toncenter was seen to say of an account that does not exist, and of others."""
    if held is None:
        return {"hash": NOBODY, "balance": None, "account_status": None, "data_hash": None}
    return {"hash": "x", "balance": str(held), "account_status": "active", "data_hash": "x"}


def message(operation: int, amount: int, *, returned: bool = False) -> str:
    """The body of a message about jettons (operation, query id, amount), as a bag of one cell in Base64."""
    size = -(-amount.bit_length() // 8)
    bits = "1" * 32 * returned + uint(operation, 32) + uint(7, 64) + uint(size, 4) + uint(amount, 8 * size)
    return base64.b64encode(bag(bits)).decode()


def bag(bits: str) -> bytes:
    """A bag of one cell without references."""
    whole, rest = divmod(len(bits), 8)
    padded = bits + ("1" + "0" * (7 - rest) if rest else "")
    data = bytes([0, 2 * whole + (rest > 0)]) + int(padded or "0", 2).to_bytes(len(padded) // 8, "big")
    return bytes.fromhex("b5ee9c720101010100") + bytes([len(data), 0]) + data


BOUNCEABLE = "EQAj3SoOk4MPzjn816Crw1b4RxW79fB_Z549tyCd9HIQV6b7"
OTHERWISE = ton.encode(ton.decode(BOUNCEABLE), bounceable=False)
HEX = ton.decode(BOUNCEABLE).hash.hex()
CONFIG = "Ef9VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVbxn"  # of the masterchain


class TonHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("tvm:-3"))
    good = (
        GoodAddress(BOUNCEABLE, BOUNCEABLE, True),
        GoodAddress(OTHERWISE, BOUNCEABLE, True),
        GoodAddress(BOUNCEABLE.replace("_", "/"), BOUNCEABLE, True),
        GoodAddress(f"0:{HEX}", BOUNCEABLE, False),
        GoodAddress(f"0:{HEX.upper()}", BOUNCEABLE, False),
        GoodAddress(
            "Ef9VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVbxn", "Ef9VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVbxn", True
        ),
    )
    bad = (
        "",
        BOUNCEABLE[:-1],
        BOUNCEABLE + " ",
        f"1:{HEX}",  # no such workchain
        f"0:{HEX[:-1]}",
        f"0:{HEX[:32]}{HEX[32:].upper()}",
        HEX,
        "0QAvlUF6KtTT7R9/kmxOPULEMd+zbtVBZigkorOlGqWtzVky",  # of a test network
        "kf8guqdIbY6kpMykR8WFeVGbZcP2iuBagXfnQuq0rGrxgE04",  # of a test network
    )
    instruments = ((NATIVE, 9), (USDT, 6))
    instruments_bad = (
        "",
        "slip44:60",
        "jetton:",
        f"JETTON:{MASTER}",
        f"jetton:{OTHERWISE}",
        f"jetton:0:{ton.decode(MASTER).hash.hex()}",
    )

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Scene]:
        world = World()
        async with Toncenter(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            broken, other = key(20_000), key(20_002)
            node.said[broken.address] = {"balance": "-5"}
            node.said[other.address] = {"status": "asleep"}
            yield WorldScene(world, rpc, key, [(broken, Reason.MALFORMED), (other, Reason.MALFORMED)])


HARNESS = TonHarness()
