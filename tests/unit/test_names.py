from __future__ import annotations

import csv
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.spec import ChainSpec
from chains.types import ChainId, Instrument
from indexer.core.names import Names, UnknownName
from indexer.model.config import AssetSpec, ListedInstrument, NameSpec
from indexer.settings import load
from tests.shared import shared

BTC = "bip122:000000000019d6689c085ae165831e93"
BCH = "bip122:000000000000000000651ef99cb9fcbe"
LTC = "bip122:12a765e31ffd4059bada1e25190f6e98"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"

STARKNET = "starknet:SN_MAIN"
ETH_ON_STARKNET = "049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7"
USDC_ON_SUI = "dba34672e30cb065b1f93e3ab55318768fd6fef66c15942c9f7cb846e2f900e7"

READABLE = [
    # name, chain, asset, instrument, decimals: written by hand, from the published lists and the contracts
    ("BTC", BTC, "BTC", "slip44:0", 8),
    ("LTC", LTC, "LTC", "slip44:2", 8),
    ("BCHN", BCH, "BCH", "slip44:145", 8),
    ("ZCASH", "bip122:00040fe8ec8471911baa1db1266ea15d", "ZEC", "slip44:133", 8),
    ("XEC", "bip122:000000000000000004284c9d8b2c8ff7", "XEC", "slip44:899", 2),
    ("SOL", SOLANA, "SOL", "slip44:501", 9),
    ("ETH", "eip155:1", "ETH", "slip44:60", 18),
    ("ETH-ARBITRUM", "eip155:42161", "ETH", "slip44:60", 18),
    ("ETH_ARBITRUM", "eip155:42161", "ETH", "slip44:60", 18),
    ("ETH-OPTIMISM", "eip155:10", "ETH", "slip44:60", 18),
    ("OPTIMISM", "eip155:10", "OP", "erc20:0x4200000000000000000000000000000000000042", 18),
    ("BASE", "eip155:8453", "ETH", "slip44:60", 18),
    ("ETH-LINEA", "eip155:59144", "ETH", "slip44:60", 18),
    ("ZKSYNC2", "eip155:324", "ETH", "slip44:60", 18),
    ("ETH_UNICHAIN", "eip155:130", "ETH", "slip44:60", 18),
    ("POLYGON", "eip155:137", "POL", "slip44:966", 18),
    ("AVAXC", "eip155:43114", "AVAX", "slip44:9005", 18),
    ("BSC", "eip155:56", "BNB", "slip44:714", 18),
    ("ETC", "eip155:61", "ETC", "slip44:61", 18),
    ("OKT", "eip155:66", "OKT", "slip44:996", 18),
    ("OKB-X1", "eip155:196", "OKB", "slip44:60", 18),
    ("BETH", "beacon:mainnet", "ETH", "slip44:60", 18),
    ("Eigenlayer Staking", "beacon:mainnet", "ETH", "slip44:60", 18),
    ("FIL-EVM", "eip155:314", "FIL", "slip44:461", 18),
    ("MONAD", "eip155:143", "MON", "slip44:268435779", 18),
    ("SONIC", "eip155:146", "S", "slip44:10007", 18),
    ("BERA", "eip155:80094", "BERA", "slip44:8008", 18),
    ("SCROLL", "eip155:534352", "ETH", "slip44:60", 18),
    ("USDT-ERC20", "eip155:1", "USDT", "erc20:0xdac17f958d2ee523a2206206994597c13d831ec7", 6),
    ("USDT-POLY", "eip155:137", "USDT", "erc20:0xc2132d05d31c914a87c6611c10748aeb04b58e8f", 6),
    ("USDT-AVAXC", "eip155:43114", "USDT", "erc20:0x9702230a8ea53601f5cd2dc00fdbc13d4df4a8c7", 6),
    ("USDT-ARBITRUM", "eip155:42161", "USDT", "erc20:0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9", 6),
    ("USDT-OPTIMISM", "eip155:10", "USDT", "erc20:0x94b008aa00579c1307b0ef2c499ad98a8ce58e58", 6),
    ("USDT-OKC20", "eip155:66", "USDT", "erc20:0x382bb369d343125bfb2117af9c149795c6c65c50", 18),
    ("USDT-SPL", SOLANA, "USDT", "token:Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", 6),
    ("USDT-TRC20", "tron:0x2b6653dc", "USDT", "trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", 6),
    ("TRX", "tron:0x2b6653dc", "TRX", "slip44:195", 6),
    ("USDC", "eip155:1", "USDC", "erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", 6),
    ("USDC-OKC20", "eip155:66", "USDC", "erc20:0xc946daf81b08146b1c7a8da2a851ddf2b3eaaf85", 18),
    ("USDC-ARBITRUM", "eip155:42161", "USDC", "erc20:0xff970a61a04b1ca14834a43f5de4533ebddb5cc8", 6),
    ("USDC-ARBITRUM-NATIVE", "eip155:42161", "USDC", "erc20:0xaf88d065e77c8cc2239327c5edb3a432268e5831", 6),
    ("USDC-OPTIMISM", "eip155:10", "USDC", "erc20:0x7f5c764cbc14f9669b88837ca1490cca17c31607", 6),
    ("USDC-BASE", "eip155:8453", "USDC", "erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913", 6),
    ("USDC-SPL", SOLANA, "USDC", "token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6),
    ("UNI", "eip155:1", "UNI", "erc20:0x1f9840a85d5af5bf1d1762f925bdaddc4201f984", 18),
    ("LINK", "eip155:1", "LINK", "erc20:0x514910771af9ca656af840dff83e8264ecf986ca", 18),
    ("PEOPLE", "eip155:1", "PEOPLE", "erc20:0x7a58c0be72be218b41c608b7fe7c5bb630736c71", 18),
    ("LTCK-OKC20", "eip155:66", "LTC", "erc20:0xfa520efc34c81bfc1e3dd48b7fe9ff326049f986", 18),
    ("BABYDOGE-BSC", "eip155:56", "BABYDOGE", "erc20:0xc748673057861a797275cd8a068abb95a902e8de", 9),
    ("APTOS", "aptos:1", "APT", "slip44:637", 8),
    ("FIL", "fil:f", "FIL", "slip44:461", 18),
    ("RIPPLE", "xrpl:0", "XRP", "slip44:144", 6),
    ("STARKNET-ETH", STARKNET, "ETH", f"erc20:0x{ETH_ON_STARKNET}", 18),
    ("USDT-ALGO", "algorand:wGHE2Pwdvd7S12BL5FaOP20EGYesN73k", "USDT", "asa:312769", 6),
    ("USDC-SUI", "sui:mainnet", "USDC", f"coin:0x{USDC_ON_SUI}::usdc::USDC", 6),
    ("CRO", "cosmos:crypto-org-chain-mainnet-1", "CRO", "slip44:394", 8),
    ("LUNC", "cosmos:columbus-5", "LUNC", "slip44:330", 6),
    ("ADA", "cip34:1-764824073", "ADA", "slip44:1815", 6),
    ("NEAR", "near:mainnet", "NEAR", "slip44:397", 24),
    ("TON", "tvm:-239", "TON", "slip44:607", 9),
    ("USDT-TON", "tvm:-239", "USDT", "jetton:EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs", 6),
    ("Vaulta", "antelope:aca376f206b8fc25a6ed44dbdc66547c", "EOS", "slip44:194", 4),
    ("ELF", "aelf:AELF", "ELF", "slip44:1616", 8),
    ("STELLAR", "stellar:pubnet", "XLM", "slip44:148", 7),
]

UNSUPPORTED = [
    # name, chain, asset, decimals, a word of the reason
    ("USDT-OMNI", BTC, "USDT", 8, "Omni"),
    ("USDT", BTC, "USDT", 8, "Omni"),
    ("BCD", None, "BCD", 8, "Bitcoin"),
    ("BABYDOGE-KIP20", "eip155:66", "BABYDOGE", 18, "contract address not established"),
    ("KDA", None, "KDA", None, "Kadena"),
    ("TRUE", None, "TRUE", None, "chain id not established"),
]


@cache
def names() -> Names:
    return load({}).names


@pytest.mark.parametrize(("name", "chain", "asset", "instrument", "decimals"), READABLE)
def test_known_name(name: str, chain: str, asset: str, instrument: str, decimals: int) -> None:
    spec = names().resolve(name)
    assert (spec.chain, spec.asset, spec.instrument, spec.decimals) == (chain, asset, instrument, decimals)
    assert spec.unsupported is None
    assert spec.scale is not None
    assert spec.scale >= decimals


@pytest.mark.parametrize(("name", "chain", "asset", "decimals", "word"), UNSUPPORTED)
def test_unsupported_name_keeps_its_decimals_and_says_why(
    name: str, chain: str | None, asset: str, decimals: int | None, word: str
) -> None:
    spec = names().resolve(name)
    assert (spec.chain, spec.asset, spec.decimals) == (chain, asset, decimals)
    assert spec.unsupported is not None
    assert word in spec.unsupported


@pytest.mark.parametrize(
    ("name", "suffix"), [("POLY-USDC-3359", "3359"), ("USDC-OPTIMISM-FF85", "ff85"), ("POLY-USDC", "4174")]
)
def test_suffix_is_the_end_of_the_contract_address(name: str, suffix: str) -> None:
    assert str(names().resolve(name).instrument).endswith(suffix)


@pytest.mark.parametrize(
    ("coin", "network", "same_as"),
    [
        ("ETH", "ETH", "ETH"),
        ("ETH", "Arbitrum", "ETH-ARBITRUM"),
        ("USDT", "Ethereum", "USDT-ERC20"),
        ("USDT", "OKC", "USDT-OKC20"),
        ("USDC", "ARBITRUM", "USDC-ARBITRUM-NATIVE"),
        ("USDC-ARBITRUM", "ARBITRUM", "USDC-ARBITRUM"),
        (" usdt-ton ", "TON", "USDT-TON"),
        ("DOT", "OKC", "DOTK-OKC20"),
        ("DOT", "ASSET-HUB", "ASSET-HUB"),
        ("ETH", "STARKNET", "STARKNET-ETH"),
        ("EOS", "Vaulta", "A"),
        ("ZEC", "ZCASH", "ZEC"),
    ],
)
def test_network_column_decides_the_chain(coin: str, network: str, same_as: str) -> None:
    found, expected = names().resolve(coin, network), names().resolve(same_as)
    assert (found.chain, found.asset, found.instrument, found.decimals, found.unsupported) == (
        expected.chain,
        expected.asset,
        expected.instrument,
        expected.decimals,
        expected.unsupported,
    )


CIRCLE_ON_STELLAR = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN"
CIRCLE_ON_NEAR = "17208628f84f5d6ad33f0da3bbbeb27ffcb398eac501a31bd6ad2011e36133a1"
TOKENS = [
    # coin, network, instrument, decimals: by hand, from what their issuers publish
    ("USDC", "RIPPLE", f"iou:55534443{'0' * 32}.rGm7WCVp9gb4jZHWTEtGUr4dd74z2XuWhE", 18),
    ("RLUSD", "XRP", f"iou:524C555344{'0' * 30}.rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De", 18),
    ("USDC", "STELLAR", f"asset:USDC-{CIRCLE_ON_STELLAR}", 7),
    ("EURC", "XLM", "asset:EURC-GDHU6WRG4IEQXM5NZ4BMPKOXHW76MZM4Y2IEMFDVXBSDP6SJY4ITNPP2", 7),
    ("USDT", "NEAR", "nep141:usdt.tether-token.near", 6),
    ("USDC", "NEAR", f"nep141:{CIRCLE_ON_NEAR}", 6),
    ("USDC", "ALGO", "asa:31566704", 6),
    ("NIGHT", "ADA", "asset:0691b2fecca1ac4f53cb6dfb00b7013e561d1f34403b957cbb5af1fa4e49474854", 6),
    ("USDT", "VAULTA", "token:USDT-tethertether", 4),
    ("USDC", "STARKNET", "erc20:0x033068f6539f8e6e6b131e6b2b814e6c34a5224bc66947c47dab9dfee93b35fb", 6),
    ("USDC", "DYDX", "denom:ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5", 6),
    ("USDC", "Noble", "slip44:118", 6),
    ("USDC", "ASSET-HUB", "asset:1337", 6),
    ("USDT", "APTOS", "fa:0x357b0b74bc833e95a115ad22604854d6b0fca151cecd94111770e5d6ffc9dc2b", 6),
]


@pytest.mark.parametrize(("coin", "network", "instrument", "decimals"), TOKENS)
def test_tokens_of_networks_that_once_had_their_coin_only(
    coin: str, network: str, instrument: str, decimals: int
) -> None:
    spec = names().resolve(coin, network)
    assert (spec.asset, spec.instrument, spec.decimals, spec.unsupported) == (coin, instrument, decimals, None)


@pytest.mark.parametrize(
    ("coin", "network", "published"),
    [
        (" usdt-erc20", None, "USDT-ERC20"),
        ("usdt", "okc ", "USDT/OKC"),
        ("usdt", "ethereum", "USDT/eip155:1"),
        ("SOL", SOLANA, f"SOL/{SOLANA}"),
    ],
)
def test_published_name_has_one_spelling(coin: str, network: str | None, published: str) -> None:
    assert names().resolve(coin, network).published == published


def test_contradiction_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"'USDT-TON' is on Toncoin, but the list says network 'TRON'"):
        names().resolve("USDT-TON", "TRON")


