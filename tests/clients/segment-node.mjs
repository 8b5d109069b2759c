// @segment/analytics-node: `POST /v1/batch`, the key in the header and in the body.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Analytics } from "@segment/analytics-node";

import { arrived, records, short, SLOW, somebody, WRITE_KEY } from "./ingestion.mjs";

const open = ({ url }, more) => new Analytics({ writeKey: WRITE_KEY, host: url, flushInterval: 100, ...more });

export const checks = {
  "messages of every type arrive as what they are": async ({ front }) => {
    const userId = somebody("segment-node");
    const analytics = open(front);
    const timestamp = new Date(Date.now() - 3_600_000);
    analytics.track({ userId, event: "Order Completed", properties: { total: 5 }, timestamp });
    analytics.identify({ userId, anonymousId: `${userId}-device`, traits: { plan: "gold" } });
    analytics.page({ userId, name: "Home", category: "Docs", properties: { path: "/" } });
    analytics.screen({ userId, name: "Start" });
    analytics.group({ userId, groupId: "acme", traits: { size: 3 } });
    analytics.alias({ userId, previousId: `${userId}-before` });
    await analytics.closeAndFlush();
    const found = await arrived(userId, 6);
    const who = [`userId:${userId}`];
    assert.deepEqual(found.map(short), [
      { kind: "event", who, eventType: "Order Completed", properties: { total: 5 } },
      { kind: "attributes", who: [...who, `anonymousId:${userId}-device`], fields: { plan: "gold" } },
      { kind: "event", who, eventType: "web.webpagedetails.pageViews", properties: { name: "Home", category: "Docs", path: "/" } },
      { kind: "event", who, eventType: "mobile.screenView", properties: { name: "Start" } },
      { kind: "attributes", who, fields: { group: { id: "acme", traits: { size: 3 } } } },
      { kind: "link", who: [...who, `userId:${userId}-before`] },
    ]);
    const [first] = found;
    assert.match(first.messageId, /^node-next-/);
    assert.equal(first.fields.context.library.name, "@segment/analytics-node");
    // Sent some milliseconds after it was made, so the correction is small.
    assert.ok(Math.abs(Date.parse(first.timestamp) - timestamp) < 5_000, first.timestamp);
    const [post] = front.posts;
    assert.deepEqual([front.posts.length, post.path, post.status], [1, "/v1/batch", 200]);
    assert.equal(post.headers.authorization, `Basic ${btoa(`${WRITE_KEY}:`)}`);
    assert.equal(post.sent.writeKey, WRITE_KEY);
  },

  "what fills several batches arrives whole": async ({ front }) => {
    const userId = somebody("segment-node");
    const analytics = open(front, { flushAt: 4 });
    for (let number = 0; number < 10; number += 1) {
      analytics.track({ userId, event: "Viewed", properties: { number } });
    }
    await analytics.closeAndFlush();
    const found = await arrived(userId, 10);
    const numbers = found.map(({ fields }) => fields.properties.number).sort((one, other) => one - other);
    assert.deepEqual(numbers, [...Array(10).keys()]);
    assert.deepEqual(front.posts.map(({ sent }) => sent.batch.length).sort(), [2, 4, 4]);
  },

  "after 503 and 429 it comes again, and counts once": async ({ front }) => {
    const userId = somebody("segment-node");
    front.spoil({ status: 503 }, { status: 429, retryAfter: 1 }, { status: 503, retryAfter: 1 });
    const analytics = open(front);
    analytics.track({ userId, event: "Bought" });
    await analytics.closeAndFlush();
    await arrived(userId, 1);
    assert.deepEqual(front.posts.map(({ status }) => status), [503, 429, 503, 200]);
    assert.ok(front.posts.slice(1).every(({ headers }) => "x-retry-count" in headers));
  },

  "a batch whose answer got lost comes again, and counts once": async ({ front }) => {
    const userId = somebody("segment-node");
    front.spoil("lost");
    const analytics = open(front);
    analytics.track({ userId, event: "Bought" });
    analytics.identify({ userId, traits: { plan: "gold" } });
    await analytics.closeAndFlush();
    await arrived(userId, 2);
    assert.deepEqual(front.posts.map(({ status }) => status), [503, 200]);
  },

  "a message that is sent twice under one id counts once": async ({ front }) => {
    const userId = somebody("segment-node");
    const analytics = open(front);
    const messageId = `${userId}-order-1`;
    for (let times = 0; times < 3; times += 1) analytics.track({ userId, event: "Bought", messageId });
    await analytics.closeAndFlush();
    await arrived(userId, 1);
  },

  "a key that nobody knows is told so, and the client gives up": async ({ front }) => {
    const userId = somebody("segment-node");
    const analytics = open(front, { writeKey: "unknown" });
    const failed = once(analytics, "error");
    analytics.track({ userId, event: "Bought" });
    await analytics.closeAndFlush();
    const [{ reason }] = await failed;
    assert.match(String(reason), /401/);
    assert.deepEqual(front.posts.map(({ status }) => status), [401]);
    assert.deepEqual(await records(userId), []);
  },

  "a client that is too fast is slowed down, and nothing is lost": async ({ slow }) => {
    const userId = somebody("segment-node");
    const analytics = open(slow, { flushAt: 2 });
    for (let number = 0; number < 6; number += 1) analytics.track({ userId, event: "Viewed" });
    await analytics.closeAndFlush();
    await arrived(userId, 6, SLOW);
    assert.ok(slow.posts.some(({ status }) => status === 429), "some had to wait");
  },
};
