// One TON: @ton/sandbox executes every message; each transaction is confirmed by a block of the masterchain of its own.
"use strict";
const { createHash } = require("node:crypto");
const { beginCell, storeAccount } = require("@ton/core");
const { Blockchain, internal } = require("@ton/sandbox");

const FIRST = 1000, FIRST_TIME_S = 1_750_000_000, STEP_S = 5;
const NOBODY = beginCell().storeBit(0).endCell().hash();  // account_none

const raw = (address) => `${address.workChain}:${address.hash.toString("hex").toUpperCase()}`;
const base64 = (hash) => (hash ? hash.toString("base64") : null);

class Network {
  blocks = [];
  known = new Map();         // raw address: its newest account state
  transactions = new Map();  // raw address: oldest first
  rows = new Map();          // hash of an account state: its row as a jetton wallet, or null

  static async create() {
    const network = new Network();
    // Without what only validators need: the emulator reads the configuration anew for each call.
    network.chain = await Blockchain.create({ config: "slim" });
    network.chain.verbosity = { ...network.chain.verbosity, vmLogs: "none", blockchainLogs: false, debugLogs: false };
    network.chain.now = FIRST_TIME_S;
    network.faucet = await network.chain.treasury("faucet");
    network.seal();
    return network;
  }

  get head() {
    return this.blocks.at(-1);
  }

  block(seqno) {
    return this.blocks[seqno - FIRST];
  }

  seal() {
    const seqno = FIRST + this.blocks.length;
    const parent = seqno === FIRST ? "" : this.head.root;
    const root = createHash("sha256").update(`${parent}${seqno}`).digest("base64");
    this.blocks.push({ seqno, root, time: this.chain.now });
    this.chain.now += STEP_S;
  }

  // Executes a message and all that follow from it. What runs is recorded, also where it fails.
  async send(message) {
    for await (const transaction of await this.chain.sendMessageIter(message)) {
      await this.record(transaction);
    }
  }

  // A message of the faucet, whose coins come from nowhere.
  async give(message) {
    await this.send(internal({ bounce: false, ...message, from: this.faucet.address }));
  }

  async record(transaction) {
    const contract = await this.chain.getContract(transaction.inMessage.info.dest);
    const name = raw(contract.address);
    const before = this.known.get(name) ?? stateOf(undefined);
    const after = stateOf(contract.account.account);
    this.known.set(name, after);
    this.transactions.set(name, [
      ...(this.transactions.get(name) ?? []),
      { transaction, before, after, seqno: this.head.seqno + 1 },
    ]);
    this.seal();
  }

  // An account as if it had come about before the first block, without a transaction.
  async place(address, { coins, state }) {
    const account = {
      addr: address,
      storage: { lastTransLt: 0n, balance: { coins }, state },
      storageStats: { used: { cells: 0n, bits: 0n }, lastPaid: this.chain.now, duePayment: null, storageExtra: null },
    };
    await this.chain.setShardAccount(address, { account, lastTransactionLt: 0n, lastTransactionHash: 0n });
    this.known.set(raw(address), stateOf(account));
  }

  // A get method of a contract: its exit code, and its stack. A contract without code has no methods.
  async get(address, method, stack = []) {
    const contract = await this.chain.getContract(address);
    if (contract.accountState?.type !== "active") return { exitCode: -13, gasUsed: 0n };
    try {
      return await contract.get(method, stack);
    } catch (error) {
      if (error.exitCode === undefined) throw error;
      return { exitCode: error.exitCode, gasUsed: error.gasUsed };
    }
  }
}

// As the API prints it: nothing of an account that does not exist, but the hash that says so.
function stateOf(account) {
  if (!account) return { hash: base64(NOBODY), balance: null, status: null, code: null, data: null, frozen: null };
  const { state, balance } = account.storage;
  const frozen = state.type === "frozen" ? Buffer.from(state.stateHash.toString(16).padStart(64, "0"), "hex") : null;
  const hash = beginCell().storeBit(1).store(storeAccount(account)).endCell().hash();
  const active = state.type === "active" ? state.state : {};
  return {
    hash: base64(hash),
    balance: balance.coins.toString(),
    status: state.type,
    code: base64(active.code?.hash()),
    data: base64(active.data?.hash()),
    frozen: base64(frozen),
  };
}

module.exports = { Network, base64, raw };
