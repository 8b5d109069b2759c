// Drives the unmodified Web SDK, in two versions, through the recorded scenarios in headless Chromium, against a running
// edge that has `examples/edge/edge.yaml` and `more.yaml`. Nothing leaves loopback.
//
//   EDGE=http://127.0.0.1:8787 CHROMIUM_BIN=/usr/bin/chromium node tests/alloy/run.mjs [words of a test's name]
//
// `EDGE_API_TOKEN` is the token of servers that may read attributes.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { startFront } from "./front.mjs";
import { Visitor } from "./visitor.mjs";

const VERSIONS = { "2.32.0": "alloy-2-32", "2.33.1": "alloy-2-33" };

const { EDGE, EDGE_API_TOKEN, CHROMIUM_BIN } = process.env;
const wanted = process.argv.slice(2).join(" ");
const here = new URL("./scenarios/", import.meta.url);
const library = (version) =>
  fileURLToPath(new URL(`../../node_modules/${VERSIONS[version]}/dist/alloy.min.js`, import.meta.url));

const scenarios = [];
for (const file of readdirSync(here).sort()) {
  const { checks } = await import(new URL(file, here).href);
  scenarios.push({ name: file.replace(".mjs", ""), checks: Object.entries(checks) });
}

/** A front and a browser that finds every host there. */
async function open() {
  const front = await startFront({ edge: EDGE, alloy: library });
  const browser = await chromium.launch({
    executablePath: CHROMIUM_BIN,
    // The sandbox needs a kernel feature that containers often lack; the only pages visited are our own.
    args: ["--no-sandbox", `--host-resolver-rules=MAP * 127.0.0.1:${front.port}`],
  });
  return { front, browser };
}

/** Runs one check with everything it may need. */
async function run({ front, browser }, version, check) {
  front.reset(version);
  const visitors = [];
  const arrive = async (options) => {
    const visitor = await Visitor.arrive(browser, options);
    visitors.push(visitor);
    return visitor;
  };
  const expectedErrors = [];
  try {
    await check({ version, front, arrive, edge: EDGE, token: EDGE_API_TOKEN, expectedErrors });
    const unexpected = (error) => !expectedErrors.some((expected) => expected.test(error));
    const errors = visitors.flatMap((visitor) => visitor.errors).filter(unexpected);
    assert.deepEqual(errors, [], "errors on the console of a page");
    assert.deepEqual(front.strangers, [], "hosts that no page has a reason to ask");
  } finally {
    for (const visitor of visitors) await visitor.context.close();
  }
}

// The versions side by side, the checks of each one after another.
describe("the Web SDK", { concurrency: true }, () => {
  for (const version of Object.keys(VERSIONS)) {
    describe(`alloy ${version}`, { concurrency: 1 }, () => {
      let opened;
      before(async () => (opened = await open()));
      after(async () => {
        await opened.browser.close();
        opened.front.stop();
      });
      for (const { name, checks } of scenarios) {
        describe(name, () => {
          for (const [sentence, check] of checks) {
            if (!`${version} ${name} ${sentence}`.includes(wanted)) continue;
            test(sentence, { timeout: 120_000 }, () => run(opened, version, check));
          }
        });
      }
    });
  }
});
