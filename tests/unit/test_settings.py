from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.settings import Settings, SettingsError, load

CANARY = "canary-4f1c"
TOKEN = "erc20:0x" + "ab" * 20
REGTEST = """
[[chain]]
id = "eip155:31337"
name = "Anvil"
family = "evm"
native = "slip44:60"
native_decimals = 18
options = { finality = "depth", depth = 1 }

[[asset]]
symbol = "TST"
name = "Test"
scale = 6

[[instrument]]
asset = "TST"
chain = "eip155:31337"
id = "@"
decimals = 6

[[instrument]]
asset = "ETH"
chain = "eip155:31337"
id = "slip44:60"
decimals = 18

[names]
TST-ANVIL = { chain = "eip155:31337", asset = "TST" }
""".replace("@", TOKEN)

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write_file


def refusal(env: dict[str, str], *extra: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load({"HOME": "/nowhere", **env}, extra)
    assert CANARY not in str(caught.value)
    return str(caught.value)


def with_providers(write: Write, text: str, **env: str) -> Settings:
    return load({"HOME": "/nowhere", "ASSAY_PROVIDERS": str(write("providers.toml", text)), **env})


def provider(**more: object) -> str:
    fields = {"name": "one", "chain": "eip155:1", "url": f"https://node.example/{CANARY}", "operator": "us", **more}
    return "[[provider]]\n" + "".join(f"{key} = {value!r}\n" for key, value in fields.items())


# layers


def test_a_layer_adds(write: Write) -> None:
    names = load({"HOME": "/nowhere", "ASSAY_CONFIG": str(write("anvil.toml", REGTEST))}).names
    assert names.resolve("TST-ANVIL").instrument == TOKEN
    assert names.resolve("ETH", "Anvil").chain == "eip155:31337"
    assert names.resolve("USDT-ERC20").decimals == 6


def test_a_layer_may_be_a_directory_in_parts(write: Write, tmp_path: Path) -> None:
    head, _, tail = REGTEST.partition("[names]")
    write("over/chains.toml", head)
    write("over/names/mine.toml", "[names]" + tail)
    assert load({"HOME": "/nowhere"}, [tmp_path / "over"]).names.resolve("TST-ANVIL").decimals == 6


def test_a_later_layer_replaces(write: Write) -> None:
    first = write("a.toml", REGTEST)
    second = write("b.toml", '[names]\nTST-ANVIL = { chain = "eip155:31337", asset = "ETH" }\n[policy]\nquorum = 2\n')
    third = write("c.toml", "[policy]\nlease_s = 7\n")
    settings = load({"HOME": "/nowhere", "ASSAY_CONFIG": f"{first}:{second}"}, [third])
    assert settings.names.resolve("TST-ANVIL").asset == "ETH"
    assert (settings.policy.quorum, settings.policy.lease_s, settings.policy.passes_max) == (2, 7, 3)


def test_a_missing_layer_stops(tmp_path: Path) -> None:
    assert refusal({"ASSAY_CONFIG": str(tmp_path / "none")}) == f"{tmp_path / 'none'}: no such file or directory"


def test_paths_of_an_exchange_start_at_its_file(write: Write, tmp_path: Path) -> None:
    told = 'lists = "lists/*.csv"\nliabilities = "/abs/{stem}.csv"\ncommitment = "{stem}/*"\n'
    path = write("x/mine.toml", f'[[exchange]]\nname = "ex"\n{told}')
    exchange = load({"HOME": "/nowhere"}, [path]).exchanges["ex"]
    assert exchange.lists == str(tmp_path.resolve() / "x" / "lists" / "*.csv")
    assert exchange.liabilities == "/abs/{stem}.csv"
    assert exchange.commitment == str(tmp_path.resolve() / "x" / "{stem}" / "*")


# mistakes


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('name = "Anvil"', 'name = "Anvil"\noptons = {}', "chain[0].optons: unknown key"),
        ("finality =", "finalty =", "chain[0].options.finalty: unknown key"),
        ("depth = 1", 'depth = "1"', "chain[0].options.depth: Expected `int | null`, got `str`"),
        ('family = "evm"\n', "", "chain[0].family: missing"),
        ('family = "evm"', 'family = "evn"', "chain[0].family: chain family 'evn' is not supported"),
        ('"eip155:31337"\nname', '"eip155:x"\nname', "chain[0].options: an EVM chain is eip155:<number>"),
        ("scale = 6", "scale = 6\ncolor = 1", "asset[0].color: unknown key"),
        ("scale = 6", "scale = 37", "asset[0].scale: Expected `int` <= 36"),
        ("scale = 6", "scale = 5", "instrument[0].decimals: more decimals than the scale 5 of TST"),
        ("decimals = 6", "decimals = 6\nchecked = true", "instrument[0].checked: unknown key"),
        ("decimals = 6", "decimals = 6.0", "instrument[0].decimals: Expected `int`, got `float`"),
        ("decimals = 6", 'decimals = 6\nform = "stacked"', "instrument[0].form: Invalid enum value 'stacked'"),
        (TOKEN, TOKEN[:-1], "instrument[0].id: "),
        (TOKEN, "erc20:0x" + "AB" * 20, f"instrument[0].id: its one spelling is {TOKEN}"),
        (f'id = "{TOKEN}"\n', "", "instrument[0].id: missing"),
        ('asset = "TST"\nchain', 'asset = "TSX"\nchain', "instrument[0].asset: asset TSX is not configured"),
        (
            'chain = "eip155:31337"\nid = "slip',
            'chain = "eip155:31338"\nid = "slip',
            "instrument[1].chain: chain eip155",
        ),
        ("decimals = 18\n\n[names]", "decimals = 17\n\n[names]", "instrument[1].decimals: the chain says 18"),
        ('asset = "TST" }', 'asset = "TST", unit = "x" }', "names.TST-ANVIL.unit: unknown key"),
        ('asset = "TST" }', 'asset = "BTC" }', "names.TST-ANVIL.asset: BTC is not configured on Anvil"),
        ('{ chain = "eip155:31337", asset', "{ asset", "names.TST-ANVIL: a name without a chain has a reason"),
        ('asset = "TST" }', 'asset = "TST" }\ntst-anvil = { asset = "X" }', "TST-ANVIL is already given by"),
        ('name = "Anvil"', 'name = "ethereum"', "chain[0]: ETHEREUM already means config/chains.toml: chain[0]"),
        ("scale = 6", 'scale = 6\nforms = ["beth"]', "asset[0]: BETH already means config/assets.toml: asset[1]"),
        ("[names]", "[nams]", "nams: unknown key"),
        ("[names]", "[policy]\nquorums = 1\n[names]", "policy.quorums: unknown key"),
        ("[names]", "[policy]\nquorum = 0\n[names]", "policy.quorum: Expected `int` >= 1"),
        ("[names]", '[[exchange]]\nname = "x"\nlist = "y"\n[names]', "exchange[0]."),
        ("[names]", "[names", "not TOML"),
    ],
)
def test_a_mistake_stops_and_names_the_path(write: Write, old: str, new: str, where: str) -> None:
    assert old in REGTEST
    path = write("mine.toml", REGTEST.replace(old, new, 1))
    message = refusal({}, path)
    assert message.startswith(f"{path}: ")
    assert where in message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("chain = 3", "chain: an array of tables, [[chain]], is wanted"),
        ("names = 3", "names: a table, [names], is wanted"),
        ("policy = []", "policy: a table, [policy], is wanted"),
        ("asset = ['x']", "asset[0]: Expected `object`, got `str`"),
    ],
)
def test_a_section_of_the_wrong_kind(write: Write, text: str, where: str) -> None:
    path = write("mine.toml", text)
    assert refusal({}, path) == f"{path}: {where}"


