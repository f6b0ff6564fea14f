"""Headers of every fork hash to their block; anything changed in them does not."""

from __future__ import annotations

import pytest

from chains.adapter import Json
from chains.evm.proof import header as headers
from chains.evm.proof.errors import ProofError, UnknownHeader
from chains.evm.proof.header import Dialect
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
                with pytest.raises(UnknownHeader if name in headers._COMMON else ProofError):
                    read(without, block_hash=digest)
    for name in headers._NOT_HASHED & block.keys():
        assert read({**block, name: None}, block_hash=digest) == header

    with pytest.raises(ProofError, match="of block 2, not of 3"):
        read(block, block_hash=digest, height=3)
    with pytest.raises(ProofError, match="does not hash"):
        read(block, block_hash=block["parentHash"])
    with pytest.raises(UnknownHeader, match="milliGas"):
        read({**block, "milliGas": "0x1"}, block_hash=digest)


@pytest.mark.parametrize("answer", [None, [], "0x", 5])
def test_what_is_no_header(answer: object) -> None:
    with pytest.raises(ProofError):
        read(answer, block_hash="0x" + "00" * 32)


BLOOM_1D61350 = (
    "0x0020804440002009100000108211006300064004800124882a00e02a00342110100140444000002100500400001c0000010010000001"
    "010010800210283024800041d400080080a00001000c81002028088020008046800880000100480018000004008282800c011040001000"
    "0208098200020000ca46000200009002002020440200040420000000000001108000101120081028000a08000020d0000000800284c010"
    "4100c28022020004200001000020080200080000200804000201004081001602004238040001080000000800090304420400041080010"
    "022500230001054800461e08500080100000000042c12004020001040220100100008081240"
)
AVALANCHE: dict[str, Json] = {
    "baseFeePerGas": "0x5e0443893",
    "blockExtraData": "0x",
    "blockGasCost": "0x61a80",
    "difficulty": "0x1",
    "extDataGasUsed": "0x0",
    "extDataHash": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "extraData": "0x0000000000428007000000000000000000000000001dd4470000000000340e5500000000000000000000000000"
    "2b55c20000000000322c67000000000000000000000000000000000000000000000000",
    "gasLimit": "0xe4e1c0",
    "gasUsed": "0x3213ee",
    "hash": "0x3fb8949661bb2f6f5eaa5b16318d3c7e7a0990f8c2382d1fe4389e0caac6519d",
    "logsBloom": BLOOM_1D61350,
    "miner": "0x0100000000000000000000000000000000000000",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000000",
    "number": "0x1d61350",
    "parentHash": "0x325c49c63b3f894c28ee1ea9513aae8e2194e8819060cd7b888971d23a114040",
    "receiptsRoot": "0xc5533e051491f1b3218e8bc51e86c58759847916ae74ee3d4aecb1d43ae9a242",
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "stateRoot": "0xdf5aaa6e78b1fa40bbf002abeeca3bbfb8fa58a50e13dafa89d37afa71c26979",
    "timestamp": "0x6479b047",
    "transactionsRoot": "0x2aff3102ef3cb883265e9b93421c765714f28a70106e0a5b9d3a994cc6d60b02",
}
"""Block 30,806,864 of the C-Chain, as its nodes print it."""


def test_a_real_block_of_avalanche() -> None:
    digest, height = AVALANCHE["hash"], 30_806_864
    header = read(AVALANCHE, block_hash=digest, height=height)
    assert header.dialect is Dialect.AVALANCHE
    assert headers.from_rlp(header.encoded, block_hash=str(digest)) == header
    for name in ("extDataHash", "blockGasCost", "baseFeePerGas"):
        with pytest.raises(ProofError):
            read({**AVALANCHE, name: None}, block_hash=digest, height=height)
    with pytest.raises(UnknownHeader, match="targetExcess"):
        read({**AVALANCHE, "targetExcess": "0x1"}, block_hash=digest, height=height)
