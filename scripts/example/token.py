"""A token that refuses to answer about one holder, as tokens with a block list do."""

from __future__ import annotations

BLOCKED = 2**256 - 1
"""The stored word that makes ``balanceOf`` revert for its holder."""


def guarded_token_code(*, decimals: int) -> str:
    """``balanceOf`` reads the mapping at slot 0 and reverts where it holds BLOCKED; ``decimals`` is a constant."""
    return "0x" + "".join(
        (
            "600035 60e01c",  # selector
            "80 63 70a08231 14 601e 57",  # balanceOf(address) -> 0x1e
            "63 313ce567 14 603e 57",  # decimals() -> 0x3e
            "60006000fd",  # anything else reverts
            "5b 600435 600052 6000602052 6040600020 54",  # 0x1e: sload(keccak(address . 0))
            "80 19 15 6049 57 600052 60206000f3",  # all ones -> 0x49, else return it
            f"5b 60{decimals:02x} 600052 60206000f3",  # 0x3e
            "5b 60006000fd",  # 0x49
        )
    ).replace(" ", "")
