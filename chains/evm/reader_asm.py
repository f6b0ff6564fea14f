"""The packed balance reader in readable form, and the assembler that makes chains/evm/reader_code.py of it.

Payload: ``u8 T | T x 20-byte token | N x 20-byte address``; the token 0x00..00 stands for the native coin.
Answer: ``u64 chain id | u64 number | u64 time | u64 done | 32-byte hash of block number - 1``, and then ``done x T``
big-endian 16-byte words, address by address. A word is a balance, or one of three sentinels (chains/evm/packed.py).

The loop stops before an address that the remaining gas might not carry through all tokens, each with CALL_GAS: so a
failed call is the token's own doing, never a want of gas. Written without PUSH0: it runs under the rules of every fork
since Istanbul, which brought CHAINID.
"""

from __future__ import annotations

from typing import Literal

CALL_GAS = 300_000
_PER_CALL = CALL_GAS * 64 // 63 + 6_000  # a call passes on at most 63/64 of what is left (EIP-150)
_SPARE = 20_000  # to leave the loop and to return

_OPCODES = {
    name: code
    for code, names in {
        0x01: "ADD MUL SUB DIV",
        0x10: "LT GT",
        0x15: "ISZERO AND OR XOR NOT BYTE SHL SHR",
        0x30: "ADDRESS BALANCE",
        0x35: "CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY",
        0x3D: "RETURNDATASIZE",
        0x40: "BLOCKHASH COINBASE TIMESTAMP NUMBER",
        0x46: "CHAINID",
        0x50: "POP MLOAD MSTORE",
        0x54: "SLOAD SSTORE JUMP JUMPI",
        0x5A: "GAS",
        0x80: " ".join(f"DUP{depth}" for depth in range(1, 17)),
        0x90: " ".join(f"SWAP{depth}" for depth in range(1, 17)),
        0xF3: "RETURN DELEGATECALL",
        0xFA: "STATICCALL",
        0xFD: "REVERT INVALID",
    }.items()
    for code, name in enumerate(names.split(), code)
}


def assemble(source: str) -> bytes:
    """``name:`` is a JUMPDEST, ``@name`` pushes its place (``@END``: the length), a number is pushed as short as it
    can be (zero as one byte: no PUSH0), ``;`` begins a comment. Raises KeyError for a word that is none of these.
    """
    code = bytearray()
    places: dict[str, int] = {}
    wanted: list[tuple[int, str]] = []
    for word in (word for line in source.splitlines() for word in line.split(";")[0].split()):
        if word.endswith(":"):
            places[word[:-1]] = len(code)
            code.append(0x5B)
        elif word.startswith("@"):
            wanted.append((len(code) + 1, word[1:]))
            code += b"\x61\0\0"
        elif word[0].isdigit():
            number = int(word, 0)
            digits = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
            code += bytes([0x5F + len(digits)]) + digits
        else:
            code.append(_OPCODES[word])
    places["END"] = len(code)
    for at, name in wanted:
        code[at : at + 2] = places[name].to_bytes(2, "big")
    return bytes(code)


# Where the payload is read from. As init code it follows the code itself, and is copied to memory first.
_FORMS = {
    "override": {"load": "CALLDATALOAD", "start": "0", "end": "CALLDATASIZE", "out": "0x80", "leave": "RETURN"},
    "initcode": {
        "load": "MLOAD",
        "start": "0x80",
        "end": "@END CODESIZE SUB  DUP1 @END 0x80 CODECOPY  0x80 ADD",
        "out": "DUP1 0x1f ADD 5 SHR 5 SHL",
        "leave": "REVERT",  # RETURN would meet the limit of 24,576 bytes for code
    },
}

_SOURCE = """
    0x70a08231 224 SHL 0 MSTORE             ; balanceOf(address), its argument at 4
    {end} {out}                             ; end out
    CHAINID 192 SHL  NUMBER 128 SHL OR  TIMESTAMP 64 SHL OR  DUP2 MSTORE
    1 NUMBER SUB BLOCKHASH  DUP2 0x20 ADD MSTORE
    DUP1 0x40 ADD                           ; end out p                 p: the next word to write
    {start} {load} 248 SHR 20 MUL {start} 1 ADD ADD
                                            ; end out p first           first: the end of the tokens
    DUP1                                    ; end out p first a         a: the address
    20 {start} 1 ADD DUP4 SUB DIV {per_call} MUL {spare} ADD
                                            ; end out p first a need
  address:
    DUP6 DUP3 LT ISZERO @done JUMPI         ; a >= end
    DUP1 GAS LT @done JUMPI                 ; gas < need
    DUP2 {load} 96 SHR 4 MSTORE
    {start} 1 ADD                           ; end out p first a need t  t: the token
  token:
    DUP1 {load} 96 SHR                      ; .. t token
    DUP1 @contract JUMPI
    POP 4 MLOAD BALANCE                     ; .. t value
    @judge JUMP
  contract:
    0x20 0x40 0x24 0 DUP5 {call_gas} STATICCALL
    SWAP1 POP                               ; .. t ok
    @answered JUMPI
    0 @sentinel JUMP
  answered:
    0x20 RETURNDATASIZE LT @short JUMPI
    0x40 MLOAD                              ; .. t value
  judge:
    DUP1 128 SHR @wide JUMPI
  write:
    128 SHL DUP6 MSTORE                     ; .. t
    SWAP4 16 ADD SWAP4
    20 ADD                                  ; the next token
    DUP4 DUP2 LT @token JUMPI
    POP SWAP1 20 ADD SWAP1                  ; the next address
    @address JUMP
  short:
    1 @sentinel JUMP
  wide:
    POP 2
  sentinel:
    0 NOT 128 SHR SUB                       ; .. t 0xff..ff - n
    @write JUMP
  done:                                     ; end out p first a need
    POP 20 SWAP2 SWAP1                      ; end out p 20 first a
    SUB DIV                                 ; end out p done
    DUP3 MLOAD OR DUP3 MSTORE               ; end out p
    DUP2 SWAP1 SUB SWAP1                    ; end size out
    {leave}
"""


def reader(form: Literal["override", "initcode"]) -> bytes:
    """The code of one form of the reader; the payload of ``initcode`` is appended to it."""
    return assemble(_SOURCE.format(**_FORMS[form], per_call=_PER_CALL, spare=_SPARE, call_gas=CALL_GAS))
