"""A second opinion on every kind of address, from implementations that share nothing with this one.

Tables made from the keys of these tests by packages of the registry, each in an environment of its own, so that none
becomes a dependency; and examples that the makers of a network publish.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from coincurve import PrivateKey

from chains.codec import filecoin
from chains.ownership import accounts, accounts25519
from chains.ownership.starknet_accounts import cairo1
from chains.ownership.types import OwnershipClaim, Verdict
from tests.ownership.cases import Case, all_cases, book
from tests.ownership.cases25519 import NAMES_ONLY, all_25519_cases
from tests.ownership.cases_bip322 import all_bip322_cases
from tests.ownership.signing import MESSAGE
from tests.ownership.signing25519 import ed_signature, public

# By bip_utils 2.12.3, CFX by cfx-address 1.2.4, from the keys of the seeds "assay" and "another".
SECP256K1 = {
    "ETH": ("0x5C1d71F9FaA27E81efAd98E2aFF763ad6d32EBe8", "0xcE827E81feA055139B0C98B6548154395bFF4c7f"),
    "TRX": ("TJNGSbbDPT8aAUBwALgFYo49coPtCZwTsx", "TUo8XUDR5JFDHHyVApDMENyo2NHSBDqQo5"),
    "FIL": ("f1hoclknrb7zudd7fnq2ldxhwimbdobwlvsgdfify", "f1rnpv64pw5iyl5lkpttcs7sq3nz6fpzklwnskhli"),
    "XRP": ("rpUx9X8muksBpKxTpnTdAZK5vHh42aeDoz", "rB4ArfK8Rcpb4fMcfRdCRCCHUwfqVcmmmW"),
    "ICX": ("hxab8cedbca26c845d22ccbfea37ea4b6d2c1d49e4", "hx20bbb4a663abad6914fce4fe705f31932eea1b46"),
    "INJ": ("inj1tswhr7065flgrmadnr32lamr44kn96lgednfvk", "inj1e6p8aq075p238xcvnzm9fq2589dl7nrlh08kwj"),
    "ONE": ("one1tswhr7065flgrmadnr32lamr44kn96lgu92v43", "one1e6p8aq075p238xcvnzm9fq2589dl7nrlj87nh4"),
    "OKT": ("ex1tswhr7065flgrmadnr32lamr44kn96lgmdjghe", "ex1e6p8aq075p238xcvnzm9fq2589dl7nrl40xh4a"),
    "IOTX": ("io1tswhr7065flgrmadnr32lamr44kn96lgdkpkzd", "io1e6p8aq075p238xcvnzm9fq2589dl7nrlr54fqf"),
    "LAT": ("lat1tswhr7065flgrmadnr32lamr44kn96lg5jwwrw", "lat1e6p8aq075p238xcvnzm9fq2589dl7nrl6s63p2"),
    "ATOM": ("cosmos1p5atchmy2vlufydz6sapf3e5tptp3y3n4ejefl", "cosmos1w8t3y5qkrxvm833c6ad78cc5hhuy08n4a3mz38"),
    "TIA": ("celestia1p5atchmy2vlufydz6sapf3e5tptp3y3nynrfnj", "celestia1w8t3y5qkrxvm833c6ad78cc5hhuy08n4vm2jt2"),
    "CRO": ("cro1p5atchmy2vlufydz6sapf3e5tptp3y3ndz6q4w", "cro1w8t3y5qkrxvm833c6ad78cc5hhuy08n492nmdk"),
    "DORA": ("dora1p5atchmy2vlufydz6sapf3e5tptp3y3nkrh57f", "dora1w8t3y5qkrxvm833c6ad78cc5hhuy08n47t70x3"),
    "DYDX": ("dydx1p5atchmy2vlufydz6sapf3e5tptp3y3nuquafg", "dydx1w8t3y5qkrxvm833c6ad78cc5hhuy08n45g4x3s"),
    "LUNC": ("terra1p5atchmy2vlufydz6sapf3e5tptp3y3nnagetl", "terra1w8t3y5qkrxvm833c6ad78cc5hhuy08n4m4pzn8"),
    "BTC p2pkh": ("12Cx9Xnmuk3B2KxT25TdwZKivH4Na6eDoz", "1BNw17KnRc2bN7Mc7RdfRffHCA7qVcmmmW"),
    "LTC p2pkh": ("LLRuQk6bzQHEH8ecCDSwDaPV8VReid6NoC", "LVbtGKdcWGGecv3mHZcxhgj3QNV7eMtFhB"),
    "DOGE p2pkh": ("D6M3gnjRD9wTZL93kfTCVKVKoQnfsx9Pxy", "DFX2YNGRj1vsu7YCr1dDyRpt5Hr8mHUAo9"),
    "DASH p2pkh": ("XbtnynSfsTFmBGZ2sxmro61Wkce4gJEsS6", "Xm4mqMygPKFBX3xByJwtHCM52VhXTkNwm6"),
    "BTG p2pkh": ("GK3sZf7itbeU6oFjx27kNKfcqSrDeU5Vb3", "GUDrREejQTdtSaeu3NHmrS1B7KugTnyhbr"),
    "QTUM p2pkh": ("QMowFq5V6CuzTU3USQn84q7MRY15spc2zK", "QWyv7QcVc4uQoFSdXkx9YwSuhR4YjiARt9"),
    "RVN p2pkh": ("RAV9E3g4WZqk6LKeVFSm35evgYWyJRXyW6", "RKf85dD52RqAS7ioabcnXBzUxRaS9xxxDg"),
    "ZEC p2pkh": ("t1K5Z9sCut4pmcy1LxWGm5NReAwFTPKtfLA", "t1UFY1SjvPvpBxkQW3rSnZUmCSpJvExHA8p"),
    "ZEN p2pkh": ("znSHs8xRPZKYndSDysPh8qsMG5my3zdWKxE", "znbTqzXxQ5BYCyDd8xjsAKygpMf2WthRDPd"),
    "p2wpkh": ("bc1qp5atchmy2vlufydz6sapf3e5tptp3y3nrrvjdj", "bc1qw8t3y5qkrxvm833c6ad78cc5hhuy08n4tt9f42"),
    "ltc segwit": ("ltc1qp5atchmy2vlufydz6sapf3e5tptp3y3n8lkk4z", "ltc1qw8t3y5qkrxvm833c6ad78cc5hhuy08n40hldd6"),
    "nested": ("3FBh2uVQW98Bd8m8DRVfTyj3rAaxA38njo", "3HFXAJUE6kdq61NrRNLFr5g3pNXovpX6h1"),
    "bip322 p2tr": (
        "bc1pcrmxzea2g4nz2h6dhln89hn26yf0qukehr9ylkdl8veyhuqt3k6qje3e8a",
        "bc1pgqe0l7he0m0lca840gqhn6l82uvy9deqyuql6ul2wnf428kz7ggq4mkv9k",
    ),
    "bch cashaddr": (
        "bitcoincash:qqxn40zlv3fnl3y35t2r59x8x3v9vxyjxv677acrg4",
        "bitcoincash:qpcawyjszcvenv7x8rt4hclrzj7ls3u7w5ndap0t7x",
    ),
    "ecash": ("ecash:qqxn40zlv3fnl3y35t2r59x8x3v9vxyjxvrn2krewz", "ecash:qpcawyjszcvenv7x8rt4hclrzj7ls3u7w52qf253c3"),
    "CFX": ("cfx:aasb46t39mvh7attz0psfn91ps004p1n7afu1gb1cr", "cfx:aatje9yb94ufme65bwpnpzebmu6z194pt6y0g6pu5e"),
}
# By bip_utils 2.12.3; IOTA by iota-sdk 1.1.4, ICP by ic-py 1.0.1, CSPR by pycspr 0.12.4, APTOS by aptos-sdk 0.11.0 too.
ED25519 = {
    "SOL": "67r2H7fraP724FG7Pez2JyQXvYSXsc3EGP1ZgL4pFKUp",
    "APTOS": "0x9bfff2afed508bbb7c4f3eb63fca5e591d4ae7c66e003af920ef6217f98d1c76",
    "SUI": "0xcc0d9cac4d1e0e709d6fc00dde1b7043c91d1b9f6da0787081d59aee3382c7b3",
    "TON": "UQD_uoSAeICRTqZQE57jyfP5NFm4hug_f1B7WCqd9rXi86e0",
    "USDT-TON": "UQAdt2uk1efYjtIBB692lOEqF30ssoh4-_g0K1ivIIf4p8SQ",
    "TONCOIN-NEW": "UQAMvJbOdk5gxS3ttIiVAz9Gdxw8JOWsQZXtMBQD_C0Lf-H-",
    "DOT": "12ii1cWsqYBwLjAAcQTwTLb4hbr1rGinA1HikTcyk1Ei3s3k",
    "KSM": "EJ2Xbbgc7wPeqy6RUDzD97uza8bxdypXtPyypuafiRgcG4C",
    "ACA": "22bJbXvugSwCuKCofjGBEMFKATGxQ71z3Qq2uJ3zNZBaroTo",
    "ASTR": "Xf1JaDtkzZa82BV94s4LqvBw2ZV8BsP6i4NpsqV4HD9TAhf",
    "PHALA": "42LVmNkyNGRk2VJ5nNrenNZp6A8qVmcPpDufCxv1df5LVaJY",
    "CFG_DOT": "4d4TKL1Pg1g6xqisDa8o3nAMy4zbpsPWwsESu4mpQneGBFFX",
    "CLV": "jHDokXJoP3iNXjKNmrtTfVgWJ6UEagKLRwr6UiCzUtSUEY53v",
    "AVAIL": "5DnQsHFoykvTuC9eemQwKBkuqyrN9yAe5WZEbAddBvDBsMbR",
    "ENJ": "enCQAKzQfecR99m5EU77XgJnfP89M6t8pVGs1GAaqdYxeJkoi",
    "EFI_DOT": "efQsJkXbFWpwiXmZgsuHv12hmS8RMNRKRfKC5RgrN9QXVAt6R",
    "XLM": "GBGAWWKP2NEUPPEINC5GJQO2MQFRCZEMVIKWPDHLQ6HKZ6MP4E4BLLTY",
    "NEAR": "4c0b594fd34947bc8868ba64c1da640b11648caa15678ceb878eacf98fe13815",
    "ALGO": "JQFVST6TJFD3ZCDIXJSMDWTEBMIWJDFKCVTYZ24HR2WPTD7BHAK3MJGZ4U",
    "XTZ": "tz1YN4SYr4TZhEQRwHjiDSuMosANpz4Jwsvp",
    "EGLD": "erd1fs94jn7nf9rmezrghfjvrknypvgkfr92z4nce6u836k0nrlp8q2sxrhgk9",
    "IOTA_STARDUST": "iota1qq2vc8g7lhcafev0maj5ddef42vdsgwvdjha9jr4rvma6vvrcl6my23qe66",
    "ICP": "1a8fe62dc8e69987945e309efe3991eec5642d8dc0e90ae3b6f29b16254a7f3e",
    "principal": "tqh5i-qjyml-o4kez-juxwi-rgdse-xglgy-ow7ly-jilfv-ipudl-apap4-sqe",
    "CSPR": "014c0b594Fd34947Bc8868ba64c1dA640B11648caA15678CEb878EACf98fe13815",
    "account hash": "account-hash-36cdc4d478387d20763743a2b67026e90a9487410b09fa7ac93fd65829a49777",
    "aptos single key": "0x7da50dc932cb8d673ebc905fd2d21b4931da1f819f43146161da2059842f2cc0",
}
# What the makers of a network publish: kind, public key, address.
PUBLISHED = (
    (  # CIP-19: addr_vk1w0l2sr2zgfm26ztc6nl9xy8ghsk5sh6ldwemlpmp9xylzy4dtf7st80zhd
        "cardano",
        "73fea80d424276ad0978d4fe5310e8bc2d485f5f6bb3bf87612989f112ad5a7d",
        "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8",
    ),
    (  # SiaFoundation/core, types/policy_test.go
        "sia",
        "42d33219eb9e7d52d4a4edff215e36535d9d82c9439497a05ab7712193d43282",
        "2f4a4a64712545bde8d38776377da2794d54685284a3768f78884643dad33a9a3822a0f4dc39",
    ),
    (  # lisk-sdk, elements/lisk-cryptography/test/address.spec.ts
        "lisk32",
        "0eb0a6d7b862dc35c856c02c47fde3b4f60f2f3571a888b9a8ca7540c6793243",
        "lsk24cd35u4jdq8szo3pnsqe5dsxwrnazyqqqg5eu",
    ),
    (
        "lisk32",
        "81d0db4fba38f3ce334e6c0f3192dd62366f43daa46a94bfc55ebf6205ea2453",
        "lsk3hyz7vtpcts3thsmduh98pwxrjnbw7ccoxchxu",
    ),
)
# The same with private keys, of secp256k1.
PUBLISHED_SECRETS = (
    (  # stacks.js, packages/transactions, privateKeyToAddress
        "stacks",
        "73a2f291df5a8ce3ceb668a25ac7af45639513af7596d710ddf59f64f484fd28",
        "SP10J81WVGVB3M4PHQN4Q4G0R8586TBJH948RESDR",
    ),
    (  # Trust Wallet's wallet-core, its tests of NULS; aleph.im's of the next
        "nuls",
        "a1269039e4ffdf43687852d7247a295f0b5bc55e6dda031cffaa3295ca0a9d7a",
        "NULSd6HghWa4CN5qdxqMwYVikQxRZyj57Jn4L",
    ),
    (
        "nuls",
        "cc0681517ecbf8d2800f6fe237fb0af9bef8c95eaa04bfaf3a733cf144a9640c",
        "NULSd6HgcLR5Yjc7yyMiteQZxTpuB6NYRiqWf",
    ),
    (  # AElfProject/aelf-sdk.java and .php, the key and address of their tests
        "aelf",
        "cd86ab6347d8e52bbbe8532141fc59ce596268143a308d1d40fedf385528b458",
        "SD6BXDrKT2syNd1WehtPyRo3dPBiXqfGUj8UJym7YP9W9RynM",
    ),
)

WITHOUT = {
    **dict.fromkeys(
        ("BCD p2pkh", "BSV p2pkh", "DGB p2pkh"), "Bitcoin's own rule; the version bytes are read from the node's source"
    ),
    "KDA": "k: and the key itself",
    "POKT": "the first 20 bytes of sha256(key), as Tendermint has them",
}
"""Kinds that only this repository's own tests derive, and why that is little."""


