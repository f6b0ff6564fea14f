"""Config, addresses and the layout of accounts."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from chains import registry
from chains.errors import BadAddress
from chains.solana import build
from chains.solana.layout import TOKEN_CLASSIC, Account, holding, mint_decimals
from chains.types import ChainId
from scripts.engines.litesvm import SYSTEM, TOKEN_2022
from tests.chains.harness_solana import chain


def test_config_is_strict() -> None:
    good = chain(ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"))
    for wrong in ("eip155:1", "solana:", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvd"):
        with pytest.raises(msgspec.ValidationError):
            registry.adapter(msgspec.structs.replace(good, id=ChainId(wrong)))
    for options in ({"stray": True}, {"stray_token_accounts": 1}):
        with pytest.raises(msgspec.ValidationError):
            registry.adapter(msgspec.structs.replace(good, options=options))


@given(st.binary(min_size=32, max_size=32))
def test_every_key_has_one_spelling(key: bytes) -> None:
    adapter = build(chain(ChainId("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")))
    text = str(Pubkey(key))
    assert adapter.parse_address(text) == text
    for other in (f"1{text}", f" {text}", f"{text} ", f"{text}\n"):
        with pytest.raises(BadAddress):
            adapter.parse_address(other)


@pytest.mark.parametrize(
    ("program", "size", "kind", "is_mint", "is_token"),
    [
        (TOKEN_CLASSIC, 82, None, True, False),
        (TOKEN_CLASSIC, 165, None, False, True),
        (TOKEN_CLASSIC, 166, 1, False, False),
        (TOKEN_CLASSIC, 166, 2, False, False),
        (TOKEN_2022, 82, None, True, False),
        (TOKEN_2022, 165, None, False, True),
        (TOKEN_2022, 166, 0, False, False),
        (TOKEN_2022, 166, 1, True, False),
        (TOKEN_2022, 166, 2, False, True),
        (SYSTEM, 82, None, False, False),
        (SYSTEM, 165, None, False, False),
    ],
)
def test_length_and_type_tell_mints_from_token_accounts(
    program: str, size: int, kind: int | None, is_mint: bool, is_token: bool
) -> None:
    data = bytearray(size)
    data[45] = 1  # an initialised mint
    if size > 108:
        data[108] = 1  # an initialised token account
    if kind is not None:
        data[165] = kind
    account = Account(1, program, bytes(data))
    assert (mint_decimals(account) is not None, holding(account) is not None) == (is_mint, is_token)
    uninitialised = Account(1, program, bytes(size)[:165] + bytes(data[165:]))
    assert mint_decimals(uninitialised) is None
    assert holding(uninitialised) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for program in (TOKEN_CLASSIC, TOKEN_2022, SYSTEM):
        account = Account(1, program, data)
        found, decimals = holding(account), mint_decimals(account)
        assert found is None or (len(data) >= 165 and found.amount == int.from_bytes(data[64:72], "little"))
        assert decimals is None or (len(data) >= 82 and decimals == data[44])
        assert found is None or decimals is None, "no account is both a mint and a token account"
