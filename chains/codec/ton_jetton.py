"""Where a jetton keeps what an owner has: the address of the owner's wallet contract, which only the master deploys.

An address is the hash of code and first data, so no other contract, whatever it says of itself, has this address.
Sources: https://github.com/ton-blockchain/stablecoin-contract (governed jettons, such as USDT:
contracts/jetton-utils.fc); https://github.com/ton-blockchain/token-contract (the reference of TEP-74:
ft/jetton-utils.fc).
"""

from __future__ import annotations

from chains.codec.ton import TonAddress
from chains.codec.ton_cell import Cell, cell, uint

_STATUS = uint(0, 4)  # not locked by the issuer
_NO_COINS = uint(0, 4)
_STATE_INIT = "00110"  # no split depth, not special, code, data, no library
_LIBRARY_DEPTH = 0


def governed_wallet(owner: TonAddress, master: TonAddress, code: bytes) -> TonAddress:
    """``code``: the hash of the wallet's code, which is a reference to a library."""
    return _deployed(master, Cell(code, _LIBRARY_DEPTH), cell(_STATUS + _NO_COINS + _bits(owner) + _bits(master)))


def reference_wallet(owner: TonAddress, master: TonAddress, code: Cell) -> TonAddress:
    """A wallet as of TEP-74's reference: it keeps its own code beside what it holds."""
    return _deployed(master, code, cell(_NO_COINS + _bits(owner) + _bits(master), (code,)))


def _deployed(master: TonAddress, code: Cell, data: Cell) -> TonAddress:
    return TonAddress(master.workchain, cell(_STATE_INIT, (code, data)).hash)


def _bits(address: TonAddress) -> str:
    """MsgAddressInt: addr_std without anycast."""
    return "100" + uint(address.workchain & 0xFF, 8) + uint(int.from_bytes(address.hash, "big"), 256)
