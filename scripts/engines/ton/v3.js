// toncenter's API v3 as far as audits ask it (https://toncenter.com/api/v3), from the state of a network.
"use strict";
const { Address } = require("@ton/core");
const jettons = require("./jettons");
const { base64, raw } = require("./network");

const GLOBAL_ID = -239, SHARD = "8000000000000000";
const LIMIT = 10, LIMIT_MAX = 1000;

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const ANSWERS = {
  "GET masterchainInfo": (network) => ({ last: block(network.head), first: block(network.blocks[0]) }),
  "GET blocks": (network, query) => {
    if (query.get("workchain") !== "-1" || query.get("shard") !== SHARD) throw new Refusal(422, "no such blocks here");
    if (query.has("end_utime")) {
      if (query.get("sort") !== "desc") throw new Refusal(422, "this engine lists the newest blocks first");
      const early = network.blocks.filter(({ time }) => time <= Number(query.get("end_utime"))).reverse();
      return { blocks: early.slice(0, Number(query.get("limit"))).map(block) };
    }
    const found = network.block(Number(query.get("seqno")));
    return { blocks: found ? [block(found)] : [] };
  },
  "GET accountStates": async (network, query) => {
    if (query.get("include_boc") !== "false") throw new Refusal(422, "this engine prints no cells");
    const known = addresses(query).filter((address) => network.known.has(raw(address)));
    return { accounts: known.map((address) => account(address, network)), address_book: {}, metadata: {} };
  },
  "GET transactions": (network, query) => ({ transactions: transactions(network, query), address_book: {} }),
  "GET jetton/masters": async (network, query) => {
    const rows = await each(addresses(query), (address) => master(network, address));
    return { jetton_masters: rows, address_book: {}, metadata: {} };
  },
  "GET jetton/wallets": async (network, query) => {
    const known = addresses(query).filter((address) => network.known.has(raw(address)));
    const rows = await each(known, (address) => indexed(network, address));
    return { jetton_wallets: rows.slice(0, limit(query)), address_book: {}, metadata: {} };
  },
  "POST runGetMethod": async (network, _, { address, method, stack }) => {
    if (stack.length) throw new Refusal(422, "this engine takes no arguments");
    const { exitCode, gasUsed, stack: found = [] } = await network.get(Address.parse(address), method);
    return { gas_used: Number(gasUsed), exit_code: exitCode, stack: found.map(value) };
  },
};

function answer(network, method, path, query, body) {
  const found = ANSWERS[`${method} ${path}`];
  if (!found) throw new Refusal(404, `${method} ${path}`);
  return found(network, query, body);
}

function addresses(query) {
  const asked = query.getAll("address").map((text) => Address.parse(text));
  if (!asked.length || asked.length > LIMIT_MAX) throw new Refusal(422, "between 1 and 1000 addresses");
  return asked;
}

function limit(query) {
  return Math.min(Number(query.get("limit") ?? LIMIT), LIMIT_MAX);
}

async function each(asked, row) {
  return (await Promise.all(asked.map(row))).filter((found) => found !== null);
}

// An index looks at a contract once, whenever its state is another.
async function indexed(network, address) {
  const { hash } = network.known.get(raw(address));
  if (!network.rows.has(hash)) network.rows.set(hash, wallet(address, await jettons.walletAt(network, address)));
  return network.rows.get(hash);
}

function block({ seqno, root, time }) {
  const id = { workchain: -1, shard: SHARD, seqno, root_hash: root, file_hash: root };
  return { ...id, global_id: GLOBAL_ID, gen_utime: String(time) };
}

function account(address, network) {
  const { hash, balance, status, code, data, frozen } = network.known.get(raw(address));
  const hashes = { account_state_hash: hash, code_hash: code, data_hash: data, frozen_hash: frozen };
  return { address: raw(address), balance: balance ?? "0", status: status ?? "nonexist", ...hashes };
}

async function master(network, address) {
  const found = await jettons.masterAt(network, address);
  if (!found) return null;
  const { supply, mintable, admin, content, code } = found;
  const said = { jetton_content: content, jetton_wallet_code_hash: base64(code) };
  return { address: raw(address), total_supply: String(supply), mintable, admin_address: admin && raw(admin), ...said };
}

function wallet(address, found) {
  if (!found) return null;
  return { address: raw(address), balance: String(found.balance), owner: raw(found.owner), jetton: raw(found.master) };
}

function transactions(network, query) {
  if (query.get("sort") !== "asc") throw new Refusal(422, "this engine lists the oldest first");
  const since = Number(query.get("start_utime") ?? 0), after = BigInt(query.get("start_lt") ?? 0);
  const found = network.transactions.get(raw(Address.parse(query.get("account")))) ?? [];
  const wanted = found.filter(({ transaction }) => transaction.now >= since && transaction.lt >= after);
  return wanted.slice(0, limit(query)).map(row);
}

function row({ transaction: one, before, after, seqno }) {
  return {
    account: raw(one.inMessage.info.dest),
    hash: base64(one.hash()),
    lt: String(one.lt),
    now: one.now,
    mc_block_seqno: seqno,
    prev_trans_lt: String(one.prevTransactionLt),
    total_fees: String(one.totalFees.coins),
    description: { type: "ord", aborted: one.description.aborted },
    in_msg: message(one.inMessage),
    account_state_before: stateOf(before),
    account_state_after: stateOf(after),
  };
}

function message({ info, body }) {
  const cell = { hash: base64(body.hash()), body: body.toBoc().toString("base64"), decoded: null };
  const source = info.type === "internal" ? raw(info.src) : null;
  const value = info.type === "internal" ? String(info.value.coins) : null;
  return { source, destination: raw(info.dest), value, bounced: info.bounced ?? null, message_content: cell };
}

function stateOf({ hash, balance, status, code, data, frozen }) {
  return { hash, balance, account_status: status, frozen_hash: frozen, data_hash: data, code_hash: code };
}

function value(item) {
  if (item.type !== "int") return { type: item.type, value: item.cell.toBoc().toString("base64") };
  const [sign, size] = item.value < 0n ? ["-", -item.value] : ["", item.value];
  return { type: "num", value: `${sign}0x${size.toString(16)}` };
}

module.exports = { Refusal, answer };
