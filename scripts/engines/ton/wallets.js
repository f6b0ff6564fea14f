// The wallets of people: contracts that do what a signature of their key asks for.
"use strict";
const { SendMode, external, internal } = require("@ton/core");
const { keyPairFromSeed } = require("@ton/crypto");
const { WalletContractV3R2, WalletContractV4, WalletContractV5R1 } = require("@ton/ton");
const { HighloadWalletV3 } = require("@tonkite/highload-wallet-v3");

const HIGHLOAD_TIMEOUT_S = 12 * 60 * 60;
const WALLETS = {
  v3r2: (publicKey) => WalletContractV3R2.create({ workchain: 0, publicKey }),
  v4r2: (publicKey) => WalletContractV4.create({ workchain: 0, publicKey }),
  v5r1: (publicKey) => WalletContractV5R1.create({ workchain: 0, publicKey }),
  "highload-v3": (publicKey) => new HighloadWalletV3(undefined, publicKey, HIGHLOAD_TIMEOUT_S),
};

function open(version, seed) {
  const keys = keyPairFromSeed(Buffer.from(seed, "hex"));
  return { ...keys, wallet: WALLETS[version](keys.publicKey) };
}

async function deploy(network, { version, seed, coins }) {
  const { wallet } = open(version, seed);
  await network.give({ to: wallet.address, value: BigInt(coins), stateInit: wallet.init });
  return { address: wallet.address.toString() };
}

// One message, by signature; not of highload wallets.
async function sign(network, { version, seed }, message) {
  const { wallet, secretKey } = open(version, seed);
  const { stackReader } = await network.get(wallet.address, "seqno");
  const body = wallet.createTransfer({
    secretKey,
    seqno: stackReader.readNumber(),
    timeout: network.chain.now + 60,
    sendMode: SendMode.PAY_GAS_SEPARATELY,
    messages: [internal(message)],
  });
  await network.send(external({ to: wallet.address, body }));
}

module.exports = { deploy, sign };
