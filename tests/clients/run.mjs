// Drives the unmodified clients of Segment and RudderStack, in Node and in headless Chromium, against a running
// `acquaint ingest dev`. Nothing leaves loopback.
//
//   INGEST=http://127.0.0.1:8080 SLOW=http://127.0.0.1:8081 WRITE_KEY=key CHROMIUM_BIN=/usr/bin/chromium \
//     node tests/clients/run.mjs [words of a test's name]
//
// SLOW is one with `--rate-limit 2`.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Front } from "./front.mjs";
import { INGEST, quarantined, SLOW } from "./ingestion.mjs";
import { Shop } from "./page.mjs";
import * as rudderNode from "./rudder-node.mjs";
import * as rudderPage from "./rudder-page.mjs";
import * as segmentNode from "./segment-node.mjs";
import * as segmentPage from "./segment-page.mjs";

const wanted = process.argv.slice(2).join(" ");
const CLIENTS = {
  "@segment/analytics-node": [segmentNode, false],
  "@rudderstack/rudder-sdk-node": [rudderNode, false],
  "@segment/analytics-next": [segmentPage, true],
  "@rudderstack/analytics-js": [rudderPage, true],
};

/** Runs one check with everything it may need. */
async function run(check, shop) {
  const front = await Front.start(INGEST);
  const slow = await Front.start(SLOW);
  const visitor = await shop?.visit();
  try {
    await check({ front, slow, page: visitor?.page });
    assert.deepEqual(visitor?.strangers ?? [], [], "hosts that no page has a reason to ask");
  } finally {
    await visitor?.leave();
    front.stop();
    slow.stop();
  }
}

describe("clients", () => {
  for (const [client, [{ checks }, isPage]] of Object.entries(CLIENTS)) {
    describe(client, () => {
      let shop;
      before(async () => (shop = isPage ? await Shop.open() : undefined));
      after(() => shop?.close());
      for (const [sentence, check] of Object.entries(checks)) {
        if (!`${client} ${sentence}`.includes(wanted)) continue;
        test(sentence, { timeout: 120_000 }, () => run(check, shop));
      }
    });
  }
  after(async () => assert.deepEqual(await quarantined(), [], "nothing of any client is refused"));
});
