"""The scripts that are looked for in a dump file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256

from chains.utxo.dump.compressed import KEY_HASH, key_of


class Watched:
    """Distinct scriptPubKeys, by their number in ``scripts`` and by the form they have in a file."""

    def __init__(self, scripts: Sequence[bytes]) -> None:
        self.scripts = tuple(scripts)
        self.keys = tuple(key_of(script) for script in self.scripts)
        self.number = {key: number for number, key in enumerate(self.keys)}
        assert len(self.number) == len(self.scripts), "watched scripts are distinct"

    @cached_property
    def by_key_hash(self) -> dict[bytes, int]:
        """HASH160 of a public key -> the watched P2PKH script that pays to it."""
        return {key[1:]: number for key, number in self.number.items() if key[0] == KEY_HASH}

    @cached_property
    def digest(self) -> bytes:
        """Names these scripts in this order."""
        sizes = b"".join(len(key).to_bytes(4, "big") for key in self.keys)
        return sha256(sizes + b"".join(self.keys)).digest()
