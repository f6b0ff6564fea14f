"""Starknet addresses that follow from a key: class, salt and constructor arguments of the account contract.

The classes are OKX's own (https://github.com/okx/go-wallet-sdk, coins/starknet): a Cairo 0 proxy with its
implementation, and the Cairo 1 account that followed. In both the salt is the key and nobody else deploys.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.codec.starknet import ADDRESS_END, selector, short_string
from chains.ownership.stark_curve import cpp_hash

PROXY_CLASS = 0x3530CC4759D78042F1B543BF797F5F3D647CDE0388C33734CF91B7F7B9314A9
IMPLEMENTATION_CLASS = 0x309C042D3729173C7F2F91A34F04D8C509C1B292D334679EF1AABF8DA0899CC
CAIRO1_CLASS = 0x1C0BB51E2CE73DC007601A1E7725453627254016C28F118251A71BBB0507FCB
_PREFIX = short_string("STARKNET_CONTRACT_ADDRESS")
_NO_GUARDIAN = 0


def pedersen(elements: Sequence[int]) -> int:
    """The chained hash of elements, closed by their number."""
    state = 0
    for element in (*elements, len(elements)):
        state = cpp_hash(state, element)
    return state


def _address(key: int, contract_class: int, arguments: Sequence[int]) -> int:
    return pedersen((_PREFIX, 0, key, contract_class, pedersen(arguments))) % ADDRESS_END


def proxy(key: int) -> int:
    arguments = (IMPLEMENTATION_CLASS, selector("initialize"), 2, key, _NO_GUARDIAN)
    return _address(key, PROXY_CLASS, arguments)


def cairo1(key: int) -> int:
    return _address(key, CAIRO1_CLASS, (key, _NO_GUARDIAN))
