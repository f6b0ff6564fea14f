"""Published vectors: BIP-322 (bip-0322/*.json and its text), and of BIP-341 what ties a leaf to an output key."""

from __future__ import annotations

import pytest

from chains.ownership.bip322_taproot import committed, read_leaf
from chains.ownership.bip322_tx import to_spend_id
from chains.ownership.types import BadProof, OwnershipClaim, OwnershipResult, Undecidable, Verdict
from tests.ownership.cases import book

SEGWIT = "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l"
HELLO = (
    "AkgwRQIhAOzyynlqt93lOKJr+wmmxIens//zPzl9tqIOua93wO6MAiBi5n5EyAcPScOjf1lAqIUIQtr3zKNeavYabHyR8eGhowEhAsfxIAMZZEKU"
    "PYWI4BruhAQjzFT8FSFSajuFwrDL1Yhy"
)
SIMPLE = (
    (
        *(SEGWIT, ""),
        "AkcwRAIgM2gBAQqvZX15ZiysmKmQpDrG83avLIT492QBzLnQIxYCIBaTpOaD20qRlEylyxFSeEA2ba9YOixpX8z46TSDtS40ASECx/EgAxlkQpQ9"
        "hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=",
    ),
    (SEGWIT, "Hello World", HELLO),
    (
        *("bc1pcquvhrqv0q68t4m0hfq6tpn006qrskyc7yrqnp2uyrf2emg3wynsdjyk38", "PURVOQ544B6HUATVBJZN5EZJUU"),
        "AUB6B2Rbupzua8LTQIF06516wzl+cwKy1be8RgoiW0riyXdKwe6GTz/5Hnb37m67pJwIKCh+D5jDueG6KpvYpmu8",
    ),
    (
        *("bc1pss0zhytly75awhm6x2hhvd5lnzv3vssgrf9axfheq8ldyzn88ges79fler", "No prefix fallback"),
        "AUCJYOwOjxYAvatTAGYaVlNXBVyFuc4MwNQkOuK2tl8xhfKDONd0NjfYyNSYcRqeCp8hsAnCEPHAVEkO9h6vbQ/R",
    ),
    (
        *("bc1qa8xp82hejuydq8d9yc44s662ras5ncr98gxz3n53s6vklwgrczrqc4fqtn", "GDU6AXT64O5ZS4AHHXK5JETYRM"),
        "BABIMEUCIQCLKarc4DfTq5bmqPVjRZ/qBvRPy886P2dM1tDK/92WIgIgN7y495rkp5FPcpjohhl8Knmo9rf63tPLGIVo8PKE81ABSDBFAiEAz2U1"
        "cppenj2Kbg8DkS3wXMmAN4jvZvsP/PdcCI1akogCIFlrCbW2+GbMRkvObV2utVdHYBxIJhM6DJlv1NIwViXBAUdSIQJx+IVtFfezY//G7PB/9/Z2"
        "fWatDxm5+M0195sX3Y1qoyECvDKp35BSlVD2TFqMPy7MlXJrqGl3nkQAgo51DfiRIqlSrg==",
    ),
)
FULL = (
    (
        *("164P4mbDkPcyvRnFGAZd1ThjxSj7Fbsywz", "GI2SVNWVCWTEEIMFZFFZYAQNSA"),
        "AgAAAAGEmHuloQANVIqnpMegGLNFKwAGE0Urv0a/uMiHnJ+FQwAAAABrSDBFAiEAr8VdqPCZU/oVqKKj2WwHfeCX/lzp+Rfk8d59cS9xdGECIAar"
        "0nievDdeVstmIgjfM7kzMepL6HrecBuJtgEitFxBASECzgU8WF30ffzpbdClcw/0NBkTCkuRbiEzr+CTXePjiPfgBwAAAQAAAAAAAAAAAWrgBwAA",
    ),
    (
        *("bc1qkwzsslep5elkuat4608v7tpntpr3d9n7w5cwwq", "YGIAANMREUXLFRI4HIEOCE4T23"),
        "AgAAAAABAaVatLF3wpACTG5XowFYPJPv65lgTlZypjUV9d1DNduCAAAAAADgBwAAAQAAAAAAAAAAAWoCRzBEAiB+SJdR6bVLpv5+kK8pOXSUDS24"
        "rU53YkTQEvelQJ22uwIgEfqM8eYTupu4LtA0Tz7z1LIbhpP2PrUxWEt9osnrxFEBIQMasC7JaIHbbAUt1kU81yx7S4QHScnEDBs4GsdHDPMPSuAH"
        "AAA=",
    ),
    (
        *("bc1psmjelwjtg7lz26jhd4kkf35v0xp3u7ffc6p4n4869s0hxkrrrtkqkpqvmg", "K276VUM3MXP56DGNVICQR5XWRT"),
        "AgAAAAABAY+B3hhlrps+S2YaxSvL3HxZKdfT+8XCCtZ4KQc5N+AaAAAAAADgBwAAAQAAAAAAAAAAAWoBQEHQoT3HfPKw4WNiQySblfcRX2gnha/m"
        "rpFxUoYlkJxuQFXNN3sS+XbJsNAoXRlvQitk0tVEFpsUGRcCdZ7bWPHgBwAA",
    ),
    (
        *("37HVPoc7ZsU5C9Z2VKcCkSLzEknYXCzm3s", "OQXDXSR5SN5N7WRXSPTI462HKH"),
        "AgAAAAABAbtjBsUTHnoyuNG4NGbx6cI1Z01QLlfGHJX/WIRCAU6/AAAAABcWABTGXFmsgRqCkic6D+eE4AKm1iyVhuAHAAABAAAAAAAAAAABagJH"
        "MEQCIBp/IMJTnnhI6YrHJwIQbfucoizq0esZ35QRxtpXuk7fAiAGx6kSd9BuPDY+R0sHTJU0ZFtScJI8ASojEHwrClKxDQEhAl3boe/68fHvtuYz"
        "RkaS3GOSxnUTJwejjrubm+czK+Yi4AcAAA==",
    ),
    (
        *("bc1qfqj9nyjyt48mnu3d5pl98t280l2w0ccpfd2r2mee3fwfxar5sehszuz26t", "5P7EW4XUVZ6PJX5HY4MW5FK5PB"),
        "AgAAAAABAcE9Xti5qyNVQrVVDtYUznEvVIDEbkXUF3n3CQI5bzKRAAAAAADgBwAAAQAAAAAAAAAAAWoEAEcwRAIgSwczcWxkT+Tk8wvTdorKXE3H"
        "femk6mtcKXC2yGSXp2ACIEIa5UwomMwpoPLyowZ/e550yHRPTyIIbYDaYT1kF9szAUgwRQIhAPpw4wkAFjKT1mvhOSfmHlYFtRgQ87hfbOfjnjJn"
        "Q2PuAiA7uR/iEFqgQfLLZIEsRIImvMPP/gMfchFpj4Qx5aRSpQFHUiED1iNYBtEHilqVRjfuFj7hkUEtAkMkPX7WRMHZ3NGTrUQhArxPc6k2RYEd"
        "x2fw2Pd82g7GgeLraJ7meGEFXIxa7IwfUq7gBwAA",
    ),
)
OTHER_SCRIPTS = (
    (
        *("bc1peeyux4l3g6wmq23hsl6hytndlu89emtvqrw0k222hgnfvys8yw8sehzpun", "5WCQVNSZADVB2U447BH2A44Y4X"),
        "AgAAAAABARTMGFokvM/viA990Uz2acpongloH+NqLgjm1grzw7C1AAAAAADgBwAAAQAAAAAAAAAAAWoEQAl8+ry6NBWeMu08ZpB9fJVnTiWQJy1i"
        "5LOfmtDr8DLWVvSUyKAwNQK7EyIPJlQhATz/7cw3Oywj0+dF0NHS9mMAS2MgrYfXhOkh0CvwuJpB+O3tal2ECfO0v7k1/A4PTlGcQiBnAuAHsnUg"
        "15isG0dq0JWAnqDPzUnq+bMlf+cWyLUGg00iNZeg0D5orCHB15isG0dq0JWAnqDPzUnq+bMlf+cWyLUGg00iNZeg0D7gBwAA",
    ),
    (
        *("bc1q9dtw8dz93e7w6v5w8tra2et0vhz3wct3hpvl4tk5vrac9xz8szwqtvf0e2", "TOJXD6LSM3XO5OQ4QBQSL56I22"),
        "AgAAAAABARVzK6W+9P3uKAmwv5xuqaftTkpGVj+1VWPgnqAVBFPyAAAAAADgBwAAAQAAAAAAAAAAAWoDSDBFAiEA82QBQkW16bqrm2mfKOLubqM2"
        "XHM+042kNMIor103anACICxp8esh++3RqSzqeefA+nlZoejw4pJJeubRTC9d6kZaAQBNYyEDrYfXhOkh0CvwuJpB+O3tal2ECfO0v7k1/A4PTlGc"
        "QiBnAuAHsnUhAyTbIAnLsvFRwT/A4kYwUNI0ny1pwRQ5KkFkMopLD5q4aKzgBwAA",
    ),
)
INCORRECT_PREFIX = (
    *("bc1pyrgrm6cu6n54jrvkdjd9rvyd3xfyu84s2623awu2srn6mxhscwpsm5644w", "incorrect prefix"),
    "AUDZwFXUp+adN+/UZj5dVrGAbB3zKs1Vcalz5fCF9srxS63eSWNGvH1NYbrBkPt1BJDUyWUz9zgUxfc63/QheT6M",
)


