"""TON by the index behind toncenter's API v3: coins of accounts, and jettons in the wallets their masters derive."""

from chains.ton.adapter import build

__all__ = ["build"]
