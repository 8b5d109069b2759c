// The whole internet of the test, on one port of loopback: pages, the edge under a first-party and a third-party name,
// Adobe's third-party domain, a partner's pixels. The browser maps every host here, and whoever else it asks is refused
// and remembered.
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer } from "node:https";
import { setTimeout as delay } from "node:timers/promises";

import { selfSigned } from "./certificate.mjs";

export const PAGE_HOST = "www.shop.test";
export const OTHER_PAGE_HOST = "www.magazine.test";
export const FIRST_PARTY = "edge.shop.test";
export const THIRD_PARTY = "edge.cdp.test";
export const DEMDEX = "adobedc.demdex.net";
export const PIXELS = "pixel.partner.test";
export const PARTNER = "partner.test";

const GIF = Buffer.from("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==", "base64");

const PAGE = `<!doctype html>
<html><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<script>
  !function(n,o){o.forEach(function(o){n[o]||((n.__alloyNS=n.__alloyNS||[]).push(o),n[o]=function(){var u=arguments;
  return new Promise(function(i,l){n.setTimeout(function(){n[o].q.push([i,l,u])})})},n[o].q=[])})}(window,["alloy"]);
</script>
<script src="/alloy.js" async></script></head>
<body><div id="hero">hero</div><div id="banner">banner</div><div id="sidebar">sidebar</div>
<a id="out" href="https://${PARTNER}/landing">out</a></body></html>`;

/** Starts it: `edge` is the worker's address, `alloy(version)` the file of the stand-alone build. */
export async function startFront({ edge, alloy }) {
  const front = new Front(edge, alloy);
  const server = createServer(selfSigned("*.test"), (request, response) => front.answer(request, response));
  // A connection that is closed while the browser uses it would lose a beacon.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.port = server.address().port;
  front.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return front;
}

class Front {
  constructor(edge, alloy) {
    this.edge = new URL(edge);
    this.alloy = alloy;
    this.waiting = [];
    this.reset();
  }

  /** Forgets what was asked, before the next test. */
  reset(version) {
    this.version = version;
    /** Every request to the edge, in the order of arrival: `{ host, action, query, headers, body, status, answer }`. */
    this.requests = [];
    /** Every pixel: `{ url, referer }`. */
    this.pixels = [];
    /** Hosts that nobody here answers for. */
    this.strangers = [];
    /** Whether Adobe's third-party domain can be reached. */
    this.demdex = false;
    /** What happens to the next requests to the edge: `undefined` is passed on; see `proxy`. */
    this.faults = [];
  }

  async answer(request, response) {
    const url = new URL(request.url, `https://${request.headers.host}`);
    const host = url.hostname;
    response.on("finish", () => this.arrived());
    if (host === FIRST_PARTY || host === THIRD_PARTY || (host === DEMDEX && this.demdex)) {
      await this.proxy(url, request, response);
    } else if (host === DEMDEX) {
      this.requests.push({ ...(await read(url, request)), status: 0, answer: undefined });
      request.socket.destroy();
    } else if (host === PAGE_HOST || host === OTHER_PAGE_HOST) {
      const script = url.pathname === "/alloy.js";
      const body = script ? readFileSync(this.alloy(this.version)) : PAGE;
      response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html" }).end(body);
    } else if (host === PIXELS) {
      this.pixels.push({ url: url.href, referer: request.headers.referer });
      response.writeHead(200, { "content-type": "image/gif" }).end(GIF);
    } else if (host === PARTNER) {
      response.writeHead(200, { "content-type": "text/html" }).end("<title>Partner</title>");
    } else {
      this.strangers.push(url.href);
      request.socket.destroy();
    }
  }

  /**
   * Passes a request on to the worker. A fault is `{ status, headers, body }` answered in its place; with
   * `delivered: true` the worker gets the request all the same and its answer is lost.
   */
  async proxy(url, request, response) {
    const record = await read(url, request);
    this.requests.push(record);
    const fault = this.faults.shift();
    if (fault === undefined || fault.delivered) {
      const answer = await this.ask(request, record.text);
      if (fault === undefined) {
        Object.assign(record, { status: answer.status, responseHeaders: answer.headers });
        record.answer = json(answer.text);
        const headers = { ...answer.headers };
        delete headers["transfer-encoding"];
        response.writeHead(answer.status, headers).end(answer.text);
        return;
      }
    }
    const cors = {
      "access-control-allow-origin": request.headers.origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "Retry-After",
    };
    Object.assign(record, { status: fault.status, fault });
    response.writeHead(fault.status, { ...cors, ...fault.headers }).end(fault.body ?? "");
  }

  ask(request, text) {
    const { hostname, port } = this.edge;
    return new Promise((resolve, reject) => {
      const headers = { ...request.headers, connection: "close" };
      const options = { hostname, port, path: request.url, method: request.method, headers };
      const passed = httpRequest(options, async (answer) => {
        resolve({ status: answer.statusCode, headers: answer.headers, text: await whole(answer) });
      });
      passed.on("error", reject).end(text);
    });
  }

  /** Waits until something has arrived. */
  async until(what, condition) {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}; ${this.requests.length} requests so far`);
      await Promise.race([new Promise((resolve) => this.waiting.push(resolve)), delay(left, undefined, { ref: false })]);
    }
  }

  /** Tells who waits that something has arrived. */
  arrived() {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** The requests to the edge for that action, for example `v1/interact`. */
  to(action) {
    return this.requests.filter((request) => request.action === action);
  }

  /**
   * The last request with an event of that type. The last of all may be another: what was rendered is reported
   * whenever the SDK gets to it.
   */
  lastWith(eventType) {
    return this.requests.findLast(({ body }) => body?.events?.some(({ xdm }) => xdm?.eventType === eventType));
  }
}

async function read(url, request) {
  const text = await whole(request);
  // `/ee[/hint][/va]/v1/...`
  const [, hint, action] = /^\/ee(?:\/([a-z0-9]+(?=\/(?:va\/)?v\d)))?\/(.*)$/.exec(url.pathname) ?? [];
  const query = Object.fromEntries(url.searchParams);
  return { host: url.hostname, hint, action, query, headers: request.headers, text, body: json(text) };
}

async function whole(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
