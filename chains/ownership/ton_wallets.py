"""The wallets of TON that follow from one key: an address is the hash of a wallet's code and first data.

Code is written down by hash and depth; these are the published contracts of https://github.com/ton-blockchain
(wallet-contract, wallet-contract-v5, highload-wallet-contract-v3) and can be checked on any account that runs them.
"""

from __future__ import annotations

from chains.codec.ton import BASECHAIN, TonAddress
from chains.codec.ton_cell import Cell, cell, uint

SUBWALLET = 698_983_191  # the default of every wallet before v5: first bytes of the zero state, plus workchain
HIGHLOAD_SUBWALLET = 4269
HIGHLOAD_TIMEOUT_S = 43_200
V5_WALLET_ID = 0x7FFFFF11  # main network (-239), workchain 0, version 0, subwallet 0

V3R2 = Cell(bytes.fromhex("84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599"), 0)
V4R2 = Cell(bytes.fromhex("feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0"), 7)
V5R1 = Cell(bytes.fromhex("20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f"), 6)
HIGHLOAD_V3 = Cell(bytes.fromhex("11acad7955844090f283bf238bc1449871f783e7cc0979408d3f4859483e8525"), 6)

_SEQNO = uint(0, 32)
_EMPTY_DICT = "0"
_STATE_INIT = "00110"  # no split depth, not special, code, data, no library


def wallets(key: bytes) -> dict[str, TonAddress]:
    """The address of each wallet of an ed25519 key in the base workchain, by the wallet's name."""
    bits = uint(int.from_bytes(key, "big"), 256)
    old = _SEQNO + uint(SUBWALLET, 32) + bits
    data = {
        "v3r2": (V3R2, old),
        "highload-v3": (
            HIGHLOAD_V3,
            bits + uint(HIGHLOAD_SUBWALLET, 32) + 2 * _EMPTY_DICT + uint(0, 64) + uint(HIGHLOAD_TIMEOUT_S, 22),
        ),
        "v4r2": (V4R2, old + _EMPTY_DICT),
        "v5r1": (V5R1, "1" + _SEQNO + uint(V5_WALLET_ID, 32) + bits + _EMPTY_DICT),
    }
    return {
        name: TonAddress(BASECHAIN, cell(_STATE_INIT, (code, cell(content))).hash)
        for name, (code, content) in data.items()
    }
