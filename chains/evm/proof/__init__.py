"""Balances that carry their own proof, from the hash of the pinned block down to the account or the storage slot."""
