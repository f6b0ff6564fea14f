"""The XRP Ledger's traps: pruned ledgers, absent accounts, servers that name no network, and passing overload."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chains import registry
from chains.controllers import NOBODY, Authority, ControlKind, Weighted, by_address
from chains.errors import Malformed, NotFinal, Pruned, Reorged, Transport, WrongChain
from chains.types import BlockRef, Failure, Reason
from tests.chains.harness_xrpl import SPEC, Rippled, key, ledger_hash
from tests.chains.kit import asking
from tests.chains.world import World

KEY, ABSENT = key(1), key(10_000)


def world() -> World:
    made = World()
    for number in range(1, 6):
        made.tick({KEY: 100 * number})
    return made


async def test_every_account_is_asked_in_the_pinned_ledger_by_its_hash() -> None:
    made = world()
    async with asking(SPEC, server := Rippled(made)) as ask:
        block = await ask.at(height=3)
        assert await ask.amounts(KEY, ABSENT, block=block) == [made.at(3)[KEY], 0]
        infos: Any = [body for _, body in server.calls if body["method"] == "account_info"]  # type: ignore[call-overload]
        assert [body["params"][0]["ledger_hash"] for body in infos] == [block.hash] * 2
        assert "ledger_index" not in infos[0]["params"][0]


async def test_a_pruned_ledger_is_never_zero() -> None:
    made = world()
    async with asking(SPEC, server := Rippled(made)) as ask:
        block = await ask.at(height=3)
        server.oldest = 4
        with pytest.raises(Pruned):
            await ask.read(KEY, ABSENT, block=block)
        with pytest.raises(Pruned):
            await ask.at(height=3)
        with pytest.raises(Pruned):
            await ask.at(time=made.time(2))
        assert (await ask.at(time=made.time(4))).height == 4


async def test_a_ledger_pruned_between_two_accounts_fails_all() -> None:
    made = world()
    async with asking(SPEC, server := Rippled(made)) as ask:
        server.said[ABSENT.address] = {"error": "lgrNotFound", "error_code": 21, "status": "error"}
        with pytest.raises(Pruned):
            await ask.read(KEY, ABSENT)


@pytest.mark.parametrize("clio", [False, True])
async def test_an_absent_account_is_zero_with_either_server(clio: bool) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.clio = clio
        assert await ask.amounts(ABSENT, KEY) == [0, 500]


@pytest.mark.parametrize("where", [{"validated": False}, {"ledger_hash": "0" * 64, "validated": True}])
async def test_absent_in_another_or_an_open_ledger_is_not_zero(where: dict[str, Any]) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.said[ABSENT.address] = {"error": "actNotFound", "error_code": 19, "status": "error", **where}
        (failed, ok) = await ask.amounts(ABSENT, KEY)
        assert isinstance(failed, Failure)
        assert ok == 500


@pytest.mark.parametrize(
    "changes",
    [
        {"validated": False},
        {"ledger_hash": "0" * 64},
        {"account_data": {"Account": ABSENT.address, "Balance": "5", "Flags": 0}},
        {"account_data": {"Account": KEY.address, "Balance": 5, "Flags": 0}},
        {"account_data": {"Account": KEY.address, "Balance": "-5", "Flags": 0}},
        {"account_data": {"Account": KEY.address, "Flags": 0}},
        {"account_data": {"Account": KEY.address, "Balance": "5"}},
    ],
)
async def test_an_answer_that_does_not_fit_is_no_amount(changes: dict[str, Any]) -> None:
    made = world()
    async with asking(SPEC, server := Rippled(made)) as ask:
        block = await ask.final()
        data = {"Account": KEY.address, "Balance": "5", "Flags": 0}
        sound = {"account_data": data, "ledger_hash": block.hash, "validated": True}
        server.said[KEY.address] = {**sound, **changes, "status": "success"}
        failed, zero = await ask.amounts(KEY, ABSENT)
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert zero == 0


@pytest.mark.parametrize("name", ["slowDown", "tooBusy", "noNetwork"])
async def test_overload_passes_and_is_no_property_of_the_account(name: str) -> None:
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.said[KEY.address] = {"error": name, "status": "error"}
        with pytest.raises(Transport):
            await ask.read(KEY, ABSENT)


async def test_an_unvalidated_ledger_is_no_block() -> None:
    made = world()
    async with asking(SPEC, server := Rippled(made)) as ask:
        result = server._result

        def open_ledger(method: str, asked: dict[str, Any]) -> dict[str, Any]:
            return {**result(method, asked), "validated": False}

        server._result = open_ledger  # type: ignore[method-assign]
        with pytest.raises(Malformed):
            await ask.at(height=2)


async def test_a_hash_of_another_index_is_a_reorganisation() -> None:
    made = world()
    async with asking(SPEC, Rippled(made)) as ask:
        block = await ask.at(height=3)
        with pytest.raises(Reorged):
            await ask.read(KEY, block=BlockRef(4, block.hash))
        assert block.hash == ledger_hash(made, 3)
        assert block.time == made.time(3)


async def test_the_network_is_told_by_its_id_or_by_its_age() -> None:
    made = world()
    young = msgspec.structs.replace(SPEC, options={"ledgers_min": 1000})
    async with asking(SPEC, server := Rippled(made)) as ask:
        await ask.adapter.check_chain(ask.rpc)
        with pytest.raises(WrongChain):
            await registry.adapter(young).check_chain(ask.rpc)
        server.network = 0
        await registry.adapter(young).check_chain(ask.rpc)
        server.network = 1
        with pytest.raises(WrongChain):
            await ask.adapter.check_chain(ask.rpc)


async def test_nothing_is_known_beyond_the_newest_validated_ledger() -> None:
    made = world()
    async with asking(SPEC, Rippled(made)) as ask:
        with pytest.raises(NotFinal):
            await ask.at(time=made.time(made.head))
        assert await ask.at(time=made.time(made.head - 1)) == await ask.at(height=made.head - 1)


@pytest.mark.parametrize("version_2", [False, True])
async def test_who_can_sign_for_an_account(version_2: bool) -> None:
    regular, one, two = key(7).address, key(8).address, key(9).address
    entries = [{"SignerEntry": {"Account": who, "SignerWeight": weight}} for who, weight in ((one, 2), (two, 1))]
    made = world()
    made.tick({key(2): 5, key(3): 5, key(4): 5})
    async with asking(SPEC, server := Rippled(made)) as ask:
        server.version_2 = version_2
        server.control = {
            key(2).address: {"RegularKey": regular},
            key(3).address: {"Flags": 0x0010_0000},
            key(4).address: {"Flags": 0x0010_0000 | 0x0002_0000},
        }
        server.signers = {key(3).address: [{"SignerQuorum": 3, "SignerEntries": entries, "SignerListID": 0}]}
        asked = (KEY, key(2), key(3), key(4), ABSENT)
        plain, both, listed, nobody, absent = await ask.control(*[one.address for one in asked])
        assert plain == (Authority(ControlKind.MASTER_KEY, 1, (Weighted(by_address(KEY.address)),)),)
        assert both == (
            Authority(ControlKind.MASTER_KEY, 1, (Weighted(by_address(key(2).address)),)),
            Authority(ControlKind.REGULAR_KEY, 1, (Weighted(by_address(regular)),)),
        )
        signers = (Weighted(by_address(one), 2), Weighted(by_address(two), 1))
        assert listed == (Authority(ControlKind.SIGNER_LIST, 3, signers),)
        assert nobody == (NOBODY,)
        assert isinstance(absent, Failure)
        assert await ask.control() == []


async def test_a_list_that_names_somebody_twice_is_no_list() -> None:
    entries = [{"SignerEntry": {"Account": key(8).address, "SignerWeight": 1}}] * 2
    async with asking(SPEC, server := Rippled(world())) as ask:
        server.signers = {KEY.address: [{"SignerQuorum": 2, "SignerEntries": entries, "SignerListID": 0}]}
        (found,) = await ask.control(KEY.address)
        assert isinstance(found, Failure)
        assert found.reason is Reason.MALFORMED
