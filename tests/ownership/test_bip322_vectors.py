"""The vectors of BIP-322 itself, with its marks for simple signatures and without them."""

from __future__ import annotations

import pytest

from chains.ownership.bip322_tx import to_spend_id
from chains.ownership.types import OwnershipClaim, Verdict
from tests.ownership.cases import book

EMPTY = (
    "AkcwRAIgM2gBAQqvZX15ZiysmKmQpDrG83avLIT492QBzLnQIxYCIBaTpOaD20qRlEylyxFSeEA2ba9YOixpX8z46TSDtS40ASECx/EgAxlkQpQ9"
    "hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI="
)
HELLO = (
    "AkgwRQIhAOzyynlqt93lOKJr+wmmxIens//zPzl9tqIOua93wO6MAiBi5n5EyAcPScOjf1lAqIUIQtr3zKNeavYabHyR8eGhowEhAsfxIAMZZEKU"
    "PYWI4BruhAQjzFT8FSFSajuFwrDL1Yhy"
)
TAPROOT = "AUB6B2Rbupzua8LTQIF06516wzl+cwKy1be8RgoiW0riyXdKwe6GTz/5Hnb37m67pJwIKCh+D5jDueG6KpvYpmu8"
SEGWIT_ADDRESS = "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l"
TAPROOT_ADDRESS = "bc1pcquvhrqv0q68t4m0hfq6tpn006qrskyc7yrqnp2uyrf2emg3wynsdjyk38"


@pytest.mark.parametrize(
    ("address", "message", "signature"),
    [
        (SEGWIT_ADDRESS, "", EMPTY),
        (SEGWIT_ADDRESS, "Hello World", HELLO),
        (TAPROOT_ADDRESS, "PURVOQ544B6HUATVBJZN5EZJUU", TAPROOT),
    ],
)
@pytest.mark.parametrize("mark", ["", "smp"])
def test_simple(address: str, message: str, signature: str, mark: str) -> None:
    claim = OwnershipClaim(address, message, mark + signature)
    assert book().verify("BTC", "", claim).verdict is Verdict.OWNED
    assert book().verify("BTC", "", claim._replace(message=message + "!")).verdict is Verdict.BAD_SIGNATURE
    assert book().verify("BSV", "", claim).verdict is Verdict.BAD_SIGNATURE


def test_the_transaction_that_carries_the_message() -> None:
    script = bytes.fromhex("00142b05d564e6a7a33c087f16e0f730d1440123799d")
    ids = [to_spend_id(message, script)[::-1].hex() for message in ("", "Hello World")]
    assert ids == [
        "c5680aa69bb8d860bf82d4e9cd3504b55dde018de765a91bb566283c545a99a7",
        "b79d196740ad5217771c1098fc4a4b51e0535c32236c71f1ea4d61a2d603352b",
    ]
