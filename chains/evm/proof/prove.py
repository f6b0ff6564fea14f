"""Asks a provider for proofs and believes nothing of its answer but what follows from the hash of the pinned block."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chains.adapter import Call, Json, Rpc
from chains.errors import Pruned, RpcFault, TooLarge
from chains.evm.balances import pin
from chains.evm.blocks import confirm
from chains.evm.faults import is_block
from chains.evm.proof import header as headers
from chains.evm.proof.errors import IncompleteHeader, ProofError, UnknownHeader
from chains.evm.proof.evidence import Collector
from chains.evm.proof.header import Header
from chains.evm.proof.slots import SlotRule
from chains.evm.proof.state import EMPTY_CODE, Account, prove_account, prove_slot, trie_key
from chains.evm.proof.trie import NODE_BYTES_MAX
from chains.evm.wire import quantity
from chains.proofs import Contradiction, Doubted, NotProvable, Outcome, Proofs, ProvenBalance
from chains.types import BalanceKey, BlockRef, Instrument

SLOTS_MAX = 1_024  # per call; geth takes no more
_NODES_MAX = 130  # 65 deep at the most, and some providers list embedded nodes twice
_NODE = re.compile(rf"0x(?:[0-9a-fA-F]{{2}}){{1,{NODE_BYTES_MAX}}}")


async def prove_balances(
    rpc: Rpc,
    block: BlockRef,
    keys: Sequence[BalanceKey],
    rules: Mapping[Instrument, SlotRule],
    *,
    native: Instrument,
    confirmed: bool,
) -> Proofs:
    """Proves every key it can; ``rules`` are those of tokens, confirmed for this block.

    ``confirmed``: this network is known to keep its state as Ethereum does, so that what proves nothing is a lie.

    Raises Pruned where the node no longer has the block or its state, Reorged where the chain no longer has the
    block, other ChainErrors where the provider did not answer.
    """
    wrong = Contradiction if confirmed else Doubted
    try:
        header = await _header(rpc, block)
    except IncompleteHeader as incomplete:
        return Proofs([NotProvable(key, str(incomplete)) for key in keys], None)
    except UnknownHeader as unknown:
        return Proofs([Doubted(key, str(unknown)) for key in keys], None)
    except ProofError as error:
        return Proofs([wrong(key, str(error)) for key in keys], None)

    session = _Session(rpc, block, header, Collector(header, native), wrong)
    outcomes: dict[BalanceKey, Outcome] = {}
    coins = [key for key in dict.fromkeys(keys) if key.instrument == native]
    outcomes.update(await session.coins(coins))
    tokens: dict[Instrument, list[BalanceKey]] = {}
    for key in dict.fromkeys(keys):
        if key.instrument in rules and key.instrument != native:
            tokens.setdefault(key.instrument, []).append(key)
        elif key.instrument != native:
            outcomes[key] = NotProvable(key, "no confirmed slot rule for this token")
    for instrument, holders in tokens.items():
        for start in range(0, len(holders), SLOTS_MAX):
            outcomes.update(await session.slots(rules[instrument], holders[start : start + SLOTS_MAX]))
    return Proofs([outcomes[key] for key in keys], session.collector.to_bytes())


async def _header(rpc: Rpc, block: BlockRef) -> Header:
    answer = await rpc.call("eth_getBlockByHash", (block.hash, False))
    if answer is None:
        await confirm(rpc, block)
        raise Pruned(0, f"the node has no block {block.hash}")
    return headers.from_json(answer, block_hash=block.hash, height=block.height)


class _Session:
    """One block at one provider."""

    def __init__(
        self, rpc: Rpc, block: BlockRef, header: Header, collector: Collector, wrong: type[Contradiction | Doubted]
    ) -> None:
        self._rpc, self._block, self._header, self.collector = rpc, block, header, collector
        self._wrong = wrong

    async def coins(self, keys: Sequence[BalanceKey]) -> dict[BalanceKey, Outcome]:
        calls = [self._call(key.address, []) for key in keys]
        answers = await self._rpc.batch(calls) if calls else []
        return {key: await self._coin(key, answer) for key, answer in zip(keys, answers, strict=True)}

    async def _coin(self, key: BalanceKey, answer: Json | RpcFault) -> Outcome:
        if isinstance(answer, RpcFault):
            return await self._refused(key, answer)
        try:
            fields = _fields(answer)
            proof = _nodes(fields.get("accountProof"))
            account = prove_account(self._header, bytes.fromhex(key.address[2:]), proof)
            _same("balance", fields.get("balance"), account.balance)
        except ProofError as error:
            return self._wrong(key, str(error))
        self.collector.coin(key.address, proof)
        return ProvenBalance(key, account.balance)

    async def slots(self, rule: SlotRule, keys: Sequence[BalanceKey]) -> dict[BalanceKey, Outcome]:
        """The balances of one token, by one call, or by more where the provider finds that too much."""
        wanted = [trie_key(rule.slot(key.address), self._header.dialect) for key in keys]
        answer: Json | RpcFault
        try:
            answer = await self._rpc.call(*self._call(rule.storage, ["0x" + slot.hex() for slot in wanted]))
        except (RpcFault, TooLarge) as refusal:
            if len(keys) > 1 and not (isinstance(refusal, RpcFault) and (is_block(refusal) or _is_unknown(refusal))):
                middle = len(keys) // 2
                return {**await self.slots(rule, keys[:middle]), **await self.slots(rule, keys[middle:])}
            if isinstance(refusal, TooLarge):
                return {key: NotProvable(key, f"the proof is too large: {refusal}") for key in keys}
            return {key: await self._refused(key, refusal) for key in keys}
        try:
            fields = _fields(answer)
            account_proof = _nodes(fields.get("accountProof"))
            account = prove_account(self._header, bytes.fromhex(rule.storage[2:]), account_proof)
            proofs = fields.get("storageProof")
            if not isinstance(proofs, list) or len(proofs) != len(wanted):
                raise ProofError("not one storage proof per slot")
        except ProofError as error:
            return {key: self._wrong(key, str(error)) for key in keys}
        if account.code_hash == EMPTY_CODE:
            return {key: NotProvable(key, f"proven: {rule.storage} is no contract in this block") for key in keys}
        return {
            key: self._slot(rule, key, proof, slot=slot, account=account, account_proof=account_proof)
            for key, slot, proof in zip(keys, wanted, proofs, strict=True)
        }

    def _slot(
        self,
        rule: SlotRule,
        key: BalanceKey,
        answer: Json,
        *,
        slot: bytes,
        account: Account,
        account_proof: Sequence[bytes],
    ) -> Outcome:
        try:
            fields = _fields(answer)
            proof = _nodes(fields.get("proof"))
            word = prove_slot(account, slot, proof)
            _same("value", fields.get("value"), word)
        except ProofError as error:
            return self._wrong(key, str(error))
        self.collector.token(rule, account_proof, key.address, proof)
        return ProvenBalance(key, rule.amount(word))

    async def _refused(self, key: BalanceKey, fault: RpcFault) -> Outcome:
        if is_block(fault):
            await confirm(self._rpc, self._block)
            raise Pruned(fault.code, fault.message, fault.data)
        return NotProvable(key, f"the provider gives no proof: {str(fault)[:200]}")

    def _call(self, address: str, slots: Sequence[str]) -> Call:
        return "eth_getProof", (address, slots, pin(self._block))


def _is_unknown(fault: RpcFault) -> bool:
    return fault.code == -32601  # no such method: asking for less does not help


def _fields(answer: Json) -> dict[str, Json]:
    if not isinstance(answer, dict):
        raise ProofError("the proof is not an object")
    return answer


def _nodes(answer: Json | None) -> list[bytes]:
    if not isinstance(answer, list) or len(answer) > _NODES_MAX:
        raise ProofError("not a list of trie nodes, or too many")
    nodes = []
    for node in answer:
        if not isinstance(node, str) or not _NODE.fullmatch(node):
            raise ProofError("a trie node that is not hexadecimal data, or too large")
        nodes.append(bytes.fromhex(node[2:]))
    return nodes


def _same(name: str, said: Json | None, proven: int) -> None:
    number = quantity(said)
    if number != proven:
        what = number if isinstance(number, int) else number.detail
        raise ProofError(f"the provider says {name} {what}, its own proof says {proven}")
