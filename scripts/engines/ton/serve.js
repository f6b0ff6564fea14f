// Serves a network on a free loopback port: toncenter's API v3 below /api/v3, and what changes it below /api/engine.
"use strict";
const http = require("node:http");
const { Address } = require("@ton/core");
const jettons = require("./jettons");
const { Network } = require("./network");
const v3 = require("./v3");
const wallets = require("./wallets");

const ENGINE = {
  advance: async (network) => network.seal(),
  deploy: wallets.deploy,
  place: async (network, { accounts, frozen }) => {
    const state = frozen ? { type: "frozen", stateHash: 1n } : { type: "uninit" };
    for (const { address, coins } of accounts) {
      await network.place(Address.parse(address), { coins: BigInt(coins), state });
    }
  },
  send: (network, { sender, to, coins, bounce }) =>
    wallets.sign(network, sender, { to: Address.parse(to), value: BigInt(coins), bounce }),
  jetton: jettons.create,
  mint: jettons.mint,
  transfer: jettons.transfer,
  burn: jettons.burn,
  wallet: async (network, { master, owner }) => {
    const address = await jettons.walletOf(network, master, owner);
    const found = await jettons.walletAt(network, address);
    return { address: address.toString(), balance: String(found ? found.balance : 0n) };
  },
};

// toncenter's paths are below /api/v3, the engine's own below /api/engine.
async function answer(network, { method, url }, text) {
  const { pathname, searchParams } = new URL(url, "http://loopback");
  const [, , api, ...rest] = pathname.split("/");
  const path = rest.join("/"), body = text ? JSON.parse(text) : {};
  if (api !== "engine") return v3.answer(network, method, path, searchParams, body);
  return (await ENGINE[path](network, body)) ?? {};
}

async function main() {
  const network = await Network.create();
  let turn = Promise.resolve();  // one request at a time: no answer is of the middle of a change
  const server = http.createServer({ maxHeaderSize: 128 * 1024 }, async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    turn = turn.then(async () => {
      const { status, said } = await outcome(() => answer(network, request, text));
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}/api`));
}

async function outcome(ask) {
  try {
    return { status: 200, said: await ask() };
  } catch (error) {
    return { status: error.status ?? 422, said: { error: String(error.message).slice(0, 2000) } };
  }
}

main();
