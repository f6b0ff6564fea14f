"""The one narrow door between the auditor and a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol, TypeAlias, runtime_checkable

from chains.controllers import Controls
from chains.errors import RpcFault
from chains.proofs import Learned, Proofs
from chains.types import Address, BalanceKey, BlockRef, ChainId, Failure, Flows, Instrument, Pinning, Readings

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Params: TypeAlias = "Sequence[object] | Mapping[str, object]"
Call: TypeAlias = tuple[str, Params]
"""(method, params). The method is one of JSON-RPC, with parameters by position or by name; or a path of a REST API
below the provider's URL: ``GET v1/accounts/0x1`` with the query as params (a list repeats its name), or
``POST wallet/getaccount`` with the JSON body.
"""


class Rpc(Protocol):
    """Exactly one provider. Limits, deadlines, retries and redaction live behind it (chains/rpc).

    A REST answer of a status from 400 on that speaks JSON is an RpcFault: its code is the status (404 absent, 410
    pruned, which is Pruned), its data the body. So a missing account is told from a wrong URL, which answers no JSON.
    """

    @property
    def provider(self) -> str: ...

    async def call(self, method: str, params: Params = ()) -> Json:
        """The result of one call. Raises ChainError; RpcFault is the node's own refusal."""
        ...

    async def batch(self, calls: Sequence[Call]) -> list[Json | RpcFault]:
        """One result or refusal per call, in order. A batch the provider will not take is split until it does.

        REST calls are asked one a request, as many at a time as the provider's places allow: families need no gathering
        of their own.
        """
        ...


@runtime_checkable
class ByHeight(Protocol):
    """A source that can be asked by height only (an explorer): tell it first which block the readings must be of."""

    def expect(self, block: BlockRef) -> None:
        """From now on the block's hash is understood; every reading of it is checked against the source's own hash."""
        ...


@runtime_checkable
class OnlyNow(Protocol):
    """A source (an explorer's own index) that says what addresses hold now, and never in which block.

    It reads no list. Where a node said the same of an address before and after, it can confirm that, or differ.
    """

    async def newest(self) -> int:
        """Height of the newest block it lists. Raises ChainError."""
        ...

    async def hash_at(self, height: int) -> str:
        """As it lists it, in the chain's own spelling. Raises ChainError."""
        ...

    async def held(self, keys: Sequence[BalanceKey], *, since: BlockRef) -> list[int | Failure]:
        """What a family calls the amount, one outcome per key, in order: said after ``since``, as far as it tells.

        What it does not list is a Failure, never zero. Raises ChainError where no key could be answered.
        """
        ...


@runtime_checkable
class Dumping(Protocol):
    """A provider beside which a folder of dump files lies, read by us and written by its node."""

    @property
    def dumps(self) -> Path | None: ...


@runtime_checkable
class Probing(Protocol):
    """A family that can say how it would ask a provider for many balances."""

    async def probe(self, rpc: Rpc, block: BlockRef) -> str: ...


class Memory(Protocol):
    """What a family may keep between runs, of one chain as one operator told it: bytes under a name of its own."""

    async def load(self, name: str) -> bytes | None: ...

    async def save(self, name: str, value: bytes) -> None:
        """Replaces what was kept under the name."""
        ...


class Step(NamedTuple):
    """How far one long reading is: ``done`` of ``of``, in ``unit``; ``found``: what that held, in words, or ""."""

    what: str
    done: int
    of: int
    unit: str
    found: str = ""


Progress: TypeAlias = Callable[[Step], None]
"""Told on the event loop, now and then."""


@runtime_checkable
class Remembering(Protocol):
    """A family that reads faster, or at all, from what it kept, and may take minutes over it: it says how far it is.

    Without a memory, `balances` reads all the same.
    """

    async def balances_remembered(
        self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], memory: Memory, progress: Progress
    ) -> Readings: ...


