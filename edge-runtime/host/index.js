// The worker as its host sees it: what is called when a request, a batch of a queue or an alarm comes. Requests are read
// and responses are written here; nothing is decided. Of a request one text and its body cross into Wasm, and one text
// comes back (`src/worker/host.rs`): each value and each object that crosses costs more than what it says.
//
// BOUND is what wasm-bindgen made of the crate.
import * as bound from "BOUND";

import { calling } from "./life.js";
import { response } from "./response.js";
import { answered } from "./turns.js";

export { BundleObject, ProfileObject } from "./objects.js";

// Those that are looked at: of nothing else the worker can be told.
const HEADERS = [
  "authorization",
  "content-type",
  "cookie",
  "if-none-match",
  "origin",
  "x-acquaint-signature",
  "x-api-key",
  "x-gw-ims-org-id",
  "x-request-id",
];

// A body that says its length and is no longer than any of the public routes takes is read at once: a stream costs
// several turns of the event loop.
const SHORT_BYTES = 64 * 1024;

export default {
  async fetch(request, env, context) {
    const { method, headers } = request;
    let head = `${method}\n${request.url}`;
    for (const name of HEADERS) {
      const value = headers.get(name);
      if (value !== null) head += `\n${name}\n${value}`;
    }
    const length = headers.get("content-length");
    const short = method === "POST" && length !== null && length <= SHORT_BYTES;
    const body = short ? await bytes(request) : undefined;
    return response(await answered(() => bound.fetch(head, body, request, env, context)));
  },

  queue(batch, env, context) {
    return calling(() => bound.queue(batch, env, context));
  },
};

// One that does not come as it was announced is no body, and nobody's fault but the sender's.
async function bytes(request) {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}
