// @rudderstack/rudder-sdk-node: `POST /v1/batch`, gzip, and a content type that says nothing.
import assert from "node:assert/strict";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

import { arrived, short, somebody, WRITE_KEY } from "./ingestion.mjs";

const open = ({ url }, more) =>
  new RudderAnalytics(WRITE_KEY, { dataPlaneUrl: url, flushInterval: 100, logLevel: "error", ...more });
/** The first message goes at once and the others when they are flushed. */
const flushed = (client) => new Promise((done, failed) => client.flush((error) => (error ? failed(error) : done())));

export const checks = {
  "messages of every type arrive as what they are, zipped": async ({ front }) => {
    const userId = somebody("rudder-node");
    const client = open(front);
    client.track({ userId, event: "Order Completed", properties: { total: 5 } });
    client.identify({ userId, traits: { plan: "gold" } });
    client.page({ userId, name: "Home", properties: { path: "/" } });
    client.screen({ userId, name: "Start" });
    client.group({ userId, groupId: "acme", traits: { size: 3 } });
    client.alias({ userId, previousId: `${userId}-before` });
    await flushed(client);
    const found = await arrived(userId, 6);
    const who = [`userId:${userId}`];
    assert.deepEqual(found.map(short), [
      { kind: "event", who, eventType: "Order Completed", properties: { total: 5 } },
      { kind: "attributes", who, fields: { plan: "gold" } },
      { kind: "event", who, eventType: "web.webpagedetails.pageViews", properties: { name: "Home", path: "/" } },
      { kind: "event", who, eventType: "mobile.screenView", properties: { name: "Start" } },
      { kind: "attributes", who, fields: { group: { id: "acme", traits: { size: 3 } } } },
      { kind: "link", who: [...who, `userId:${userId}-before`] },
    ]);
    for (const { path, headers, status } of front.posts) {
      assert.deepEqual([path, headers["content-encoding"], status], ["/v1/batch", "gzip", 200]);
      assert.match(headers["content-type"], /^application\/x-www-form-urlencoded/);
    }
  },

  "it may also send as it is": async ({ front }) => {
    const userId = somebody("rudder-node");
    const client = open(front, { gzip: false });
    client.track({ userId, event: "Bought" });
    await flushed(client);
    await arrived(userId, 1);
    assert.equal(front.posts[0].headers["content-encoding"], undefined);
  },

  "after 503 and 429 it comes again, and counts once": async ({ front }) => {
    const userId = somebody("rudder-node");
    front.spoil({ status: 503, retryAfter: 1 }, { status: 429, retryAfter: 1 }, "lost");
    const client = open(front);
    client.track({ userId, event: "Bought" });
    await flushed(client);
    await arrived(userId, 1);
    assert.deepEqual(front.posts.map(({ status }) => status), [503, 429, 503, 200]);
  },
};
