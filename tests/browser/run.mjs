// Puts questions to the package in a real browser, as a page would. `node run.mjs CASES` reads a JSON list of
// `{ bundle: [byte...], questions: [...] }` and asks each list in order, every question with the profile of the last;
// then it runs the example page with the bundle of the first case. It prints JSON:
//
//   { cases: [{ answers: [{ asked, audiences, destinations, propositions }], profile: [byte...] }], requests, example }
//
// where `asked` is the question as the browser writes it, and `requests` the paths of all that the page asked for.
//
//   PACKAGE=edge-runtime/pkg CHROMIUM_BIN=/usr/bin/chromium node tests/browser/run.mjs cases.json
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const { PACKAGE, CHROMIUM_BIN } = process.env;
const cases = await readFile(process.argv[2]);
const types = { bundle: "application/octet-stream", js: "text/javascript", wasm: "application/wasm", html: "text/html", json: "application/json" };
const imports = JSON.stringify({ imports: { "@acquaint/edge": "/index.js" } });

const example = await build({
  entryPoints: [new URL("../../edge-runtime/package/example/page.ts", import.meta.url).pathname],
  external: ["@acquaint/edge"],
  bundle: true,
  write: false,
  format: "esm",
});

const made = {
  "/": ["html", `<!doctype html><title>Package</title><script type="importmap">${imports}</script>`],
  "/example.js": ["js", example.outputFiles[0].text],
  "/cases.json": ["json", cases],
  "/acquaint.bundle": ["bundle", Buffer.from(JSON.parse(cases)[0].bundle)],
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname in made) {
    const [type, body] = made[pathname];
    response.writeHead(200, { "content-type": types[type] }).end(body);
  } else if (["/index.js", "/index_bg.wasm"].includes(pathname)) {
    const body = await readFile(join(PACKAGE, pathname));
    response.writeHead(200, { "content-type": types[pathname.split(".").pop()] }).end(body);
  } else {
    // Browsers ask for an icon by themselves.
    response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

/** In the page. */
async function ask() {
  const { default: init, Edge } = await import("/index.js");
  await init();
  const cases = await (await fetch("/cases.json")).json();
  return cases.map(({ bundle, questions }) => {
    const edge = Edge.open(new Uint8Array(bundle));
    let profile;
    const answers = questions.map((question) => {
      const { profile: kept, ...answer } = edge.decide({ ...question, profile });
      profile = kept;
      return { asked: JSON.stringify(question), ...answer };
    });
    edge.free();
    return { answers, profile: [...(profile ?? [])] };
  });
}

/** In the page. */
async function runExample() {
  const { open, happened, segments, why } = await import("/example.js");
  const edge = await open("/acquaint.bundle");
  const [before, after] = ["other", "view"].map((eventType) => happened(edge, "ds", "visitor-1", eventType));
  return {
    before: segments(before, "page"),
    after: segments(after, "page"),
    offer: after.propositions[0]?.items[0]?.id,
    why: why(edge, "visitor-1", "viewers"),
    published: [edge.version, edge.publishedMs],
  };
}

// The sandbox needs a kernel feature that containers often lack; the only page visited is our own.
const browser = await chromium.launch({
  executablePath: CHROMIUM_BIN,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const origin = `http://127.0.0.1:${server.address().port}`;
  await page.goto(origin);
  const answered = await page.evaluate(ask);
  const example = await page.evaluate(runExample);
  const paths = requests.map((address) => address.replace(origin, ""));
  console.log(JSON.stringify({ cases: answered, requests: paths, example }));
} finally {
  await browser.close();
  server.close();
}