@runtime_checkable
class Reconciling(Protocol):
    """A family that can only be read now, but can list the transfers since a height."""

    async def flows(self, rpc: Rpc, *, since: int, until: BlockRef, keys: Sequence[BalanceKey]) -> Flows:
        """Every transfer of each key in (since, until], added up. A key whose transfers cannot all be had is a Failure.

        Raises ChainError only when no key could be answered.
        """
        ...

    async def height_at(self, rpc: Rpc, time: datetime) -> int:
        """The height of the last final block not after an aware UTC time. Raises NotFinal, Pruned."""
        ...


@runtime_checkable
class Indexed(Protocol):
    """A family that no node answers, but an index that somebody made of the chain. Who reads the audit is told."""

    index: ClassVar[str]
    """What it is called, in words: it proves nothing of what it says."""


@runtime_checkable
class Controlling(Protocol):
    """A family that can say who controls an address. Without it, what an owner signed for stays `owner-signed`."""

    async def controllers(self, rpc: Rpc, block: BlockRef, addresses: Sequence[Address]) -> Controls:
        """Who can move what each address holds, in order, as of ``block``, several at once.

        An address whose controllers cannot be read (unknown code, a refusal, no such account) is a Failure that says
        why. Raises Reorged when the block is no longer canonical, ChainError only when no address could be answered.
        """
        ...


class ChainAdapter(Protocol):
    """What one family does for one configured chain. Stateless: all state is in the arguments (but for what Tron keeps
    for a while of its own answers, chains/tron/kept.py).

    Every balance it returns is tied to a block; a failure is a Failure, never zero; ChainError is raised only when
    no key of the request could be answered.
    """

    pinning: ClassVar[Pinning]
    past: ClassVar[str]
    """One sentence for `assay chains`: how this family is asked about the past, and what that needs."""
    keys_per_shard: ClassVar[int | None]
    """The best number of keys for one `balances`; None where one call should carry every key of the pin."""

    @property
    def chain(self) -> ChainId: ...

    def parse_address(self, text: str) -> Address:
        """Canonical form. Pure. Raises BadAddress on a bad checksum, version, length or form."""
        ...

    def parse_instrument(self, text: str) -> Instrument:
        """Canonical form of a native or token identifier of this chain. Pure. Raises BadAddress."""
        ...

    async def check_chain(self, rpc: Rpc) -> None:
        """Raises WrongChain unless the provider serves this very chain."""
        ...

    async def final_block(self, rpc: Rpc) -> BlockRef:
        """The newest block the chain's own rule calls final."""
        ...

    async def block_at(self, rpc: Rpc, *, height: int | None = None, time: datetime | None = None) -> BlockRef:
        """The block at a height, or the last one not after an aware UTC time; exactly one is given.

        Raises NotFinal beyond the final block, Pruned where the provider cannot say, and for TIP families Pruned for
        anything but the current final block.
        """
        ...

    async def decimals(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> int:
        """Decimals the chain itself states for the instrument (a constant for native coins)."""
        ...

    async def balances(self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey]) -> Readings:
        """One reading per key, in order, as of ``block``. Raises Reorged when the block is no longer canonical."""
        ...


class Prover(Protocol):
    """What a family adds whose balances can carry their own proof. Stateless, like its adapter.

    Nothing it proves rests on the word of a provider, but for the rule that says where a token keeps its balances.
    """

    def needs_rule(self, instrument: Instrument) -> bool:
        """Whether a rule must be learned before balances of this instrument can be proven."""
        ...

    async def learn_rule(self, rpc: Rpc, block: BlockRef, instrument: Instrument) -> Learned:
        """The rule of an instrument, confirmed on the state of ``block`` by this provider. Raises ChainError."""
        ...

    async def confirms(self, rpc: Rpc, block: BlockRef, rule: str, *, holder: Address | None = None) -> bool:
        """Whether this provider shows the rule to hold in ``block``, for a holder or in general. Raises ChainError."""
        ...

    async def prove(
        self, rpc: Rpc, block: BlockRef, keys: Sequence[BalanceKey], rules: Mapping[Instrument, str]
    ) -> Proofs:
        """One outcome per key, in order. Raises ChainError where the provider does not answer, or lacks the block."""
        ...

    def verify(self, evidence: bytes, block_hash: str) -> Mapping[BalanceKey, int]:
        """Every balance the kept evidence proves, offline. Pure. Raises ChainError unless all of it holds."""
        ...