def named(cases: tuple[Case, ...]) -> dict[str, Case]:
    """By name, and the first one of each coin by the coin."""
    return {case.coin: case for case in reversed(cases)} | {case.name: case for case in cases}


@pytest.mark.parametrize("name", SECP256K1)
@pytest.mark.parametrize(("place", "seed"), [(0, "assay"), (1, "another")])
def test_another_implementation_leads_a_key_to_the_same_address(name: str, place: int, seed: str) -> None:
    case = named((*all_cases(seed), *all_bip322_cases(seed)))[name]
    claim = case.claim._replace(address=SECP256K1[name][place])
    result = book().verify(case.coin, "", claim)
    assert (result.verdict, result.scheme) == (Verdict.OWNED, case.scheme)
    assert case.claim.address.lower() == claim.address.lower()


@pytest.mark.parametrize("name", ED25519)
def test_and_so_it_does_for_ed25519(name: str) -> None:
    claim = OwnershipClaim(ED25519[name], MESSAGE, ed_signature("assay"), "", public("assay").hex())
    assert book().verify(coin_of(name), "", claim).verdict is Verdict.OWNED


def coin_of(name: str) -> str:
    cases = named(all_25519_cases())
    return cases[name].coin if name in cases else name


@pytest.mark.parametrize(("kind", "key", "address"), PUBLISHED)
def test_published_examples(kind: str, key: str, address: str) -> None:
    account = accounts25519.ACCOUNTS[kind]
    rules = SimpleNamespace(ss58=(), hrp="lsk")
    assert account.parse(address, rules) in account.derive(bytes.fromhex(key)).values()


