"""Where tokens keep balances: learned once, confirmed for every block, kept across runs."""

from __future__ import annotations

from chains.proofs import Learned
from chains.types import BlockRef, ChainId, Instrument
from indexer.store.database import Database
from indexer.store.text import plain

_NEWEST = "SELECT rule FROM ledger.slot_rules WHERE chain = $1 AND token = $2 ORDER BY rule_id DESC LIMIT 1"
_SAVE = """
INSERT INTO ledger.slot_rules (chain, token, rule, reason, height, hash, provider, operator)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def slot_rule(db: Database, chain: ChainId, token: Instrument) -> str | None:
    """The rule this token had when it was last looked at; None where it had none, or never was."""
    async with db.acquire() as connection:
        found: str | None = await connection.fetchval(_NEWEST, chain, token)
        return found


async def save_rule(
    db: Database, chain: ChainId, token: Instrument, learned: Learned, *, block: BlockRef, provider: str, operator: str
) -> None:
    """Keep what a provider showed of the token on the state of this block."""
    reason = None if learned.rule is not None else plain(learned.reason)
    async with db.acquire() as connection:
        await connection.execute(
            _SAVE, chain, token, learned.rule, reason, block.height, block.hash, provider, operator
        )
