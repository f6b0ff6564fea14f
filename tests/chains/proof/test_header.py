"""Headers of every fork hash to their block; anything changed in them does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chains.adapter import Json
from chains.evm.proof import header as headers
from chains.evm.proof.errors import IncompleteHeader, ProofError, UnknownHeader
from chains.evm.proof.header import Dialect
from indexer.settings import load
from scripts.engines import EngineMissing, anvil

FORKS = {"frontier": 15, "london": 16, "shanghai": 17, "cancun": 20, "prague": 21, "osaka": 21}
"""Fork -> fields in its header."""


async def mined(fork: str) -> dict[str, Json]:
    try:
        async with anvil.Anvil(flags=("--hardfork", fork)) as node:
            await node.mine(2)
            block = await node.rpc.call("eth_getBlockByNumber", ("latest", False))
    except EngineMissing as missing:
        pytest.skip(str(missing))
    assert isinstance(block, dict)
    return block


def read(block: object, *, block_hash: object, height: int = 2) -> headers.Header:
    return headers.from_json(block, block_hash=str(block_hash), height=height)


@pytest.mark.parametrize("fork", FORKS)
async def test_every_fork(fork: str) -> None:
    block = await mined(fork)
    digest = block["hash"]
    header = read(block, block_hash=digest)
    assert (header.height, "0x" + header.state_root.hex()) == (2, block["stateRoot"])
    assert header.dialect is Dialect.ETHEREUM
    assert headers.from_rlp(header.encoded, block_hash=str(digest)) == header

    hashed = [name for name in block if name in {*headers._COMMON, *headers._ETHEREUM}]
    assert len(hashed) == FORKS[fork]
    for name in hashed:
        value = block[name]
        assert isinstance(value, str)
        changed = value[:-1] + ("1" if value[-1] == "0" else "0") if len(value) > 2 else "0x00"
        for lie in (changed, 7, "0xzz", value + "f" * 66):
            with pytest.raises(ProofError):
                read({**block, name: lie}, block_hash=digest)
        if name in headers._COMMON or value != "0x0":  # an optional zero is hashed as if it were left out
            for without in ({**block, name: None}, {other: block[other] for other in block if other != name}):
                with pytest.raises(IncompleteHeader if name in headers._COMMON else ProofError):
                    read(without, block_hash=digest)
    for name in headers._NOT_HASHED & block.keys():
        assert read({**block, name: None}, block_hash=digest) == header

    with pytest.raises(ProofError, match="of block 2, not of 3"):
        read(block, block_hash=digest, height=3)
    with pytest.raises(ProofError, match="does not hash"):
        read(block, block_hash=block["parentHash"])
    assert read({**block, "milliGas": "0x1"}, block_hash=digest) == header, "whatever else is said of it"
    with pytest.raises(UnknownHeader, match="milliGas"):
        read({**block, "milliGas": "0x1", "gasUsed": "0x1"}, block_hash=digest)


@pytest.mark.parametrize("answer", [None, [], "0x", 5])
def test_what_is_no_header(answer: object) -> None:
    with pytest.raises(ProofError):
        read(answer, block_hash="0x" + "00" * 32)


REAL = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "headers").glob("*.json")}
"""Blocks as nodes of real networks printed them: public documentation and test data, without their transactions."""


@pytest.mark.parametrize("name", REAL)
def test_real_headers(name: str) -> None:
    block = REAL[name]["block"]
    header = read(block, block_hash=block["hash"], height=int(block["number"], 16))
    assert "0x" + header.state_root.hex() == block["stateRoot"]
    with pytest.raises(ProofError):
        read({**block, "stateRoot": "0x" + "00" * 32}, block_hash=block["hash"], height=header.height)


def test_networks_are_confirmed_by_a_real_header_and_by_nothing_else() -> None:
    confirmed = {spec.id for spec in load().chains.values() if spec.options.get("proofs") == "confirmed"}
    assert confirmed == {each["chain"] for each in REAL.values()}


def test_a_real_block_of_avalanche() -> None:
    """Block 30,806,864 of the C-Chain."""
    block: dict[str, Json] = REAL["avalanche"]["block"]
    digest, height = block["hash"], 30_806_864
    header = read(block, block_hash=digest, height=height)
    assert header.dialect is Dialect.AVALANCHE
    assert headers.from_rlp(header.encoded, block_hash=str(digest)) == header
    for name in ("extDataHash", "blockGasCost", "baseFeePerGas"):
        with pytest.raises(ProofError):
            read({**block, name: None}, block_hash=digest, height=height)
    with pytest.raises(UnknownHeader, match="targetExcess"):
        read({**block, "targetExcess": "0x1", "gasUsed": "0x1"}, block_hash=digest, height=height)
