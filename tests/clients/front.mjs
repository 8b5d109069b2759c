// A server between a client and ingestion. It notes every request with its answer, and can spoil some on the way: answer
// in the place of ingestion, or let the answer get lost.
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

// A page may read why it has to wait.
const READABLE = { "access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After" };

export class Front {
  /** Before ingestion at an address, on a free port of loopback. */
  static async start(target) {
    const front = new Front(target);
    front.server.listen(0, "127.0.0.1");
    await once(front.server, "listening");
    front.url = `http://127.0.0.1:${front.server.address().port}`;
    return front;
  }

  constructor(target) {
    this.target = new URL(target);
    /** `{ method, path, headers, sent, status }` in order; `sent` is the body, inflated and parsed. */
    this.requests = [];
    this.spoiled = [];
    this.underWay = new Set();
    this.server = createServer((request, response) => {
      const handled = this.#handle(request, response).finally(() => this.underWay.delete(handled));
      this.underWay.add(handled);
    });
  }

  /** Spoils the next POSTs, one after another: `{ status, retryAfter }` answers so, `"lost"` delivers and answers 503. */
  spoil(...how) {
    this.spoiled.push(...how);
  }

  /** Until every request is noted: ingestion may have a record before its answer has come through here. */
  async settled() {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** What was posted. */
  get posts() {
    return this.requests.filter(({ method }) => method === "POST");
  }

  async #handle(request, response) {
    const body = await buffer(request);
    const how = request.method === "POST" ? this.spoiled.shift() : undefined;
    const passed = how && how !== "lost" ? undefined : await this.#pass(request, body);
    const answer = how ? spoiledAnswer(how) : passed;
    const { method, url: path, headers } = request;
    this.requests.push({ method, path, headers, sent: read(headers, body), status: answer.status });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  /** As it came, with the front's own host. */
  async #pass({ method, url, headers }, body) {
    const passed = send(new URL(url, this.target), { method, headers });
    passed.end(body);
    const [answer] = await once(passed, "response");
    return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function spoiledAnswer(how) {
  const { status, retryAfter } = how === "lost" ? { status: 503, retryAfter: 1 } : how;
  const wait = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return { status, headers: { ...READABLE, ...wait }, body: "{}" };
}

function read(headers, body) {
  const inflated = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return inflated.length === 0 ? undefined : JSON.parse(inflated);
}
