from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.codec import evm_address
from chains.errors import BadAddress
from chains.types import Address

# The "normal" examples of EIP-55.
VECTORS = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
accounts = st.binary(min_size=20, max_size=20).map(lambda raw: Address("0x" + raw.hex()))


@pytest.mark.parametrize("text", VECTORS)
def test_eip_55_examples(text: str) -> None:
    assert evm_address.parse(text) == text.lower()
    assert evm_address.checksummed(Address(text.lower())) == text


@pytest.mark.parametrize("text", VECTORS)
def test_mixed_case_with_one_case_wrong_is_refused(text: str) -> None:
    for position, letter in enumerate(text[2:], start=2):
        if letter.isalpha():
            wrong = text[:position] + letter.swapcase() + text[position + 1 :]
            with pytest.raises(BadAddress, match="EIP-55"):
                evm_address.parse(wrong)


@given(accounts)
def test_every_accepted_spelling_has_one_canonical_form(account: Address) -> None:
    for spelling in (account, "0x" + account[2:].upper(), evm_address.checksummed(account)):
        assert evm_address.parse(spelling) == account


@given(accounts, st.data())
def test_any_other_casing_is_refused(account: Address, data: st.DataObject) -> None:
    cases = data.draw(st.lists(st.booleans(), min_size=40, max_size=40))
    text = "0x" + "".join(digit.upper() if upper else digit for digit, upper in zip(account[2:], cases, strict=True))
    allowed = {account, "0x" + account[2:].upper(), evm_address.checksummed(account)}
    if text in allowed:
        assert evm_address.parse(text) == account
    else:
        with pytest.raises(BadAddress):
            evm_address.parse(text)


@given(st.text(max_size=60))
def test_no_other_text_is_an_address(text: str) -> None:
    with pytest.raises(BadAddress):
        evm_address.parse(text)


def test_keccak_is_not_sha3() -> None:
    assert evm_address.keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
