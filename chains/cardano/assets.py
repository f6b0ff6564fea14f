"""Native assets: how one is named, and how much of it lies in the unspent outputs of an address. Pure.

Shapes: https://api.koios.rest (address_info: utxo_set); koios-artifacts, files/grest/rpc/address/address_info.sql. What
address_assets says would be shorter, but it is made of other tables, and states no balance to hold it against.
"""

from __future__ import annotations

import re

import msgspec

from chains.answers import Held, digits, shape
from chains.errors import BadAddress, Malformed
from chains.types import Instrument

PREFIX = "asset:"
_POLICY_LETTERS = 56
_UNIT = re.compile(rf"[0-9a-f]{{{_POLICY_LETTERS}}}(?:[0-9a-f]{{2}}){{0,32}}")  # the name has up to 32 bytes


class _Quantity(msgspec.Struct, frozen=True):
    policy_id: str
    asset_name: str
    quantity: str


class _Utxo(msgspec.Struct, frozen=True):
    value: str
    asset_list: list[_Quantity]


def parse(text: str) -> Instrument:
    """``asset:<policy id and name of the asset in hex>``. Raises BadAddress."""
    if not text.startswith(PREFIX) or not _UNIT.fullmatch(text.removeprefix(PREFIX)):
        raise BadAddress(f"an asset is {PREFIX}<{_POLICY_LETTERS} hex digits of its policy, and its name in hex>")
    return Instrument(text)


def held(instrument: Instrument, balance: str, utxo_set: object) -> Held:
    """The sum over the outputs, which must be all there are: their ada adds up to the balance. Raises Malformed."""
    utxos = shape(list[_Utxo], utxo_set, "utxo_set")
    if sum(digits(utxo.value, "value") for utxo in utxos) != digits(balance, "balance"):
        raise Malformed("utxo_set: outputs that do not add up to the balance")
    unit = instrument.removeprefix(PREFIX)
    found = [each for utxo in utxos for each in utxo.asset_list if each.policy_id + each.asset_name == unit]
    return Held(sum(digits(each.quantity, "quantity") for each in found))