def test_a_mistake_in_the_base_would_be_named_from_the_repository(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("base/chains.toml", REGTEST.replace("depth = 1", "dpth = 1"))
    monkeypatch.setattr("indexer.settings._base_directory", lambda: path.parent)
    assert refusal({}) == "config/chains.toml: chain[0].options.dpth: unknown key"


def test_an_entry_twice_in_one_layer_stops(write: Write) -> None:
    path = write("mine.toml", REGTEST + "\n" + REGTEST.partition("[[asset]]")[0])
    assert refusal({}, path) == f"{path}: chain[1]: eip155:31337 is already given by {path}: chain[0]"


# providers


def test_providers_from_a_file(write: Write) -> None:
    text = (
        provider(url="https://${HOST}/v1/${KEY}", headers={"X-Key": "${KEY}"}).replace("{'", "{ '").replace("':", "' =")
    )
    settings = with_providers(write, text, HOST="node.example", KEY=CANARY)
    (one,) = settings.providers
    assert one.url == f"https://node.example/v1/{CANARY}"
    assert one.headers == {"X-Key": CANARY}
    assert settings.warnings == ()


def test_the_default_file_is_found(write: Write, tmp_path: Path) -> None:
    write("assay/providers.toml", provider())
    settings = load({"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path)})
    assert [each.name for each in settings.providers] == ["one"]


def test_no_file_is_no_fault() -> None:
    assert load({"HOME": "/nowhere"}).providers == ()


def test_providers_from_the_environment() -> None:
    urls = f"https://eth-mainnet.g.alchemy.example/v2/{CANARY}, http://127.0.0.1:8545"
    settings = load({"HOME": "/nowhere", "ASSAY_RPC_EIP155_1": urls, "ASSAY_RPC_EIP155_10": "http://localhost:1/"})
    found = [(each.name, each.chain, each.operator) for each in settings.providers]
    assert found == [
        ("eip155:1/env1", "eip155:1", "alchemy.example"),
        ("eip155:1/env2", "eip155:1", "127.0.0.1"),
        ("eip155:10/env1", "eip155:10", "localhost"),
    ]


def test_every_chain_has_its_own_variable() -> None:
    chains = load({"HOME": "/nowhere"}).chains
    assert len({re.sub(r"[^A-Z0-9]", "_", chain.upper()) for chain in chains}) == len(chains)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            provider(url="https://x/${ASSAY_NOT_SET}"),
            ".url: provider 'one' needs the environment variable ASSAY_NOT_SET",
        ),
        (provider(proxy="${ASSAY_NOT_SET}"), "provider[0].proxy: provider 'one' needs the environment variable"),
        (provider() + "[provider.headers]\nk = '${ASSAY_NOT_SET}'\n", "provider[0].headers.k: provider 'one' needs"),
        (provider(timeout=3), "provider[0].timeout: unknown key"),
        (provider(timeout_s=0.0), "provider[0].timeout_s: more than 0 is wanted"),
        (provider(requests_max=0), "provider[0].requests_max: more than 0 is wanted"),
        (provider(per_second_max=0.0), "provider[0].per_second_max: more than 0 is wanted"),
        (provider(final_depth=0), "provider[0].final_depth: more than 0 is wanted"),
        (provider(kind="etherscam"), "provider[0].kind: Invalid enum value"),
        (provider(kind="oklink"), "provider[0].kind: the URL of an oklink explorer names the network"),
        (provider(kind="etherscan", url="https://x/?chainid=5"), "provider[0].kind: the URL names another chainid"),
        (provider(kind="blockscout", chain="solana:x"), "provider[0].kind: an explorer of kind blockscout reads EVM"),
        (provider(kind="blockfrost"), "provider[0].kind: blockfrost reads Cardano only"),
        (provider(kind="trongrid"), "provider[0].kind: trongrid reads Tron only"),
        (provider(kind="tronscan"), "provider[0].kind: tronscan reads Tron only"),
        (provider(kind="subscan", chain="tron:0x2b6653dc"), "provider[0].kind: subscan reads Substrate chains only"),
        (provider(chain="eip155:424242"), "provider[0].chain: chain eip155:424242 is not configured"),
        (provider(url=f"ws://x/{CANARY}"), "provider[0].url: no http or https URL"),
        (provider(url=f"https://[{CANARY}"), "provider[0].url: no http or https URL"),
        (provider() + provider(), "provider[1].name: provider 'one' is given twice"),
        (provider(url=5), "provider[0].url: Expected `str`, got `int`"),
        ("providers = []", "providers: unknown key"),
        (f"[[provider]]\nurl = {CANARY}", "not TOML"),
    ],
)
def test_a_mistake_in_the_providers_file(write: Write, text: str, where: str) -> None:
    path = write("providers.toml", text)
    message = refusal({"ASSAY_PROVIDERS": str(path)})
    assert message.startswith(f"{path}: ")
    assert where in message


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    assert "No such file" in refusal({"ASSAY_PROVIDERS": str(tmp_path / "none.toml")})


