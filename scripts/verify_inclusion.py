#!/usr/bin/env python3
"""Check your own proof of an assay-merkle-sum-v1 commitment, with nothing but Python and the blake3 package.

    python verify_inclusion.py PROOF.json PUBLISHED_ROOT

Take the root from the place where the exchange published it for everyone, not from the file you were sent. Exit codes:
0 your balances are in what was published, 1 they are not, 2 the file cannot be read.
"""

import json
import sys
from typing import Any

from blake3 import blake3

SCHEME = "assay-merkle-sum-v1"


class NotProven(Exception):
    """The proof does not hold; the message says why."""


def digest(purpose: str, data: bytes) -> bytes:
    return blake3(data, derive_key_context=f"{SCHEME} {purpose}").digest()


def text(value: str) -> bytes:
    return len(value.encode()).to_bytes(4, "big") + value.encode()


def amounts(values: list[str]) -> list[int]:
    for value in values:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and int(value) < 2**128):
            raise NotProven("an amount is not a whole number from 0 to 2^128 - 1")
    return [int(value) for value in values]


def pack(values: list[int]) -> bytes:
    if any(value >= 2**128 for value in values):
        raise NotProven("a sum is beyond 2^128")
    return len(values).to_bytes(2, "big") + b"".join(value.to_bytes(16, "big") for value in values)


def climb(proof: dict[str, Any], number: int) -> tuple[bytes, list[int]]:
    """From one of your leaves to the top of the tree: its hash and sums."""
    part, count = proof["parts"][number], proof["leaves"]
    index, sums, salt = part["index"], amounts(part["amounts"]), bytes.fromhex(part["salt"])
    if part["part"] != number or not 0 <= index < count or len(sums) != len(proof["assets"]) or len(salt) != 32:
        raise NotProven(f"part {number} is not where it should be")
    numbers = number.to_bytes(4, "big") + len(proof["parts"]).to_bytes(4, "big")
    node = digest("leaf", text(proof["user"]) + numbers + salt + pack(sums))
    if len(part["path"]) != (count - 1).bit_length():
        raise NotProven(f"the path of part {number} has the wrong length")
    for level, sibling in enumerate(part["path"]):
        other, other_sums = bytes.fromhex(sibling["hash"]), amounts(sibling["sums"])
        if len(other) != 32 or len(other_sums) != len(sums):
            raise NotProven(f"the path of part {number} is malformed")
        if index ^ 1 >= count and (other != digest("pad", bytes([level])) or any(other_sums)):
            raise NotProven(f"the path of part {number} leads out of the tree")
        mine, theirs = node + pack(sums), other + pack(other_sums)
        node = digest("node", bytes([level + 1]) + (theirs + mine if index & 1 else mine + theirs))
        sums = [one + another for one, another in zip(sums, other_sums, strict=True)]
        index, count = index >> 1, (count + 1) >> 1
    return node, sums


def root_of(proof: dict[str, Any], top: bytes, sums: list[int]) -> bytes:
    assets = b"".join(text(asset["name"]) + bytes([asset["decimals"]]) for asset in proof["assets"])
    head = text(proof["snapshot"]) + len(proof["assets"]).to_bytes(2, "big") + assets
    return digest("root", head + proof["leaves"].to_bytes(8, "big") + top + pack(sums))


def verify(proof: dict[str, Any], root: bytes) -> list[int]:
    """What you are shown to be owed, in base units. Raises NotProven."""
    if proof["scheme"] != SCHEME or not proof["parts"]:
        raise NotProven(f"not a proof of {SCHEME}")
    if len({part["index"] for part in proof["parts"]}) != len(proof["parts"]):
        raise NotProven("two parts stand in the same place")
    for number in range(len(proof["parts"])):
        if root_of(proof, *climb(proof, number)) != root:
            raise NotProven(f"part {number} does not lead to the published root")
    return [sum(column) for column in zip(*(amounts(part["amounts"]) for part in proof["parts"]), strict=True)]


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            proof = json.load(file)
        owed = verify(proof, bytes.fromhex(sys.argv[2].strip().removeprefix("0x")))
    except NotProven as error:
        print(f"NOT PROVEN: {error}.")
        return 1
    except (OSError, KeyError, TypeError, ValueError, OverflowError) as error:
        print(f"cannot read the proof: {error!r}")
        return 2
    print(f"The published root of {proof['snapshot']} includes {proof['user']} with:")
    for asset, amount in zip(proof["assets"], owed, strict=True):
        whole, fraction = divmod(amount, 10 ** asset["decimals"])
        print(f"  {asset['name']} {whole}.{fraction:0{asset['decimals']}d}".rstrip("."))
    print("Is this you, and is this what you are owed? If not, tell the exchange and its auditor.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
