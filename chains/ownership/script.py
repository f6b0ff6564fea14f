"""Bitcoin script, read as instructions. Nothing is run: templates are compared, and what they do not know is named."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from chains.ownership.types import BadProof

ELEMENT_BYTES_MAX = 520
"""What a push may bring onto the stack before taproot, by consensus."""
OP_1, OP_16 = 0x51, 0x60
OP_NUMEQUAL, OP_CHECKSIG, OP_CHECKMULTISIG, OP_CHECKSIGADD = 0x9C, 0xAC, 0xAE, 0xBA
_DIRECT_MAX, _PUSHDATA = 0x4B, {0x4C: 1, 0x4D: 2, 0x4E: 4}
_NAMES = {
    0x00: "OP_0",
    0x63: "OP_IF",
    0x64: "OP_NOTIF",
    0x69: "OP_VERIFY",
    0x75: "OP_DROP",
    0x76: "OP_DUP",
    0x82: "OP_SIZE",
    0x87: "OP_EQUAL",
    0x88: "OP_EQUALVERIFY",
    OP_NUMEQUAL: "OP_NUMEQUAL",
    0x9D: "OP_NUMEQUALVERIFY",
    0xA2: "OP_GREATERTHANOREQUAL",
    0xA8: "OP_SHA256",
    0xA9: "OP_HASH160",
    0xAA: "OP_HASH256",
    0xAB: "OP_CODESEPARATOR",
    OP_CHECKSIG: "OP_CHECKSIG",
    0xAD: "OP_CHECKSIGVERIFY",
    OP_CHECKMULTISIG: "OP_CHECKMULTISIG",
    0xAF: "OP_CHECKMULTISIGVERIFY",
    0xB1: "OP_CHECKLOCKTIMEVERIFY",
    0xB2: "OP_CHECKSEQUENCEVERIFY",
    OP_CHECKSIGADD: "OP_CHECKSIGADD",
}


class Instruction(NamedTuple):
    """``data`` is what a push pushes, b"" for any other opcode."""

    opcode: int
    data: bytes = b""

    @property
    def is_push(self) -> bool:
        return self.opcode in _PUSHDATA or self.opcode <= _DIRECT_MAX

    def __str__(self) -> str:
        if self.data:
            return f"a push of {len(self.data)} bytes"
        return _NAMES.get(self.opcode, f"opcode 0x{self.opcode:02x}")


def instructions(script: bytes) -> Iterator[Instruction]:
    """Raises BadProof where a push goes beyond the end."""
    at = 0
    while at < len(script):
        opcode = script[at]
        at += 1
        width = _PUSHDATA.get(opcode, 0)
        size = int.from_bytes(script[at : at + width], "little") if width else opcode if opcode <= _DIRECT_MAX else 0
        at += width + size
        if at > len(script):
            raise BadProof("a push goes beyond the end of its script")
        yield Instruction(opcode, script[at - size : at])


def pushed(script: bytes) -> tuple[bytes, ...]:
    """What an input's script pushes, which must do nothing else, in the shortest way. Raises BadProof."""
    found = list(instructions(script))
    items = tuple(each.data for each in found)
    if any(len(item) > ELEMENT_BYTES_MAX for item in items):
        raise BadProof(f"a push of more than {ELEMENT_BYTES_MAX} bytes cannot be spent")
    if not all(each.is_push for each in found) or pushing(items) != script:
        raise BadProof("the input's script does not only push, or not in the shortest way")
    return items


def pushing(items: Sequence[bytes]) -> bytes:
    """The script that pushes each of these, of up to 65,535 bytes; small numbers as data, which no template has."""
    return b"".join(_head(len(item)) + item for item in items)


def _head(size: int) -> bytes:
    if size <= _DIRECT_MAX:
        return bytes([size])
    return bytes([0x4C, size]) if size < 0x100 else b"\x4d" + size.to_bytes(2, "little")


def number(instruction: Instruction) -> int | None:
    """A positive number of up to 127 in its shortest form, else None."""
    if OP_1 <= instruction.opcode <= OP_16:
        return instruction.opcode - OP_1 + 1
    beyond = OP_16 - OP_1 + 1
    if len(instruction.data) == 1 and instruction.opcode == 1 and beyond < instruction.data[0] < 0x80:
        return instruction.data[0]
    return None


def strange(script: bytes, known: Collection[int]) -> str:
    """The first thing in a script that a template of numbers and these opcodes does not have, in words."""
    others = (str(each) for each in instructions(script) if each.opcode not in known and number(each) is None)
    try:
        return next(others, "in another order")
    except BadProof:
        return "a push beyond its end"
