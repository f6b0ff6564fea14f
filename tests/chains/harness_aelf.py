"""The aelf family on a scripted node: views as signed transactions, executed on a best chain that moves.

Shapes: https://docs.aelf.com/tools/web-api/chain-api (chainStatus, blockByHeight, executeTransaction). That a view must
be signed, what a refusal looks like, and that an absent balance is left out of GetBalanceOutput: AElfProject/AElf,
src/AElf.WebApp.Application.Chain/Services, contract/AElf.Contracts.MultiToken. Genesis hashes of main and test network:
the node scripts of an operator. The address: docs.aelf.com, boot sequence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import msgspec
from coincurve import PublicKey

from chains.aelf.contract import decode_address
from chains.codec import base58check, proto
from chains.codec.hashes import blake2b
from chains.rpc import open_rpc
from chains.spec import ChainSpec
from chains.types import Address, BalanceKey, ChainId, Instrument, Reason
from tests.chains.harness import GoodAddress
from tests.chains.served import Refusal, Served
from tests.chains.world import World, WorldScene

NATIVE = Instrument("slip44:1616")
TOKEN = "JRmBduh4nXWi1aXgdUsj5gJrzeZb2LxmrAbf7W99faZSvoAaE"
GENESIS = "73b6d1064013c0b34e6b4783d04a7c550863c95bd78e9b372fe8372577e290e8"
TEST_GENESIS = "ca35103cb8edad6e4f804535c5106b79b9fa5257f764b19f042e0ffe78c035f8"
SPEC = ChainSpec(
    id=ChainId("aelf:AELF"),
    name="scripted aelf",
    family="aelf",
    native=NATIVE,
    native_decimals=8,
    options={"token": TOKEN, "genesis": GENESIS},
)


def key(number: int) -> BalanceKey:
    return BalanceKey(Address(base58check.encode(blake2b(b"%d" % number, 32))), NATIVE)


def refused(code: str, message: str) -> Refusal:
    return Refusal(403, {"Error": {"Code": code, "Message": message, "Details": None, "Data": {}}})


class AelfNode(Served):
    """Asked for a balance, its next two looks at the chain are each a few blocks later.

    ``said`` replaces the output for an address, None being nothing at all; ``moves``: so many times a block changes
    ``moving`` when it is asked about.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.later = 0
        self.stuck = False
        self.genesis = GENESIS
        self.decimals = 8
        self.said: dict[str, Any] = {}
        self.moves = 0
        self.moving: BalanceKey | None = None

    def respond(self, method: str, params: Any) -> Any:
        match method:
            case "GET blockChain/chainStatus":
                return self._status()
            case "GET blockChain/blockByHeight":
                return self._block(int(params["blockHeight"]))
            case "POST blockChain/executeTransaction":
                return self._execute(bytes.fromhex(params["RawTransaction"]))
        raise Refusal(404, {"message": "not found"})

    def _status(self) -> Any:
        if self.later and not self.stuck:
            self.later -= 1
            self.world.tick()
        head, final = self.world.head, self.world.final
        best = {"BestChainHash": self.world.digest(head).hex(), "BestChainHeight": head}
        sure = {"LastIrreversibleBlockHash": self.world.digest(final).hex(), "LastIrreversibleBlockHeight": final}
        return {"ChainId": "AELF", "Branches": {}, "GenesisBlockHash": self.genesis, **best, **sure}

    def _block(self, height: int) -> Any:
        time = self.world.time(height).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
        header = {"Height": height, "Time": time, "ChainId": "AELF"}
        return {"BlockHash": self.world.digest(height).hex(), "Header": header, "Body": {"TransactionsCount": 9}}

    def _execute(self, raw: bytes) -> Any:
        self.later = 2
        sender, to = (proto.fields(proto.fields(raw, number)[0], 1)[0] for number in (1, 2))
        (signature,) = proto.fields(raw, 10000)
        body = raw[: -len(proto.field(10000, signature))]
        signer = PublicKey.from_signature_and_message(signature, sha256(body).digest(), hasher=None)
        if sha256(sha256(signer.format(compressed=False)).digest()).digest() != sender:
            raise refused("20016", "Invalid signature")
        if proto.fields(raw, 4) != [self.world.digest(proto.unsigned(raw, 3))[:4]]:
            raise refused("20012", "Invalid Transaction")
        if to != decode_address(TOKEN):
            return ""
        method, params = proto.text(raw, 5), proto.fields(raw, 6)[0]
        symbol = proto.text(params, 1)
        if method == "GetTokenInfo":
            return (proto.field(1, symbol) + proto.field(2, "Native Token") + proto.integer(5, self.decimals)).hex()
        assert method == "GetBalance"
        return self._balance(symbol, proto.fields(proto.fields(params, 2)[0], 1)[0])

    def _balance(self, symbol: str, owner: bytes) -> Any:
        asked = BalanceKey(Address(base58check.encode(owner)), NATIVE)
        held = self.world.at(self.world.head).get(asked, 0)
        if asked == self.moving and self.moves:
            self.moves -= 1
            self.world.tick({asked: held + 3})
            held += 3
        if asked.address in self.said:
            if isinstance(said := self.said[asked.address], Refusal):
                raise said
            return said
        return output(symbol, owner, held)


def output(symbol: str, owner: bytes, held: int) -> str:
    balance = proto.integer(3, held) if held else b""
    return (proto.field(1, symbol) + proto.field(2, proto.field(1, owner)) + balance).hex()


GOOD = "Q3t34SAEsxAQrSQidTRzDonWNTPpSTgH8bqu8pQUGCSWRPdRC"


class AelfHarness:
    spec = SPEC
    stranger = msgspec.structs.replace(SPEC, id=ChainId("aelf:tDVV"), options={"token": TOKEN})
    good = (GoodAddress(GOOD, GOOD, True), GoodAddress(f"ELF_{GOOD}_AELF", GOOD, True))
    bad = (
        "",
        GOOD[:-1],
        GOOD + " ",
        f"ELF_{GOOD}_tDVV",
        f"USDT_{GOOD}_AELF",
        f"ELF_{GOOD}",
        f"{GOOD}_AELF",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "0x" + "1" * 40,
    )
    instruments = ((NATIVE, 8),)
    instruments_bad = ("", "slip44:60", "SLIP44:1616", "token:ELF")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[WorldScene]:
        world = World(settle=3)
        async with AelfNode(world) as node, open_rpc(node.provider(SPEC.id)) as rpc:
            rejected, silent = key(20_000), key(20_001)
            node.said[rejected.address] = refused("20012", "Invalid Transaction")
            node.said[silent.address] = ""
            yield WorldScene(world, rpc, key, [(rejected, Reason.REFUSED), (silent, Reason.MALFORMED)])


HARNESS = AelfHarness()
