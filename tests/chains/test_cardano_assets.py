"""Cardano's native assets: names that begin alike, outputs that are missing, and the ada that lies beside them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import registry
from chains.adapter import Reconciling
from chains.answers import Held
from chains.cardano import assets
from chains.cardano.adapter import KEYS_MAX
from chains.errors import RpcFault
from chains.types import BlockRef, Failure, Instrument, Reason
from tests.chains.harness_cardano import ADA_MIN, NIGHT, SPEC, Koios, asset, key, output
from tests.chains.kit import asking
from tests.chains.world import World

HOLDER, ABSENT = asset(2), asset(10_000)
UNIT = NIGHT.removeprefix("asset:")


def world() -> World:
    made = World()
    made.tick({HOLDER: 500, key(4): 7})
    return made


@pytest.mark.parametrize("name", ["", "00", "4e49474854", "ff" * 32])
def test_an_asset_is_its_policy_and_its_name(name: str) -> None:
    text = f"asset:{UNIT[:56]}{name}"
    assert registry.adapter(SPEC).parse_instrument(text) == text


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.lists(st.tuples(st.booleans(), st.integers(0, 2**63 - 1))))))
def test_quantities_add_up_over_all_outputs(outputs: list[tuple[int, list[tuple[bool, int]]]]) -> None:
    utxos = [output(ada, *((UNIT if mine else UNIT + "21", n) for mine, n in inside)) for ada, inside in outputs]
    ada = sum(ada for ada, _ in outputs)
    mine = sum(n for _, inside in outputs for is_mine, n in inside if is_mine)
    assert assets.held(NIGHT, str(ada), utxos) == Held(mine)


async def test_ada_and_assets_of_an_address_come_in_one_answer() -> None:
    async with asking(SPEC, server := Koios(world())) as ask:
        keys = (HOLDER, key(2), key(4), asset(4), ABSENT, key(10_000))
        assert await ask.amounts(*keys) == [500, ADA_MIN, 7, 0, 0, 0]
        assert sum(method == "POST address_info" for method, _ in server.calls) == 1


@pytest.mark.parametrize("count", [1, KEYS_MAX, KEYS_MAX + 1])
async def test_an_address_is_asked_once_for_all_its_instruments(count: int) -> None:
    made = World()
    made.tick({asset(2 * number): number for number in range(count)})
    async with asking(SPEC, server := Koios(made)) as ask:
        keys = [one for number in range(count) for one in (asset(2 * number), key(2 * number))]
        assert await ask.amounts(*keys) == [n for number in range(count) for n in (number, ADA_MIN)]
        assert sum(method == "POST address_info" for method, _ in server.calls) == -(-count // KEYS_MAX)


async def test_an_asset_without_a_name_is_not_every_asset_of_its_policy() -> None:
    async with asking(SPEC, Koios(world())) as ask:
        plain = HOLDER._replace(instrument=Instrument(f"asset:{UNIT[:56]}"))
        assert await ask.amounts(plain, HOLDER) == [0, 500]


@pytest.mark.parametrize(
    "said",
    [
        {"utxo_set": None},
        {"utxo_set": []},
        {"utxo_set": [output(ADA_MIN - 1, (UNIT, 500))]},
        {"utxo_set": [output(ADA_MIN, (UNIT, -5))]},
        {"utxo_set": [output(ADA_MIN) | {"asset_list": None}]},
        {"utxo_set": [{"value": str(ADA_MIN)}]},
        {"balance": "-5"},
    ],
)
async def test_outputs_that_do_not_fit_are_no_amount(said: dict[str, Any]) -> None:
    async with asking(SPEC, server := Koios(world())) as ask:
        server.said[HOLDER.address] = said
        failed, sound = await ask.amounts(HOLDER, key(4))
        assert isinstance(failed, Failure)
        assert failed.reason is Reason.MALFORMED
        assert sound == 7


async def test_the_flow_of_an_asset_is_never_that_of_ada() -> None:
    async with asking(SPEC, server := Koios(world())) as ask:
        assert isinstance(ask.adapter, Reconciling)
        server.transact(3, [], [(HOLDER.address, 9)])
        keys = [HOLDER, key(2), ABSENT]
        moved = await ask.adapter.flows(ask.rpc, since=2, until=BlockRef(5, "5"), keys=keys)
        assert list(moved.amounts) == [None, 9, None]


async def test_the_chain_states_no_decimals() -> None:
    async with asking(SPEC, Koios(world())) as ask:
        with pytest.raises(RpcFault):
            await ask.adapter.decimals(ask.rpc, await ask.final(), NIGHT)