def verify(address: str, message: str, signature: str) -> OwnershipResult:
    return book().verify("BTC", "", OwnershipClaim(address, message, signature))


@pytest.mark.parametrize("vector", SIMPLE)
@pytest.mark.parametrize("mark", ["", "smp"])
def test_simple(vector: tuple[str, str, str], mark: str) -> None:
    address, message, signature = vector
    assert verify(address, message, mark + signature).verdict is Verdict.OWNED
    assert verify(address, message + "!", mark + signature).verdict is Verdict.BAD_SIGNATURE
    assert verify(SEGWIT, message + "!", mark + signature).verdict is Verdict.BAD_SIGNATURE
    claim = OwnershipClaim(address, message, mark + signature)
    assert book().verify("BSV", "", claim).verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("vector", FULL)
@pytest.mark.parametrize("mark", ["", "ful", "pof"])
def test_full_with_the_locks_that_the_signer_chose(vector: tuple[str, str, str], mark: str) -> None:
    address, message, signature = vector
    result = verify(address, message, mark + signature)
    assert result.verdict is Verdict.OWNED
    assert "valid at time 2016 and age 2016" in result.detail
    assert verify(address, message + "!", mark + signature).verdict is Verdict.BAD_SIGNATURE
    assert verify(SEGWIT, message, mark + signature).verdict is Verdict.BAD_SIGNATURE


