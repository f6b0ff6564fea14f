"""The starknet family on a scripted node: felts, two halves of a u256, blocks on L1 and not yet, old nodes.

Shapes and error codes: https://github.com/starkware-libs/starknet-specs, api/starknet_api_openrpc.json
(starknet_call, starknet_getBlockWithTxHashes, BLOCK_ID with l1_accepted since 0.9; BLOCK_NOT_FOUND 24,
CONTRACT_NOT_FOUND 20, CONTRACT_ERROR 40, for an absent function 21 since 0.8).
Token contracts: starknet-io/starknet-addresses, bridged_tokens/mainnet.json.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.codec import starknet
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:9004")
STRK = "0x04718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d"
ETH = Instrument("erc20:0x049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7")
ODD = Instrument(f"erc20:0x{'0' * 60}beef")
SPEC = ChainSpec(
    id=ChainId("starknet:SN_MAIN"),
    name="scripted Starknet",
    family="starknet",
    native=NATIVE,
    native_decimals=18,
    options={"native_token": STRK},
)
BALANCE_OF = "0x2e4263afad30923c891518314c3c95dbe830a16874e8abc5777a9a20b54c76e"
DECIMALS = "0x4c4fb1ab068f6039d5780c68dd0fa2f8742cceb3426d19667778ca7f3518a9"
TOKENS = {int(STRK, 16): (NATIVE, 18), int(ETH[6:], 16): (ETH, 18), 0xBEEF: (ODD, 6)}


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(starknet.encode(0xABC0000 + number)), (NATIVE, ETH, ODD)[number % 3])


def block_hash(world: World, height: int) -> str:
    return hex(int.from_bytes(world.digest(height)) % starknet.PRIME)


class StarknetNode(Served):
    """The last ``world.settle`` blocks are on L2 only. ``tags``: the node knows l1_accepted.

    ``accounts``: what the contract at an address answers, by the selector of the function.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.tags = True
        self.oldest = 0
        self.said: dict[int, Any] = {}
        self.accounts: dict[int, dict[str, Any]] = {}
        self.no_entry_point = Refusal(21, {"message": "Requested entrypoint does not exist in the contract"})

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "starknet_chainId", []:
                return "0x534e5f4d41494e"
            case "starknet_getBlockWithTxHashes", ["l1_accepted"]:
                if not self.tags:
                    raise Refusal(-32602, {"message": "Invalid params", "data": "unknown variant `l1_accepted`"})
                return self._block(self.world.final)
            case "starknet_getBlockWithTxHashes", ["latest"]:
                return self._block(self.world.head)
            case "starknet_getBlockWithTxHashes", [{"block_number": int(height)}]:
                return self._block(height)
            case "starknet_call", [dict(request), {"block_hash": str(shown)}]:
                return self._call(request, shown)
        raise Refusal(-32601, {"message": "Method not found"})

    def _block(self, height: int) -> Any:
        if not self.world.has(height):
            raise Refusal(24, {"message": "Block not found"})
        status = "ACCEPTED_ON_L1" if height <= self.world.final else "ACCEPTED_ON_L2"
        shown = block_hash(self.world, height)
        return {"status": status, "block_hash": shown, "block_number": height, "timestamp": self.world.seconds(height)}

    def _call(self, request: dict[str, Any], shown: str) -> Any:
        height = self.world.height_of(shown, lambda height: block_hash(self.world, height))
        if height is None or height < self.oldest:
            raise Refusal(24, {"message": "Block not found"})
        contract = int(request["contract_address"], 16)
        if contract in self.accounts:
            said = self.accounts[contract].get(request["entry_point_selector"], self.no_entry_point)
            if isinstance(said, Refusal):
                raise said
            assert request["calldata"] == [], "a view without arguments"
            return said
        token = TOKENS.get(contract)
        if token is None:
            raise Refusal(20, {"message": "Contract not found"})
        if request["entry_point_selector"] == DECIMALS:
            return [hex(token[1])]
        assert request["entry_point_selector"] == BALANCE_OF
        (owner,) = request["calldata"]
        assert owner == hex(int(owner, 16)), "no leading zeros"
        if isinstance(said := self.said.get(int(owner, 16)), Refusal):
            raise said
        held = self.world.at(height).get(BalanceKey(Address(starknet.encode(int(owner, 16))), token[0]), 0)
        return said or [hex(held % 2**128), hex(held >> 128)]


LONG = "0x03b7f0b02b63683eca1639fb2d5dfa1021628d4ee728b03bc0ac2be66edc32f1"


class StarknetHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("starknet:SN_SEPOLIA"))
    good = (
        GoodAddress(LONG, LONG, False),
        GoodAddress("0x3b7f0b02b63683eca1639fb2d5dfa1021628d4ee728b03bc0ac2be66edc32f1", LONG, False),
    )
    bad = ("", "0x", "0x0", "0x1", LONG[2:], LONG.upper(), LONG + "0", "0x" + "f" * 64, LONG + " ", "0x00" + LONG[4:-1])
    instruments = ((NATIVE, 18), (ETH, 18), (ODD, 6))
    instruments_bad = ("", "slip44:60", "erc20:", "erc20:0x1", "ERC20:" + LONG, LONG)

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World(first=0, settle=2)
        async with StarknetNode(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            reverted, broken = key(20_000), key(20_001)
            node.said[int(reverted.address, 16)] = Refusal(
                40, {"message": "Contract error", "data": {"revert_error": "x"}}
            )
            node.said[int(broken.address, 16)] = ["0x1"]
            nowhere = BalanceKey(key(1).address, Instrument(f"erc20:0x{'0' * 60}dead"))
            failing = [(reverted, Reason.REVERTED), (broken, Reason.MALFORMED), (nowhere, Reason.NO_CODE)]
            yield WorldScene(world, rpc, key, failing)


HARNESS = StarknetHarness()
