// Jettons as TEP-74 has them, from code that the caller brings: a master, and a wallet contract for each owner.
"use strict";
const { Address, Cell, Dictionary, beginCell, contractAddress, toNano } = require("@ton/core");
const { sha256_sync: sha256 } = require("@ton/crypto");
const { sign } = require("./wallets");

const MINT = 21, INTERNAL_TRANSFER = 0x178d4519, TRANSFER = 0x0f8a7ea5, BURN = 0x595f07bc;
const NAMES = ["name", "symbol", "decimals", "uri"];
const FEE = toNano("0.2");
const [HASH, TEXT] = [Dictionary.Keys.Buffer(32), Dictionary.Values.Cell()];

async function create(network, { minter, wallet, said }) {
  const [code, walletCode] = [Cell.fromBase64(minter), Cell.fromBase64(wallet)];
  const entries = Dictionary.empty(HASH, TEXT);
  for (const [name, text] of Object.entries(said)) {
    entries.set(sha256(name), beginCell().storeUint(0, 8).storeStringTail(text).endCell());
  }
  const document = beginCell().storeUint(0, 8).storeDict(entries).endCell();
  const admin = network.faucet.address;
  const data = beginCell().storeCoins(0).storeAddress(admin).storeRef(document).storeRef(walletCode).endCell();
  const init = { code, data }, to = contractAddress(0, init);
  await network.give({ to, value: toNano("1"), stateInit: init });
  return { master: to.toString(), code: walletCode.hash().toString("hex"), depth: walletCode.depth() };
}

async function mint(network, { master, amounts }) {
  for (const [owner, amount] of Object.entries(amounts)) {
    const order = operation(INTERNAL_TRANSFER, amount).storeAddress(null).storeAddress(null).storeCoins(0).storeBit(0);
    const to = beginCell().storeUint(MINT, 32).storeUint(0, 64).storeAddress(Address.parse(owner));
    const body = to.storeCoins(toNano("0.1")).storeRef(order.endCell()).endCell();
    await network.give({ to: Address.parse(master), value: FEE, bounce: true, body });
  }
}

async function transfer(network, { master, sender, to, amount }) {
  const order = operation(TRANSFER, amount).storeAddress(Address.parse(to)).storeAddress(Address.parse(sender.address));
  await ask(network, { master, sender }, order.storeBit(0).storeCoins(1).storeBit(0).endCell());
}

async function burn(network, { master, sender, amount }) {
  const order = operation(BURN, amount).storeAddress(Address.parse(sender.address));
  await ask(network, { master, sender }, order.storeBit(0).endCell());
}

// The owner asks its jetton wallet.
async function ask(network, { master, sender }, body) {
  const to = await walletOf(network, master, sender.address);
  await sign(network, sender, { to, value: FEE, bounce: true, body });
}

const operation = (code, amount) => beginCell().storeUint(code, 32).storeUint(0, 64).storeCoins(BigInt(amount));

// The master's own word.
async function walletOf(network, master, owner) {
  const cell = beginCell().storeAddress(Address.parse(owner)).endCell();
  const found = await network.get(Address.parse(master), "get_wallet_address", [{ type: "slice", cell }]);
  return found.stackReader.readAddress();
}

// What a contract says of itself as a master, or as a wallet that its master would make; or null.
async function masterAt(network, address) {
  const { exitCode, stackReader } = await network.get(address, "get_jetton_data");
  if (exitCode !== 0) return null;
  const [supply, mintable] = [stackReader.readBigNumber(), stackReader.readBoolean()];
  const [admin, document] = [stackReader.readAddressOpt(), stackReader.readCell().beginParse().skip(8)];
  const entries = document.loadDict(HASH, TEXT);
  const said = NAMES.map((name) => [name, entries.get(sha256(name))?.beginParse().skip(8).loadStringTail()]);
  const content = Object.fromEntries(said.filter(([, text]) => text !== undefined));
  return { supply, mintable, admin, content, code: stackReader.readCell().hash() };
}

async function walletAt(network, address) {
  const { exitCode, stackReader } = await network.get(address, "get_wallet_data");
  if (exitCode !== 0) return null;
  const balance = stackReader.readBigNumber(), owner = stackReader.readAddress(), master = stackReader.readAddress();
  const derived = await walletOf(network, master.toString(), owner.toString());
  return derived.equals(address) ? { balance, owner, master } : null;
}

module.exports = { burn, create, masterAt, mint, transfer, walletAt, walletOf };
