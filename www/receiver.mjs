// A webhook receiver for the demo and the tests: verifies every delivery with the `standardwebhooks` package, keeps what
// it acknowledged, and shows it. It knows nothing of Acquaint but the public shape of a delivery.
//
//   WEBHOOK_SECRET=whsec_... PORT=0 node www/receiver.mjs
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const tally = { requests: 0, verified: 0, acknowledged: 0, refused: 0 };
/** webhook-id -> the delivery, so that a repeated delivery has no second effect. */
const seen = new Map();
/** audience -> household -> { status, at } */
const members = new Map();

function apply(delivery) {
  const { audience, status, lastQualificationTime, identityMap } = delivery.data;
  if (!members.has(audience.id)) members.set(audience.id, new Map());
  for (const { id } of identityMap.household ?? []) {
    const known = members.get(audience.id).get(id);
    if (!known || known.at <= lastQualificationTime) {
      members.get(audience.id).set(id, { status, at: lastQualificationTime });
    }
  }
}

function receive(headers, body) {
  tally.requests += 1;
  let delivery;
  try {
    delivery = webhook.verify(body, headers);
  } catch {
    tally.refused += 1;
    return 401;
  }
  tally.verified += 1;
  const id = headers["webhook-id"];
  if (!seen.has(id)) {
    seen.set(id, delivery);
    tally.acknowledged += 1;
    apply(delivery);
  }
  return 204;
}

const answers = {
  "/tally": () => tally,
  "/members": () =>
    Object.fromEntries(
      [...members].map(([audience, people]) => [
        audience,
        [...people].filter(([, state]) => state.status !== "exited").map(([id]) => id).sort(),
      ]),
    ),
  "/deliveries": () => [...seen].slice(-200).reverse().map(([id, delivery]) => ({ id, ...delivery })),
};

const page = `<!doctype html><meta charset="utf-8"><title>Webhook receiver</title>
<style>body{font:15px/1.5 system-ui;margin:2rem;max-width:70rem}td,th{padding:.2rem .8rem;text-align:left;vertical-align:top}
code{font-size:.85em}</style><h1>Signed deliveries</h1><p id="tally"></p><table id="rows"></table>
<script type="module">
const show = async () => {
  const [tally, rows] = await Promise.all(["/tally", "/deliveries"].map(async (path) => (await fetch(path)).json()));
  document.querySelector("#tally").textContent =
    tally.verified + " verified, " + tally.acknowledged + " acknowledged, " + tally.refused + " refused";
  const table = document.querySelector("#rows");
  table.replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    for (const text of [row.timestamp, row.type, row.data.audience.id, JSON.stringify(row.data.identityMap), row.id]) {
      line.insertCell().textContent = text;
    }
    return line;
  }));
};
setInterval(show, 1000);
show();
</script>`;

const server = createServer((request, response) => {
  if (request.method === "POST" && request.url === "/webhooks") {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => response.writeHead(receive(request.headers, Buffer.concat(chunks).toString())).end());
    return;
  }
  const answer = answers[request.url];
  if (answer) {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer()));
  } else if (request.url === "/") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
