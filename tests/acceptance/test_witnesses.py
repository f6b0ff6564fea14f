"""Two witnesses, and what one of them alone can do to a run: nothing, and nothing unsaid."""

from __future__ import annotations

from typing import Any

from tests.acceptance.world import HEIGHT, Ethereum, Office, block
from tests.sim.faulty_rpc import FaultyRpc

TWO = "[policy]\nquorum = 2\npass_pause_s = 0\nprove_top = 0\nprove_draws = 0\n"


def words(office: Office, count: int = 6) -> tuple[str, ...]:
    return ("audit", str(office.list(count)), "--exchange", "Example", "--json")


async def test_one_of_two_witnesses_cannot_void_a_pin(office: Office) -> None:
    """Whichever of them changes its mind about the pinned block after everything was read."""
    office.config = TWO
    for liar in ("one", "two"):
        served = await _requests_of_a_calm_run(office, liar)
        office.providers.clear()
        honest, turncoat = FaultyRpc(Ethereum().methods()), FaultyRpc(
            Ethereum().methods(), failover=(served - 1, Ethereum(fork="other").methods())
        )  # fmt: skip
        async with honest, turncoat:
            for name in ("one", "two"):
                office.provider(turncoat.url if name == liar else honest.url, name)
            answer = await office.assay(*words(office), "--fresh")
        (pin,) = answer.json["pins"]
        assert (answer.code, pin["hash"]) == (0, block(HEIGHT)["hash"]), answer.err
        (found,) = [each for each in answer.json["findings"] if each["kind"] == "pin-contested"]
        assert found["severity"] == "warning"
        assert f"{liar} has {block(HEIGHT, fork='other')['hash']}" in found["detail"]


async def _requests_of_a_calm_run(office: Office, name: str) -> int:
    """How many of them that provider serves; the last one is the check of the pin."""
    office.providers.clear()
    async with FaultyRpc(Ethereum().methods()) as one, FaultyRpc(Ethereum().methods()) as two:
        office.provider(one.url, "one")
        office.provider(two.url, "two")
        answer = await office.assay(*words(office), "--fresh")
        assert answer.code == 0, answer.err
        assert not [each for each in answer.json["findings"] if each["kind"] == "pin-contested"]
        return len((one if name == "one" else two).requests)


async def test_a_run_of_two_operators_resumed_with_one_says_what_it_waits_for(office: Office) -> None:
    office.config = TWO
    dead: dict[str, Any] = dict(Ethereum().methods())
    del dead["eth_getBalance"]
    async with FaultyRpc(Ethereum().methods()) as one, FaultyRpc(dead) as two:
        office.provider(one.url, "one")
        office.provider(two.url, "two")
        first = await office.assay(*words(office))
        assert first.code == 3, first.err
        office.providers.clear()
        office.provider(one.url, "one")
        second = await office.assay(*words(office))
    assert (second.code, second.json["run"]["id"]) == (3, first.json["run"]["id"])
    why = "independent operators: 2 when this run was opened, 1 configured now"
    reasons = {row["reason"] for row in second.json["exceptions"]["rows"]}
    assert reasons == {f"read by 1 of 2 witnesses so far: {why}"}
    shown = await office.assay("status", "--exchange", "Example", "--json")
    assert why in [row["last_problem"] for row in shown.json["shards"]]
    office.providers.clear()
    async with FaultyRpc(Ethereum().methods()) as one, FaultyRpc(Ethereum().methods()) as two:
        office.provider(one.url, "one")
        office.provider(two.url, "two")
        third = await office.assay(*words(office))
    assert (third.code, third.json["run"]["id"]) == (0, first.json["run"]["id"])
