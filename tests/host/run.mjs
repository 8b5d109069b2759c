// The host's side of the worker (`edge-runtime/host`): a request that waits, and a module that panics.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";

const beside = (path) => fileURLToPath(new URL(path, import.meta.url));
const module = { instanceId: 1, ended: false };
let uncaught;
Object.assign(globalThis, { module, addEventListener: (_type, listener) => (uncaught = listener) });

const folder = mkdtempSync(join(tmpdir(), "host-"));
const outfile = join(folder, "host.mjs");
const ours = ["./keeper.js", "./life.js", "./objects.js", "./turns.js"];
const contents = ours.map((from) => `export * from "${from}";`).join("") + `export { ask } from "BOUND";`;
await build({
  stdin: { contents, resolveDir: beside("../../edge-runtime/host") },
  alias: { BOUND: beside("bound.js"), "cloudflare:workers": beside("workers.js") },
  bundle: true,
  format: "esm",
  outfile,
});
const { answered, ask, begin, calling, ProfileObject } = await import(pathToFileURL(outfile));
rmSync(folder, { recursive: true });

test("the call after a panic is answered", () => {
  assert.throws(() => calling(() => ask("panic")), WebAssembly.RuntimeError);
  assert.equal(calling(() => ask("here")), "here");
  // Also where nobody was told of it.
  module.ended = true;
  assert.equal(calling(() => ask("here")), "here");
});

test("a panic that nobody catches is followed by a new module before anything else is called", () => {
  const before = module.instanceId;
  module.ended = true;
  uncaught();
  assert.deepEqual(module, { instanceId: before + 1, ended: false });
});

test("what the module had promised fails with it", async () => {
  const promised = calling(() => new Promise(() => {}));
  assert.throws(() => calling(() => ask("panic")));
  await assert.rejects(promised, /begun anew/);
});

test("a promise that is kept is none that can fail", async () => {
  assert.equal(await calling(() => Promise.resolve("kept")), "kept");
  await assert.rejects(calling(() => Promise.reject(new Error("refused"))), /refused/);
  assert.throws(() => calling(() => ask("panic")));
});

test("an object is made again, and asked only of the module that made it", () => {
  const object = new ProfileObject();
  assert.equal(object.ask("first"), "first");
  assert.throws(() => object.ask("panic"));
  assert.equal(object.ask("second"), "second");
});

// Keepers that give these answers, one after the other.
const keepers = (...answers) => ({ getByName: () => ({ ask: () => answers.shift() }) });

test("a request goes on with what its keepers have answered, or that they have not", async () => {
  const bytes = new Uint8Array([7]);
  const namespace = keepers(Promise.resolve(bytes), Promise.resolve(429), Promise.reject(new Error("no answer")));
  const asking = (number) => begin(namespace, "name", "path", undefined, number);
  const taken = [];
  module.resume = (number, ...answer) => {
    taken.push([number, ...answer]);
    return number === 3 ? "reply" : asking(number + 1);
  };
  assert.equal(await answered(() => asking(1)), "reply");
  assert.deepEqual(taken, [[1, 200, bytes], [2, 429, undefined], [3, 0, undefined]]);
});

test("a request that waits fails with the module", async () => {
  let keep;
  const namespace = keepers(new Promise((resolve) => (keep = resolve)));
  const answer = answered(() => begin(namespace, "name", "path", undefined, 1));
  module.ended = true;
  keep(200);
  await assert.rejects(answer, /begun anew/);
});
