"""Proofs of balances: what was chosen, what is known of tokens, what came of it, and the evidence itself."""

from indexer.store.proofs.outcomes import load_evidence, pending_rows, save_chunk
from indexer.store.proofs.rules import save_rule, slot_rule
from indexer.store.proofs.samples import all_proven, populations, sampled_pins, save_samples
from indexer.store.proofs.summary import summaries_of

__all__ = [
    "all_proven",
    "load_evidence",
    "pending_rows",
    "populations",
    "sampled_pins",
    "save_chunk",
    "save_rule",
    "save_samples",
    "slot_rule",
    "summaries_of",
]