def test_a_variable_for_no_chain_stops() -> None:
    message = refusal({"ASSAY_RPC_EIP155_0": f"https://x/{CANARY}"})
    assert message == "environment: ASSAY_RPC_EIP155_0: no configured chain has this id"
    message = refusal({"ASSAY_RPC_EIP155_1": f"https://x/, {CANARY}"})
    assert message == "environment: ASSAY_RPC_EIP155_1[1]: no http or https URL"


def test_an_open_file_is_warned_of(write: Write) -> None:
    path = write("providers.toml", provider())
    path.chmod(0o640)
    (warning,) = load({"HOME": "/nowhere", "ASSAY_PROVIDERS": str(path)}).warnings
    assert str(path) in warning
    assert "chmod 600" in warning


def test_a_provider_nobody_will_ask_is_warned_of(write: Write) -> None:
    (warning,) = with_providers(write, provider(chain="eip155:648")).warnings
    assert warning == "provider 'one' is never asked: chain id not established: one public source only"


def test_no_secret_is_shown(write: Write) -> None:
    dsn = f"postgresql://u:{CANARY}-pw@db.example/x"
    settings = with_providers(write, provider(), ASSAY_DSN=dsn)
    assert CANARY not in repr(settings)
    assert "node.example" not in repr(settings)
    assert "db.example" not in repr(settings)
    assert {dsn, f"{CANARY}-pw", f"https://node.example/{CANARY}"} <= set(settings.secrets())


