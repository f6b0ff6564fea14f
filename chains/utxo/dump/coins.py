"""Watched coins as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from chains.utxo.dump.rules import Rules
from chains.utxo.dump.walk import NO_NUMBER, PEGOUT_BIT, Found


@dataclass(frozen=True, slots=True)
class Coins:
    """A row for each coin: number of its script, base units, height, of a coinbase or stake or not, output, transaction
    id (32 bytes in the order of the file, which is that of blocks, not of text). ``same_key``: it is paid to the bare
    public key of a watched P2PKH script, not to that script."""

    number: NDArray[np.int32]
    amount: NDArray[np.int64]
    height: NDArray[np.int32]
    generated: NDArray[np.bool_]
    vout: NDArray[np.int64]
    txid: NDArray[np.uint8]
    same_key: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.number)

    def sums(self, scripts: int, mask: NDArray[np.bool_]) -> list[int]:
        """Base units for each of so many scripts, over the rows of the mask. All amounts together fit 63 bits."""
        held = np.zeros(scripts, np.int64)
        np.add.at(held, self.number[mask], self.amount[mask])
        return [int(amount) for amount in held]


def taken(found: Found, same_key: NDArray[np.bool_], rules: Rules) -> Coins:
    """Copies of the first rows, as many as ``same_key`` has, that lead to a watched script."""
    rows = np.flatnonzero(found.number[: len(same_key)] != NO_NUMBER)
    code = found.code[rows]
    if rules.pegouts:
        code &= (1 << PEGOUT_BIT) - 1
    return Coins(
        number=found.number[rows],
        amount=found.amount[rows],
        height=(code >> rules.flags).astype(np.int32),
        generated=(code & (1 << rules.flags) - 1).astype(np.bool_),
        vout=found.vout[rows],
        txid=found.txid[rows],
        same_key=same_key[rows],
    )


def joined(pieces: Sequence[Coins]) -> Coins:
    """At least one piece; rows stay in order."""
    if len(pieces) == 1:
        return pieces[0]
    columns = (field.name for field in fields(Coins))
    return Coins(**{name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in columns})
