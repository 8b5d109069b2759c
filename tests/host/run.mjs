// The host's side of the worker (`edge-runtime/host`) when the module panics.
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
const contents = `export * from "./life.js"; export * from "./objects.js"; export { ask } from "BOUND";`;
await build({
  stdin: { contents, resolveDir: beside("../../edge-runtime/host") },
  alias: { BOUND: beside("bound.js"), "cloudflare:workers": beside("workers.js") },
  bundle: true,
  format: "esm",
  outfile,
});
const { ask, calling, ProfileObject } = await import(pathToFileURL(outfile));
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