@pytest.mark.parametrize(("coin", "network"), [("NOSUCH", None), ("NOSUCH", "ETH"), ("ETH", "NOSUCH"), ("", None)])
def test_unknown_name_is_refused(coin: str, network: str | None) -> None:
    with pytest.raises(UnknownName):
        names().resolve(coin, network)


def test_hyphen_and_underscore_count_as_written() -> None:
    with pytest.raises(UnknownName, match="USDT_ERC20"):
        names().resolve("USDT_ERC20")


def test_known_asset_on_a_network_without_it_is_unsupported() -> None:
    spec = names().resolve("PEOPLE", "BASE")
    assert (spec.chain, spec.decimals) == ("eip155:8453", None)
    assert spec.unsupported == "PEOPLE is not configured on Base"


def test_known_asset_on_a_network_of_no_chain_has_the_network_s_reason() -> None:
    spec = names().resolve("USDT", "HEDERA")
    assert (spec.asset, spec.chain, spec.decimals, spec.scale) == ("USDT", None, None, 18)
    assert spec.unsupported == "no adapter for Hedera yet"


@pytest.mark.parametrize(
    ("network", "asset", "instrument"),
    [
        ("eip155:1", "ETH", "slip44:60"),
        ("ethereum", "usdt", "erc20:0xdac17f958d2ee523a2206206994597c13d831ec7"),
        (
            "eip155:1",
            "erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7",
            "erc20:0xdac17f958d2ee523a2206206994597c13d831ec7",
        ),
        ("AVAXC", "POL", None),
        (
            SOLANA,
            "token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        ),
        ("Litecoin", "slip44:2", "slip44:2"),
    ],
)
def test_plain_list(network: str, asset: str, instrument: str | None) -> None:
    assert names().resolve_plain(network, asset).instrument == instrument


@pytest.mark.parametrize(
    ("network", "asset"),
    [
        ("", "ETH"),
        ("eip155:1", "erc20:0x0000000000000000000000000000000000000001"),
        ("eip155:999999", "ETH"),
        # base58 is case-sensitive: another case is another mint
        (SOLANA, "token:epjfwdd5aufqssqem2qn1xzybapc8g4weggkzwytdt1v"),
    ],
)
def test_plain_list_unknown(network: str, asset: str) -> None:
    with pytest.raises(UnknownName):
        names().resolve_plain(network, asset)


def test_scale_and_symbol() -> None:
    assert names().asset_scale("usdt") == 18
    assert names().asset_scale("A") == 4
    assert names().asset_symbol("A") == "EOS"
    assert names().asset_scale("NOSUCH") is None
    assert names().asset_symbol("NOSUCH") is None


@pytest.mark.parametrize(("text", "symbol"), [("beth ", "ETH"), ("ETH", "ETH"), ("A", "EOS"), ("NOSUCH", None)])
def test_what_is_owed_under_a_name(text: str, symbol: str | None) -> None:
    owed = names().owed(text)
    assert (owed and owed.symbol) == symbol


def test_a_form_that_is_owed_is_no_spelling_of_the_asset_in_a_list() -> None:
    assert names().asset_symbol("BETH") is None
    with pytest.raises(UnknownName, match="'BETH' is on Ethereum validators, but the list says network 'ETH'"):
        names().resolve("BETH", "ETH")


def test_every_pair_the_published_tools_support_is_understood() -> None:
    with shared("okx", "support_coins.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            names().resolve(row["coin"], row["network"])


CHAIN = ChainId("eip155:1")


def small(*instruments: ListedInstrument) -> Names:
    chain = ChainSpec(id=CHAIN, name="One", family="evm", native=Instrument("slip44:60"), native_decimals=18)
    asset = AssetSpec(symbol="USD", name="Dollar", scale=18)
    return Names(
        chains={CHAIN: chain},
        assets=[asset],
        instruments=instruments,
        names={"USD": NameSpec(asset="USD", chain=CHAIN)},
    )


def listed(number: int, **more: object) -> ListedInstrument:
    fields = {"asset": "USD", "chain": CHAIN, "id": Instrument(f"erc20:0x{number:040x}"), "decimals": 6, **more}
    return ListedInstrument(**fields)  # type: ignore[arg-type]


def test_the_asset_itself_comes_before_its_forms() -> None:
    spec = small(listed(1, form="bridged"), listed(2), listed(3, form="wrapped")).resolve("USD")
    assert spec.instrument == listed(2).id


def test_an_identified_instrument_comes_before_a_reason() -> None:
    spec = small(listed(0, id=None, unsupported="no address"), listed(2)).resolve("USD")
    assert (spec.instrument, spec.unsupported) == (listed(2).id, None)


def test_two_equal_candidates_are_ambiguous() -> None:
    with pytest.raises(UnknownName, match="several instruments"):
        small(listed(1, form="bridged"), listed(2, form="bridged")).resolve("USD")


@given(coin=st.text(max_size=12), network=st.none() | st.text(max_size=12))
def test_any_text_is_understood_or_refused(coin: str, network: str | None) -> None:
    try:
        spec = names().resolve(coin, network)
    except UnknownName:
        return
    assert spec.instrument is not None or spec.unsupported is not None


@given(data=st.data())
def test_every_known_pair_is_understood_or_contradicts_itself(data: st.DataObject) -> None:
    known = sorted(names().names)
    coin, network = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known))
    try:
        spec = names().resolve(coin, network)
    except UnknownName as error:
        assert "but the list says" in str(error)  # noqa: PT017 the message is what is under test
        return
    assert spec.asset == names().names[coin].asset
    assert spec.chain in (names().names[network].chain, None)
    assert spec == names().resolve(coin.lower(), f" {network} ")
