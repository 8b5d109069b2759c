// The worker as its host sees it: what is called when a request, a batch of a queue or an alarm comes. Requests are read
// and responses are written here; nothing is decided. Of a request one text and its body cross into Wasm, and one text
// comes back (`src/worker/host.rs`): each value and each object that crosses costs more than what it says.
//
// BOUND is what wasm-bindgen made of the crate.
import { DurableObject } from "cloudflare:workers";

import * as bound from "BOUND";

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

// After a panic the module begins anew, under another number, with the next call that is not of an object's: what was made
// before is of no use then, and an object's call would go to it.
const life = () => bound.__worker_init_state().instanceId;

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
    return response(await bound.fetch(head, body, request, env, context));
  },

  queue(batch, env, context) {
    return bound.queue(batch, env, context);
  },
};

// What the module makes of an object: made again, when the module was.
class Kept {
  constructor(make) {
    this.make = make;
  }

  get() {
    const now = life();
    if (this.life !== now) {
      this.made = this.make();
      this.life = now;
    }
    return this.made;
  }
}

export class ProfileObject extends DurableObject {
  #keeper = new Kept(() => new bound.ProfileObject(this.ctx, this.env));

  // See `keeper.js`.
  ask(path, body) {
    return this.#keeper.get().ask(path, body);
  }

  alarm() {
    return this.#keeper.get().alarm();
  }
}

export class BundleObject extends DurableObject {
  #keeper = new Kept(() => new bound.BundleObject(this.ctx, this.env));

  fetch(request) {
    return this.#keeper.get().fetch(request);
  }
}

// One that does not come as it was announced is no body, and nobody's fault but the sender's.
async function bytes(request) {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}

// Headers that many replies have in common, by the lines that say them.
const common = new Map();
const COMMON_MAX = 100;

// Status, and how many headers are common and how many are this reply's own; names and values of both, each on a line; the
// body. To copy headers costs a fifth of making them.
function response(text) {
  let start = 0;
  const line = () => {
    const end = text.indexOf("\n", start);
    const found = text.slice(start, end);
    start = end + 1;
    return found;
  };
  const [status, shared, own] = line().split(" ").map(Number);
  const begin = start;
  for (let number = 0; number < 2 * shared; number++) start = text.indexOf("\n", start) + 1;
  const headers = new Headers(commonHeaders(text.slice(begin, start)));
  for (let number = 0; number < own; number++) headers.append(line(), line());
  const body = text.slice(start);
  return new Response(body === "" ? null : body, { status, headers });
}

function commonHeaders(lines) {
  let headers = common.get(lines);
  if (headers === undefined) {
    headers = new Headers();
    const parts = lines.split("\n");
    for (let place = 0; place + 1 < parts.length; place += 2) headers.append(parts[place], parts[place + 1]);
    if (common.size >= COMMON_MAX) common.clear();
    common.set(lines, headers);
  }
  return headers;
}
