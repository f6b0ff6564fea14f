"""REST through the door: same limits and retries; a status with meaning reaches the family as an RpcFault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from chains.adapter import Call, Json
from chains.errors import ChainError, Malformed, Pruned, RateLimited, RpcFault, TooLarge, Transport
from tests.rest import Answer, Asked, RestServer
from tests.sim.client import client

KEY = "sekret-key-0123456789"


def server(answer: Callable[[Asked], Answer]) -> RestServer:
    async def answered(asked: Asked) -> Answer:
        await asyncio.sleep(0)
        return answer(asked)

    return RestServer(answered)


async def test_paths_queries_and_bodies_arrive_as_they_are_meant() -> None:
    async with server(lambda asked: Answer([asked.path])) as api, client(f"{api.url}base?key={KEY}") as rpc:
        assert await rpc.call("GET v1/accounts/0x1::coin::A<B>/x", {"at": 7, "full": False, "id": ["a", "b"]}) == [
            "base/v1/accounts/0x1::coin::A<B>/x"
        ]
        assert await rpc.call("GET v1/status") == ["base/v1/status"]
        assert await rpc.call("POST wallet/getaccount", {"address": "T", "visible": True}) == ["base/wallet/getaccount"]
        assert await rpc.call("POST graphql") == ["base/graphql"]
    assert [(asked.method, asked.query, asked.body) for asked in api.asked] == [
        ("GET", {"key": [KEY], "at": ["7"], "full": ["false"], "id": ["a", "b"]}, None),
        ("GET", {"key": [KEY]}, None),
        ("POST", {"key": [KEY]}, {"address": "T", "visible": True}),
        ("POST", {"key": [KEY]}, {}),
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, {"message": "no such account", "error_code": "account_not_found"}, RpcFault, "no such account"),
        (410, {"message": "version pruned"}, Pruned, "version pruned"),
        (410, {}, Pruned, "{}"),
        (400, {"error": {"message": "bad address"}}, RpcFault, "bad address"),
        (400, {"error": "bad address"}, RpcFault, "bad address"),
        (500, {"message": "m", "error": {"code": 0, "details": [{"message": "unknown key"}]}}, RpcFault, "unknown key"),
        (422, {"detail": "unprocessable"}, RpcFault, "unprocessable"),
        (400, {"title": "no words"}, RpcFault, '{"title":"no words"}'),
    ],
)
async def test_a_status_with_meaning_is_a_fault_with_that_code(
    status: int, body: Json, kind: type[RpcFault], words: str
) -> None:
    async with server(lambda _: Answer(body, status)) as api, client(api.url) as rpc:
        with pytest.raises(RpcFault) as caught:
            await rpc.call("GET v1/accounts/0x1")
        assert type(caught.value) is kind
        assert (caught.value.code, caught.value.message, caught.value.data) == (status, words, body)
        assert str(caught.value) == f"faulty: {status}: {words}"
        assert rpc.counters.retries == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer("<html>nothing here</html>", 404), ChainError),  # a wrong URL, not a missing account
        (Answer("<html>no</html>", 401), ChainError),
        (Answer([], 404), ChainError),
    ],
)
async def test_what_is_no_answer_of_the_api_is_no_fault_of_one_key(answer: Answer, kind: type[ChainError]) -> None:
    async with server(lambda _: answer) as api, client(api.url) as rpc:
        with pytest.raises(kind) as caught:
            await rpc.batch([("GET v1/accounts/0x1", {})])
        assert type(caught.value) is kind
        assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer({"message": "slow down"}, 429), RateLimited),
        (Answer({"message": "oops"}, 500), Transport),
        (Answer("<html>just a moment</html>", 200), Malformed),
        (Answer("", 200), Malformed),
        (Answer({"message": "too many requests"}, 400), RateLimited),
        (
            Answer({"Error": "The key exceeds the frequency limit(15), and the query server is suspended"}, 403),
            RateLimited,
        ),
    ],
)
async def test_a_bad_network_is_retried_until_it_answers(answer: Answer, kind: type[Transport]) -> None:
    answers = [answer, answer]
    async with server(lambda _: answers.pop() if answers else Answer({"balance": 1})) as api:
        async with client(api.url) as rpc:
            assert await rpc.call("GET v1/accounts/0x1") == {"balance": 1}
            assert rpc.counters.retries == 2
        answers += [answer] * 10
        async with client(api.url, attempts_max=3) as rpc:
            with pytest.raises(kind):
                await rpc.call("POST v1/accounts/0x1", {})


@pytest.mark.parametrize(("name", "kind"), [("slowDown", RateLimited), ("noNetwork", Transport)])
async def test_what_rippled_says_with_status_200_is_retried(name: str, kind: type[Transport]) -> None:
    busy = Answer({"result": {"error": name, "status": "error"}})
    answers = [busy, busy]
    async with server(lambda _: answers.pop() if answers else Answer({"result": {"status": "success"}})) as api:
        async with client(api.url) as rpc:
            assert await rpc.call("POST ") == {"result": {"status": "success"}}
            assert rpc.counters.retries == 2
        answers += [busy] * 3
        async with client(api.url, attempts_max=3) as rpc:
            with pytest.raises(kind, match=f"faulty: 0: {name}"):
                await rpc.call("POST ")
        answers += [absent := Answer({"result": {"error": "actNotFound", "status": "error"}})]
        async with client(api.url) as rpc:
            assert await rpc.call("POST ") == absent.body, "for the family to read"
            assert rpc.counters.retries == 0


async def test_a_batch_keeps_order_and_places_and_one_refusal_spoils_nothing() -> None:
    def answer(asked: Asked) -> Answer:
        number = int(asked.path.rpartition("/")[2])
        return Answer({"message": "absent"}, 404) if number == 37 else Answer({"number": number})

    calls: list[Call] = [(f"GET accounts/{number}", {}) for number in range(100)]
    async with server(answer) as api, client(api.url, in_flight_max=5) as rpc:
        results = await rpc.batch(calls)
        assert rpc.counters.calls == rpc.counters.requests == 100
    refused = results.pop(37)
    assert isinstance(refused, RpcFault)
    assert refused.code == 404
    assert results == [{"number": number} for number in range(100) if number != 37]
    assert 1 < api.in_flight_max <= 5


async def test_an_answer_too_large_costs_only_its_own_call() -> None:
    def answer(asked: Asked) -> Answer:
        match asked.path:
            case "long":
                return Answer(["x" * 1000])
            case "refused":
                return Answer({}, 413)
        return Answer([])

    async with server(answer) as api, client(api.url, body_bytes_max=500) as rpc:
        results = await rpc.batch([("GET short", {}), ("GET long", {}), ("GET refused", {})])
        assert [result.code if isinstance(result, RpcFault) else result for result in results] == [[], 413, 413]
        with pytest.raises(TooLarge):
            await rpc.call("GET long")


async def test_no_secret_is_in_a_refusal() -> None:
    leaky = server(lambda _: Answer({"message": f"key {KEY} may not", "key": KEY}, 400))
    async with leaky as api, client(f"{api.url}?key={KEY}", headers={"X-Key": KEY}) as rpc:
        with pytest.raises(RpcFault) as caught:
            await rpc.call("GET v1/accounts/0x1")
    assert KEY not in f"{caught.value!r} {caught.value.message} {caught.value.data}"


async def test_cancellation_leaves_nothing_behind() -> None:
    stuck = asyncio.Event()

    async def never(_: Asked) -> Answer:
        stuck.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with RestServer(never) as api, client(api.url) as rpc:
        before = asyncio.all_tasks()
        task = asyncio.create_task(rpc.batch([(f"GET {number}", {}) for number in range(20)]))
        await stuck.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not {left for left in asyncio.all_tasks() - before if "batch" in repr(left.get_coro())}
