"""What an auditor must know of amounts that are right: coins that cannot be spent yet, and coins beside the address."""

from __future__ import annotations

from collections.abc import Sequence

from chains.types import Remark
from chains.utxo.source import Held


def remarks(scripts: Sequence[bytes], held: Held, height: int, decimals: int) -> dict[int, Remark]:
    """By the index of a script in ``scripts``, which may repeat."""
    found: dict[int, Remark] = {}
    immature, same_key = held.immature or {}, held.same_key or {}
    for index, script in enumerate(scripts):
        if amount := same_key.get(script):
            said = f"{_coins(amount, decimals)} more lie on the bare public key of this address (P2PK): not counted"
            found[index] = Remark("same-key", said)
        if amount := immature.get(script):
            said = f"{_coins(amount, decimals)} of it are mined or staked coins too young to be spent at block {height}"
            also = f"; {found[index].detail}" if index in found else ""
            found[index] = Remark("immature-coinbase", said + also)
    return found


def _coins(amount: int, decimals: int) -> str:
    whole, rest = divmod(amount, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"