# what follows from it


def test_digest_follows_meaning_alone(write: Write) -> None:
    def digest(text: str, **env: str) -> str:
        return load({"HOME": "/nowhere", **env}, [write("mine.toml", text)]).config_digest

    plain = digest(REGTEST)
    assert re.fullmatch(r"[0-9a-f]{64}", plain)
    assert digest("# said otherwise\n" + REGTEST + "\n[policy]\nquorum = 9\n", ASSAY_RPC_EIP155_1="http://x/") == plain
    assert digest(REGTEST.replace("decimals = 6", "decimals = 6\nconfirmed = true\nsources = ['a', 'b']")) == plain
    others = [
        REGTEST.replace("decimals = 6", "decimals = 5"),
        REGTEST.replace("depth = 1", "depth = 2"),
        REGTEST.replace("scale = 6", "scale = 7"),
        REGTEST.replace("TST-ANVIL", "TST-ANVL"),
        REGTEST.replace("decimals = 6", 'decimals = 6\nform = "wrapped"'),
    ]
    assert len({plain, *map(digest, others)}) == 1 + len(others)


@pytest.mark.parametrize(
    ("root", "env", "expected"),
    [
        (False, {}, "/home/me/.local/share/assay"),
        (False, {"XDG_DATA_HOME": "/data"}, "/data/assay"),
        (True, {}, "/var/lib/assay"),
        (True, {"XDG_DATA_HOME": "/data"}, "/data/assay"),
        (True, {"ASSAY_DATA_DIR": "/here"}, "/here"),
    ],
)
def test_data_dir(monkeypatch: pytest.MonkeyPatch, root: bool, env: dict[str, str], expected: str) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
    assert load({"HOME": "/home/me", **env}).data_dir == Path(expected)


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DSN", "postgresql://x/y")
    assert load().dsn == "postgresql://x/y"
    monkeypatch.setenv("ASSAY_DSN", "")
    assert load().dsn is None


@pytest.mark.parametrize(
    ("kind", "per_second"), [("rpc", 50.0), ("etherscan", 2.0), ("blockscout", 5.0), ("oklink", 5.0)]
)
def test_explorers_are_asked_slowly_unless_told_otherwise(write: Write, kind: str, per_second: float) -> None:
    url = "https://x.example/?chainShortName=ETH"
    (one,) = with_providers(write, provider(kind=kind, url=url)).providers
    assert one.pace_per_s == per_second
    (one,) = with_providers(write, provider(kind=kind, url=url, per_second_max=7.5)).providers
    assert one.pace_per_s == 7.5


def test_one_that_only_checks_wants_somebody_who_reads(write: Write) -> None:
    tron = {"chain": "tron:0x2b6653dc", "operator": "them"}
    scan = provider(name="scan", kind="tronscan", **tron)
    assert with_providers(write, scan).warnings[-1:] == (
        "provider 'scan' only checks, and nobody reads tron:0x2b6653dc",
    )
    grid = provider(name="grid", kind="trongrid", **tron)
    assert not any("only checks" in said for said in with_providers(write, scan + grid).warnings)


def test_who_is_related_to_whom(write: Write) -> None:
    text = provider(related_to=["Bee"]).replace("'Bee'", '"Bee"')
    (one,) = with_providers(write, text).providers
    assert [one.is_related_to(name) for name in ("bee", "BEE", "OKX", "")] == [True, True, False, False]
    (oklink,) = with_providers(write, provider(kind="oklink", url="https://x.example/?chainShortName=ETH")).providers
    assert oklink.is_related_to("okx")
    for kind in ("trongrid", "tronscan"):
        (tron,) = with_providers(write, provider(kind=kind, chain="tron:0x2b6653dc")).providers
        assert [tron.is_related_to(name) for name in ("htx", "Poloniex", "OKX")] == [True, True, False]
