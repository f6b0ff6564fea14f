"""Known weaknesses, in the words that are printed beside "valid"."""

from __future__ import annotations

SUMS_NOT_BOUND = (
    "The children's separate sums are not hashed, only their total: one tree can show two users different sums, "
    "so the total may be smaller than what is owed."
)
SPLIT_UNSEEN = "Every sibling's amount is taken on trust: the files do not show what lies under it."
NO_DELIMITERS = "Fields are joined without delimiters: the same text can be read as other fields."
NO_DOMAINS = "Leaves and inner nodes are not hashed apart, so one could be passed off as the other."
USER_HASH_GIVEN = "The user's own hash is taken from the file: whether it stands for you alone is not shown."
OTHERS_MISSING = "That no other customer was left out: only the customers who look can tell."
LEAF_SHARED = "Two customers with equal balances could be shown the same leaf."
AMOUNTS_PUBLIC = "The amounts of the leaves are public: balances can be guessed from them."
NEGATIVE_ELSEWHERE = "The scheme accepts negative balances: those outside this path were not seen."


def truncated(bits: int) -> str:
    return f"The hash is cut to {bits} bits: about 2^{bits // 2} tries find two leaves that hash alike."
