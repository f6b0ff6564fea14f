"""Tokens of every storage layout, assembled by hand: ``balanceOf`` is all they do, whatever the selector."""

from __future__ import annotations

OZ_ERC20 = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00

_HOLDER = "600435"  # calldataload(4)
_AT_0, _AT_32 = "600052", "602052"  # mstore
_HASH_64 = "6040600020"  # keccak256(0, 64)
_RETURN = "60005260206000f3"


def _push(number: int) -> str:
    return f"7f{number:064x}"


def _code(load: str, then: str = "") -> str:
    return "0x" + load + then + _RETURN


def _mapping(base: int) -> str:
    return _HOLDER + _AT_0 + _push(base) + _AT_32 + _HASH_64 + "54"


def solidity(base: int) -> str:
    return _code(_mapping(base))


def vyper(base: int) -> str:
    return _code(_push(base) + _AT_0 + _HOLDER + _AT_32 + _HASH_64 + "54")


def solady() -> str:
    return _code("6387a211a2600c52" + _HOLDER + _AT_0 + "6020600c20" + "54")


def packed(base: int, *, shift: int, width: int) -> str:
    return _code(_mapping(base), f"60{shift:02x}1c" + _push(2**width - 1) + "16")


def rebasing(base: int, *, index_slot: int) -> str:
    """Shares times the word in a slot, over 10**18."""
    return _code(_mapping(base), f"60{index_slot:02x}5402" + _push(10**18) + "9004")


def summed(first: int, second: int) -> str:
    return _code(_mapping(first) + _mapping(second) + "01")


def generous(base: int) -> str:
    """One unit more than is stored."""
    return _code(_mapping(base), "600101")


def capped(base: int) -> str:
    """Never more than 2**100 - 1, without a jump."""
    cap = _push(2**100 - 1)
    # lt(word, cap) * word + iszero(lt(word, cap)) * cap
    return _code(_mapping(base), "80" + cap + "9010" + "80" + "91" + "02" + "90" + "15" + cap + "02" + "01")


def constant(number: int) -> str:
    return _code(_push(number))


def delegating(target: str) -> str:
    """A proxy: the code of ``target`` on its own storage."""
    return _forward(target, "f4")


def asking(target: str) -> str:
    """A front for a contract that keeps the balances."""
    return _forward(target, "fa")


def _forward(target: str, opcode: str) -> str:
    return f"0x3660006000376000600036600073{target[2:]}5a{opcode}3d600060003e3d6000f3"
