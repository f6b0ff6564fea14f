"""What can be wrong with a dump file. Every fault names the byte it was found at."""

from __future__ import annotations

from enum import IntEnum

from chains.errors import ChainError


class Fault(IntEnum):
    """Numbers, because compiled code reports them; see WORDS. Those below 10 are no faults but reasons to pause."""

    MORE = 0  # the block of bytes ends inside a coin
    FULL = 1  # no room for another found coin
    STOPPED = 2  # the wanted end is reached, between two coins
    ORDER = 10
    NOT_SHORTEST = 11
    GROUP = 12
    OUTPOINT = 13
    CODE = 14
    AMOUNT = 15
    SCRIPT = 16
    TOTAL = 17
    COINS = 18
    TRUNCATED = 19
    POINT = 20
    TOKEN = 21
    FEWER = 22
    HEADER = 23
    OTHER_BLOCK = 24
    OTHER_NETWORK = 25


WORDS = {
    Fault.ORDER: "a transaction that does not come after the one before it",
    Fault.NOT_SHORTEST: "a number or script that is not in its shortest form",
    Fault.GROUP: "a transaction without coins, or with more than the header has left",
    Fault.OUTPOINT: "an output that appears twice, out of order, or has an impossible number",
    Fault.CODE: "a height that is above the block of the file, or no number at all",
    Fault.AMOUNT: "an amount that no coin can hold",
    Fault.SCRIPT: "a script longer than any transaction",
    Fault.TOTAL: "amounts that add up to more than 63 bits",
    Fault.COINS: "more coins than the header says",
    Fault.TRUNCATED: "the file ends inside a coin",
    Fault.POINT: "a public key that is not on the curve",
    Fault.TOKEN: "a token prefix that does not end, or is none",
    Fault.FEWER: "the file ends with fewer coins than its header says",
    Fault.HEADER: "not the header of a dumped set of unspent outputs",
    Fault.OTHER_BLOCK: "the file is of another block",
    Fault.OTHER_NETWORK: "the file is of another network",
}


class DumpRefused(ChainError):
    """The file is not a whole, well-formed dump; nothing read from it may be used. ``offset`` counts from 0."""

    def __init__(self, fault: Fault, offset: int, detail: str = "") -> None:
        super().__init__(f"dump file, byte {offset:,}: {WORDS[fault]}{f' ({detail})' if detail else ''}")
        self.fault, self.offset, self.detail = fault, offset, detail

    def __reduce__(self) -> tuple[type[DumpRefused], tuple[Fault, int, str]]:
        return type(self), (self.fault, self.offset, self.detail)  # it must come back from another process