@pytest.mark.parametrize(("kind", "secret", "address"), PUBLISHED_SECRETS)
def test_published_examples_of_secp256k1(kind: str, secret: str, address: str) -> None:
    account = accounts.ACCOUNTS[kind]
    key = PrivateKey.from_hex(secret).public_key.format(compressed=False)
    assert account.parse(address, "") == account.derive(key)


def test_published_examples_of_filecoins_and_starknets_own() -> None:
    """Filecoin's documentation of f410 addresses; okx/go-wallet-sdk, coins/starknet, the signature of its account."""
    evm = bytes.fromhex("52963ef50e27e06d72d59fcb4f3c2a687be3cfef")
    assert filecoin.decode("f410fkkld55ioe7qg24wvt7fu6pbknb56ht7pt4zamxa", "f410f") == evm
    account = 0x0109D6F1E3821348320B8021F58C192DAFD25FD67B66B29BDE5096A1AB94F26D
    assert cairo1(0x072FF9867BA607F204042C328CDE87DDEFE405B830E6515563FBE3CED9342109) == account


def test_every_kind_of_address_has_a_second_opinion_or_is_named() -> None:
    """By the scheme's account and, where one scheme serves many, by its parameters in config."""
    told = {named((*all_cases(), *all_bip322_cases()))[name].coin for name in SECP256K1}
    told |= {coin_of(name) for name in ED25519} | {name.split()[0] for name in WITHOUT}
    kinds = {kind for kind, _, _ in (*PUBLISHED, *PUBLISHED_SECRETS)} | {"starknet", "filecoin-evm"}
    open_names = []
    for case in (*all_cases(), *all_25519_cases()):
        spec = book().kind_of(case.coin)
        assert spec is not None
        same = told & set(spec.names) or spec.options.get("account") in kinds or spec.scheme in kinds
        if not same and case.coin not in NAMES_ONLY and case.verdict is Verdict.OWNED:
            open_names.append(case.name)
    assert open_names == []