def test_a_mark_is_held_to() -> None:
    for address, message, signature in SIMPLE:
        assert verify(address, message, "ful" + signature).verdict is Verdict.BAD_SIGNATURE
    for address, message, signature in FULL:
        assert verify(address, message, "smp" + signature).verdict is Verdict.BAD_SIGNATURE
    address, message, signature = INCORRECT_PREFIX
    assert verify(address, message, signature).verdict is Verdict.OWNED
    assert verify(address, message, "ful" + signature).verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize(
    "signature", ["not-valid-base64!!!", "smpAA==", "fooAA==", f"foo{HELLO}", "smp", f"smpsmp{HELLO}"]
)
def test_what_is_no_signature(signature: str) -> None:
    assert verify(SEGWIT, "", signature).verdict is Verdict.BAD_SIGNATURE


def test_scripts_with_a_time_lock_are_named_not_judged() -> None:
    results = [verify(*vector) for vector in OTHER_SCRIPTS]
    assert [result.verdict for result in results] == [Verdict.UNSUPPORTED] * 2
    assert all(result.detail.endswith("OP_IF") for result in results)


def test_the_transaction_that_carries_the_message() -> None:
    script = bytes.fromhex("00142b05d564e6a7a33c087f16e0f730d1440123799d")
    messages = ("", "Hello World", "UTF-8 support: öäüéàè 测试文本 \U0001f604")
    assert [to_spend_id(message, script)[::-1].hex() for message in messages] == [
        "c5680aa69bb8d860bf82d4e9cd3504b55dde018de765a91bb566283c545a99a7",
        "b79d196740ad5217771c1098fc4a4b51e0535c32236c71f1ea4d61a2d603352b",
        "c8f4f525fe8afb1bc09b44175bd2096f079c98425e8a1be676b712add1fb62f0",
    ]


