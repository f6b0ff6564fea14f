"""What a node's refusal is about: the contract that was called, the block, or neither."""

from __future__ import annotations

import re

from chains.errors import Pruned, RpcFault

_EXECUTION_CODES = frozenset({3, -32015})
"""EIP-1474 successors: 3 is a revert (geth, reth, anvil, Besu), -32015 a VM error (Nethermind)."""

_EXECUTION = re.compile(
    r"revert|invalid opcode|\bEVM error\b|VM execution error|out ?of ?gas|stack (?:under|over)flow|invalid jump"
    r"|write protection|invalid code",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"missing trie node|header (?:for hash )?not found|not currently canonical"
    r"|block not found|resource not found|unknown block|state .*(?:not available|unavailable)|pruned",
    re.IGNORECASE,
)
_GAS = re.compile(r"out ?of ?gas|gas required exceeds|intrinsic gas|exceeds block gas limit", re.IGNORECASE)


def is_execution(fault: RpcFault) -> bool:
    """The EVM ran and the contract failed: a fact about the contract, the same at every honest node."""
    return fault.code in _EXECUTION_CODES or _EXECUTION.search(fault.message) is not None


def is_block(fault: RpcFault) -> bool:
    """The node does not have the block or its state: another node may."""
    return isinstance(fault, Pruned) or _BLOCK.search(fault.message) is not None


def is_gas(fault: RpcFault) -> bool:
    """The gas of one call was not enough: of many questions in one, fewer may be answered."""
    return _GAS.search(fault.message) is not None
