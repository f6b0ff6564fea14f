"""The filecoin family on a scripted Lotus: parent state, null rounds, and its own words for an actor that is not there.

Methods, shapes and errors: https://github.com/filecoin-project/lotus, documentation/en/api-v1-unstable-methods.md;
chain/stmgr (LoadActorTsk: StateGetActor reads the parent state of the tipset it is given); gateway/node.go (lookback).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chains.codec import filecoin
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:461")
GENESIS = "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2"
SPEC = ChainSpec(
    id=ChainId("fil:f"),
    name="scripted Filecoin",
    family="filecoin",
    native=NATIVE,
    native_decimals=18,
    options={"genesis": GENESIS},
)


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(filecoin.encode(blake2b(b"%d" % number, 20), "f1")), NATIVE)


def cid(world: World, height: int) -> str:
    return "bafy2bzace" + world.digest(height).hex()


class Lotus(Served):
    """Rounds in ``null`` have no tipset. ``f3``: the node knows final tipsets. ``oldest``: how far it looks back."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.null: set[int] = set()
        self.f3 = True
        self.oldest = 0
        self.gone = False  # a split store that no longer has the state
        self.broken: set[str] = set()
        self.multisigs: dict[str, int] = {}  # what is available of them
        self.miners: dict[str, int] = {}
        self.gateway = False  # which does not serve StateMinerAvailableBalance

    def _below(self, height: int) -> int:
        while height in self.null:
            height -= 1
        return height

    def _above(self, height: int) -> int:
        while height in self.null:
            height += 1
        return height

    def tipset(self, height: int) -> dict[str, Any]:
        if height < self.oldest:
            raise Refusal(1, "bad tipset height: lookbacks of more than 24h0m0s are disallowed")
        if height > self.world.head:
            raise Refusal(1, "looking for tipset with height greater than start point")
        parents = [
            {"/": cid(self.world, self._below(height - 1))},
            {"/": cid(self.world, self._below(height - 1)) + "b"},
        ]
        block = {"Timestamp": self.world.seconds(height), "Parents": parents, "Height": height, "Miner": "f01000"}
        mine = cid(self.world, height)
        return {"Cids": [{"/": mine}, {"/": mine + "b"}], "Blocks": [block, block], "Height": height}

    def respond(self, method: str, params: Any) -> Any:
        match method, params:
            case "Filecoin.ChainGetGenesis", []:
                block = {"Timestamp": 1598306400, "Parents": None, "Height": 0}
                return {"Cids": [{"/": GENESIS}], "Blocks": [block], "Height": 0}
            case "Filecoin.ChainHead", []:
                return self.tipset(self._below(self.world.head))
            case "Filecoin.ChainGetFinalizedTipSet", []:
                if not self.f3:
                    raise Refusal(-32601, "method 'Filecoin.ChainGetFinalizedTipSet' not found")
                return self.tipset(self._below(self.world.final))
            case "Filecoin.ChainGetTipSetByHeight", [int(height), None]:
                return self.tipset(self._below(height))
            case "Filecoin.ChainGetTipSetAfterHeight", [int(height), None]:
                return self.tipset(self._above(height))
            case "Filecoin.StateGetActor", [str(address), [{"/": str(shown)}, {"/": _}]]:
                return self._actor(address, shown)
            case "Filecoin.MsigGetAvailableBalance", [str(address), _]:
                return self._available(self.multisigs, address)
            case "Filecoin.StateMinerAvailableBalance", [str(address), _] if not self.gateway:
                return self._available(self.miners, address)
        raise Refusal(-32601, f"method '{method}' not found")

    def _available(self, kind: dict[str, int], address: str) -> str:
        if address not in kind:
            raise Refusal(1, "failed to load multisig actor state: unknown actor code bafk2bzac")
        return str(kind[address])

    def _actor(self, address: str, shown: str) -> Any:
        height = self.world.height_of(shown, lambda height: cid(self.world, height))
        if height is None or self.gone:
            raise Refusal(1, f"loading tipset {{{shown}}}: ipld: could not find {shown}")
        if address in self.broken:
            raise Refusal(1, "failed to load hamt node: unexpected EOF")
        state = self.world.at(height - 1)  # the parent state, not what this tipset's messages leave
        balance = state.get(BalanceKey(Address(address), NATIVE))
        if balance is None:
            raise Refusal(1, f"failed to resolve address: resolution lookup failed ({address}): actor not found")
        return {"Code": {"/": "bafk2bzac"}, "Head": {"/": "bafy2bzac"}, "Nonce": 3, "Balance": str(balance)}


class FilecoinHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(
        SPEC, options={"genesis": "bafy2bzacecyaggy24wol5ruvs6qm73gjibs2l2iyhcqmvi7r7a4ph7zx3yqd4"}
    )
    good = (
        *(
            GoodAddress(filecoin.encode(b"\x01" * 20, head), filecoin.encode(b"\x01" * 20, head), True)
            for head in ("f1", "f2", "f410f")
        ),
        GoodAddress(filecoin.encode(b"\x01" * 48, "f3"), filecoin.encode(b"\x01" * 48, "f3"), True),
        GoodAddress("f15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq", "f15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq", True),
        GoodAddress("f01000", "f01000", False),
    )
    bad = (
        "",
        "f0",
        "f000",
        "f01000 ",
        "f09223372036854775808",
        "f0١",  # an Arabic digit
        "t15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq",
        "F15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq",
        "f15IHQ5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq",
        "f25ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq",
        "f15ihq5ibzwki2b4ep2f46avlkrqzhpqgtga7pdrq\n",
        "0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb",
    )
    instruments = ((NATIVE, 18),)
    instruments_bad = ("", "slip44:60", "SLIP44:461", " slip44:461", "erc20:0x12")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World(settle=2)
        async with Lotus(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            node.broken = {key(20_000).address}
            yield WorldScene(world, rpc, key, [(key(20_000), Reason.REFUSED)])


HARNESS = FilecoinHarness()