# BIP-341, wallet-test-vectors.json: the script, its leaf hash, the control block, and the output key.
LEAVES = (
    (
        "20d85a959b0290bf19bb89ed43c916be835475d013da4b362117393e25a48229b8ac",
        "5b75adecf53548f3ec6ad7d78383bf84cc57b55a3127c72b9a2481752dd88b21",
        "c1187791b6f712a8ea41c8ecdd0ee77fab3e85263b37e1ec18a3651926b3a6cf27",
        "147c9c57132f6e7ecddba9800bb0c4449251c92a1e60371ee77557b6620f3ea3",
    ),
    (
        "20b617298552a72ade070667e86ca63b8f5789a9fe8731ef91202a91c9f3459007ac",
        "c525714a7f49c28aedbbba78c005931a81c234b2f6c99a73e4d06082adc8bf2b",
        "c093478e9488f956df2396be2ce6c5cced75f900dfa18e7dabd2428aae78451820",
        "e4d810fd50586274face62b8a807eb9719cef49c04177cc6b76a9a4251d5450e",
    ),
    (
        "06424950333431",
        "f224a923cd0021ab202ab139cc56802ddb92dcfc172b9212261a539df79a112a",
        "faee4fe085983462a184015d1f782d6a5f8b9c2b60130aff050ce221ecf3786592"
        "8ad69ec7cf41c2a4001fd1f738bf1e505ce2277acdcaa63fe4765192497f47a7",
        "712447206d7a5238acc7ff53fbe94a3b64539ad291c7cdbc490b7577e4b17df5",
    ),
    (
        "202352d137f2f3ab38d1eaa976758873377fa5ebb817372c71e2c542313d4abda8ac",
        "ba982a91d4fc552163cb1c0da03676102d5b7a014304c01f0c77b2b8e888de1c",
        "c0e0dfe2300b0dd746a3f8674dfd4525623639042569d829c7f0eed9602d263e6f"
        "9e31407bffa15fefbf5090b149d53959ecdf3f62b1246780238c24501d5ceaf6"
        "2645a02e0aac1fe69d69755733a9b7621b694bb5b5cde2bbfc94066ed62b9817",
        "91b64d5324723a985170e4dc5a0f84c041804f2cd12660fa5dec09fc21783605",
    ),
)


@pytest.mark.parametrize("vector", LEAVES)
def test_an_output_key_commits_to_its_leaves(vector: tuple[str, str, str, str]) -> None:
    leaf, leaf_hash, control, output = map(bytes.fromhex, vector)
    assert committed(control, leaf, output) == leaf_hash
    for at in range(len(control)):
        with pytest.raises(BadProof):
            committed(control[:at] + bytes([control[at] ^ 1]) + control[at + 1 :], leaf, output)
    for damaged in (control[:-1], control + b"\0", control[:32], b""):
        with pytest.raises(BadProof):
            committed(damaged, leaf, output)


def test_the_leaves_of_the_vectors_are_one_key_or_named() -> None:
    assert read_leaf(bytes.fromhex(LEAVES[0][0])).threshold == 1
    with pytest.raises(Undecidable, match="a push of 6 bytes"):
        read_leaf(bytes.fromhex(LEAVES[2][0]))
