"""Addresses to scripts: the widest published list, beside the bare arithmetic of its two codecs."""

from __future__ import annotations

import csv
import gzip
import os
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from chains.codec import base58check, bech32
from chains.utxo import address
from chains.utxo.params import Coin, coin_of
from indexer.settings import load
from scripts.benches.measure import Figure, figure, interleaved

BITCOIN, HRP = "bip122:000000000019d6689c085ae165831e93", "bc1"
_SHARED = Path(os.environ.get("ASSAY_SHARED") or Path(__file__).resolve().parents[3] / "shared")
_DIGIT = {letter: value for value, letter in enumerate(base58check.ALPHABET)}
_LETTER = {letter: value for value, letter in enumerate(bech32.ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def decoding(rounds: int) -> list[Figure]:
    """Empty, saying so, where the published data is not at hand."""
    path = _SHARED / "data" / "addresses" / "addresses.csv.gz"
    if not path.exists():
        print("bench utxo: no figure for addresses: no published data (set ASSAY_SHARED)", file=sys.stderr)
        return []
    with gzip.open(path, "rt", newline="") as file:
        texts = [
            row["address"] for row in csv.DictReader(file) if (row["exchange"], row["chain"]) == ("bitmex", "bitcoin")
        ]
    coin = next(coin_of(chain) for chain in load({}).chains.values() if chain.id == BITCOIN)
    medians = interleaved({"own": lambda: _rate(coin, texts), "bare": lambda: _bare_rate(texts)}, rounds=rounds)
    name = f"{len(texts)} BitMEX addresses to scripts"
    return [figure("utxo", name, unit="rows/s", value=medians["own"], floor=medians["bare"])]


def _rate(coin: Coin, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    for text in texts:
        address.to_script(coin, text)
    return len(texts) / (time.perf_counter() - start)


def _bare_rate(texts: Sequence[str]) -> float:
    """As textbooks have it, letter by letter: the number or the checksum, and nothing else."""
    start = time.perf_counter()
    for text in texts:
        if text.startswith(HRP):
            _bare_bech32(text)
        else:
            _bare_base58(text)
    return len(texts) / (time.perf_counter() - start)


def _bare_base58(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * 58 + _DIGIT[letter]
    raw = number.to_bytes(25, "big")
    if sha256(sha256(raw[:21]).digest()).digest()[:4] != raw[21:]:
        raise RuntimeError("a published address has a wrong checksum")
    return raw[1:21]


def _bare_bech32(text: str) -> int:
    state = 1
    for value in (3, 3, 0, 2, 3, *(_LETTER[letter] for letter in text[len(HRP) :])):
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                state ^= generator
    return state
