"""A Solana ledger of one slot at a time, on the real runtime: mints, token accounts and transfers made to order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import count
from struct import pack
from typing import NamedTuple

from solders import system_program
from solders.account import Account
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.token.associated import get_associated_token_address
from solders.transaction import Transaction
from solders.transaction_metadata import TransactionMetadata

from chains.types import Address

TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
SYSTEM = "11111111111111111111111111111111"
_ASSOCIATED = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
_MINT_BYTES, _TOKEN_BYTES = 82, 165
_FIRST_SLOT = 1_000
_FIRST_TIME_S = 1_700_000_000


class Recorded(NamedTuple):
    """A transaction with the accounts it names, as they were before and after it."""

    signature: str
    slot: int
    keys: tuple[str, ...]
    before: tuple[Account | None, ...]
    after: tuple[Account | None, ...]


class Ledger:
    """``genesis`` names the cluster. ``blocks`` has the (hash, unix time) of every slot that has a block.

    Everything is made by real transactions, except by ``put``. What is written belongs to the current slot, which is
    final at once; ``advance`` starts another one.
    """

    def __init__(self, *, genesis: str = "assay local") -> None:
        self.genesis_hash = str(Hash(hashlib.sha256(genesis.encode()).digest()))
        self.slot = _FIRST_SLOT
        self.blocks: dict[int, tuple[str, int]] = {}
        # Without a history of transactions two equal ones may run within one slot.
        self._svm = LiteSVM().with_transaction_history(0)
        self._payer = _keypair("payer", 0)
        self._numbers = count(1)
        self.transactions: list[Recorded] = []
        self.first_available = 0  # the slot at which the history a node keeps begins
        self._holdings: dict[tuple[bytes, bytes], list[tuple[str, Account]]] | None = None
        self._svm.airdrop(self._payer.pubkey(), 10**14)
        self._seal()

    def advance(self, slots: int = 1) -> None:
        """Starts a new slot; those jumped over are skipped ones, without a block."""
        self.slot += slots
        self._svm.expire_blockhash()
        self._seal()

    def put(self, address: str, *, lamports: int, owner: str = SYSTEM, data: bytes = b"") -> None:
        """Writes an account as it shall be, past all rules of the chain."""
        self._svm.set_account(Pubkey.from_string(address), Account(lamports, data, Pubkey.from_string(owner)))
        self._holdings = None

    def fund(self, wallets: Mapping[Address, int]) -> None:
        """Lamports to each wallet, by transfers. An amount below the rent of an empty account is refused."""
        for wallet, lamports in wallets.items():
            to = Pubkey.from_string(wallet)
            transfer = system_program.TransferParams(from_pubkey=self._payer.pubkey(), to_pubkey=to, lamports=lamports)
            self._send([system_program.transfer(transfer)])

    def wallet(self, number: int) -> Keypair:
        """A wallet whose key is known, to send from."""
        return _keypair("wallet", number)

    def pay(self, sender: Keypair, to: str, lamports: int) -> None:
        """From one wallet to another; the node's own payer pays the fee."""
        params = system_program.TransferParams(
            from_pubkey=sender.pubkey(), to_pubkey=Pubkey.from_string(to), lamports=lamports
        )
        self._send([system_program.transfer(params)], sender)

    def send_tokens(self, sender: Keypair, *, source: str, to: str, amount: int) -> None:
        """Between two token accounts; only they and the sender are named."""
        account = self.account(Pubkey.from_string(source))
        assert account is not None, f"no token account {source}"
        self._send([_owned(account.owner, sender, bytes([3]) + pack("<Q", amount), source, to)], sender)

    def close(self, sender: Keypair, token_account: str) -> None:
        """Closes an empty token account; its rent goes to the sender."""
        account = self.account(Pubkey.from_string(token_account))
        assert account is not None, f"no token account {token_account}"
        self._send([_owned(account.owner, sender, bytes([9]), token_account, str(sender.pubkey()))], sender)

    def create_mint(self, *, decimals: int, program: str = TOKEN) -> str:
        """A new mint of either token program; this node may mint at will."""
        mint = _keypair("mint", next(self._numbers))
        # InitializeMint2: decimals, mint authority, no freeze authority
        data = bytes([20, decimals]) + bytes(self._payer.pubkey()) + b"\0"
        initialise = Instruction(Pubkey.from_string(program), data, [AccountMeta(mint.pubkey(), False, True)])
        self._send([self._allocate(mint, _MINT_BYTES, program), initialise], mint)
        return str(mint.pubkey())

    def mint_to(self, mint: str, amounts: Mapping[Address, int]) -> None:
        """Mints base units into the derived account of each owner, which is opened where it is missing."""
        of = Pubkey.from_string(mint)
        program = self._program_of(of)
        for wallet, amount in amounts.items():
            owner = Pubkey.from_string(wallet)
            derived = get_associated_token_address(owner, of, program)
            metas = [
                AccountMeta(self._payer.pubkey(), True, True),
                AccountMeta(derived, False, True),
                *(AccountMeta(key, False, False) for key in (owner, of, Pubkey.from_string(SYSTEM), program)),
            ]
            open_idempotent = Instruction(_ASSOCIATED, bytes([1]), metas)
            self._send([open_idempotent, self._mint(program, of, derived, amount)])

    def open_stray(self, mint: str, owner: str, amount: int) -> str:
        """A token account of the owner at an address of its own, holding ``amount``."""
        of = Pubkey.from_string(mint)
        program = self._program_of(of)
        account = _keypair("stray", next(self._numbers))
        # InitializeAccount3: owner
        data = bytes([18]) + bytes(Pubkey.from_string(owner))
        metas = [AccountMeta(account.pubkey(), False, True), AccountMeta(of, False, False)]
        initialise = Instruction(program, data, metas)
        mint_in = self._mint(program, of, account.pubkey(), amount)
        self._send([self._allocate(account, _TOKEN_BYTES, str(program)), initialise, mint_in], account)
        return str(account.pubkey())

    def derived(self, mint: str, owner: str) -> str:
        """The address of the owner's associated token account."""
        of = Pubkey.from_string(mint)
        return str(get_associated_token_address(Pubkey.from_string(owner), of, self._program_of(of)))

    def _mint(self, program: Pubkey, mint: Pubkey, to: Pubkey, amount: int) -> Instruction:
        metas = [
            AccountMeta(mint, False, True),
            AccountMeta(to, False, True),
            AccountMeta(self._payer.pubkey(), True, False),
        ]
        return Instruction(program, bytes([7]) + pack("<Q", amount), metas)

    def _allocate(self, account: Keypair, size: int, program: str) -> Instruction:
        return system_program.create_account(
            system_program.CreateAccountParams(
                from_pubkey=self._payer.pubkey(),
                to_pubkey=account.pubkey(),
                lamports=self._svm.minimum_balance_for_rent_exemption(size),
                space=size,
                owner=Pubkey.from_string(program),
            )
        )

    def _program_of(self, mint: Pubkey) -> Pubkey:
        account = self._svm.get_account(mint)
        assert account is not None, f"no mint {mint}"
        return account.owner

    def _send(self, instructions: Sequence[Instruction], *signers: Keypair) -> None:
        block_hash = self._svm.latest_blockhash()
        message = Message.new_with_blockhash(instructions, self._payer.pubkey(), block_hash)
        before = self._state(message.account_keys)
        outcome = self._svm.send_transaction(Transaction([self._payer, *signers], message, block_hash))
        assert isinstance(outcome, TransactionMetadata), f"refused by the runtime: {outcome}"
        self._holdings = None
        keys = tuple(map(str, message.account_keys))
        unique = f"{outcome.signature()}{len(self.transactions)}"  # two equal ones may run within one slot
        signature = str(Signature(hashlib.sha512(unique.encode()).digest()))
        self.transactions.append(Recorded(signature, self.slot, keys, before, self._state(message.account_keys)))

    def _state(self, keys: Sequence[Pubkey]) -> tuple[Account | None, ...]:
        return tuple(self._svm.get_account(key) for key in keys)

    def _seal(self) -> None:
        self._svm.warp_to_slot(self.slot)
        clock = self._svm.get_clock()
        clock.unix_timestamp = _FIRST_TIME_S + (self.slot - _FIRST_SLOT) * 2 // 5  # 400 ms a slot
        self._svm.set_clock(clock)
        self.blocks[self.slot] = (str(self._svm.latest_blockhash()), clock.unix_timestamp)

    def account(self, address: Pubkey) -> Account | None:
        return self._svm.get_account(address)

    def holdings(self) -> Mapping[tuple[bytes, bytes], Sequence[tuple[str, Account]]]:
        """(holder, mint) -> its token accounts: what a node keeps as its secondary index."""
        if self._holdings is None:
            self._holdings = {}
            for program in (TOKEN, TOKEN_2022):
                for address, account in self._svm.get_program_accounts(Pubkey.from_string(program)):
                    data = account.data
                    if len(data) >= _TOKEN_BYTES and (len(data) == _TOKEN_BYTES or data[_TOKEN_BYTES] == 2):
                        self._holdings.setdefault((data[32:64], data[:32]), []).append((str(address), account))
        return self._holdings


def _owned(program: Pubkey, sender: Keypair, data: bytes, source: str, to: str) -> Instruction:
    """An instruction of the token program upon two accounts, signed by the owner of the first."""
    metas = [
        AccountMeta(Pubkey.from_string(source), False, True),
        AccountMeta(Pubkey.from_string(to), False, True),
        AccountMeta(sender.pubkey(), True, False),
    ]
    return Instruction(program, data, metas)


def _keypair(purpose: str, number: int) -> Keypair:
    """The same keys in every run."""
    return Keypair.from_seed(hashlib.sha256(f"{purpose} {number}".encode()).digest())
