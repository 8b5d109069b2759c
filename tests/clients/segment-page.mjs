// @segment/analytics-next in Chromium: settings, then one request for each message under the first letter of its type.
import assert from "node:assert/strict";

import { arrived, short, somebody, until, WRITE_KEY } from "./ingestion.mjs";

/** Loads the client in the page, which then is `window.analytics`. */
const load = (page, { url }, integrations = {}) =>
  page.evaluate(
    async ([writeKey, cdnURL, integrations]) => {
      [window.analytics] = await window.AnalyticsBrowser.load({ writeKey, cdnURL }, { integrations });
    },
    [WRITE_KEY, url, integrations],
  );

export const checks = {
  "messages of every type arrive as what they are": async ({ front, page }) => {
    const userId = somebody("segment-page");
    await load(page, front);
    const anonymousId = await page.evaluate(async (userId) => {
      const { analytics } = window;
      analytics.setAnonymousId(`${userId}-device`);
      await analytics.track("Product Viewed", { total: 5 });
      await analytics.identify(userId, { plan: "gold" });
      await analytics.page("Docs", "Home", { section: 7 });
      await analytics.screen("Start");
      await analytics.group("acme", { size: 3 });
      await analytics.alias(`${userId}-new`, userId);
      return analytics.user().anonymousId();
    }, userId);
    // The alias names the same user twice, and so says nothing.
    const found = await arrived(userId, 5);
    await front.settled();
    assert.equal(front.posts.length, 6);
    const device = `anonymousId:${anonymousId}`;
    const who = [`userId:${userId}`, device];
    const [track, identify, view, screen, group] = found;
    assert.deepEqual(short(track), { kind: "event", who: [device], eventType: "Product Viewed", properties: { total: 5 } });
    assert.deepEqual(short(identify), { kind: "attributes", who, fields: { plan: "gold" } });
    assert.deepEqual([view.fields.eventType, view.fields.properties.name, view.fields.properties.category, view.fields.properties.section],
      ["web.webpagedetails.pageViews", "Home", "Docs", 7]);
    assert.deepEqual([screen.fields.eventType, screen.fields.properties.name], ["mobile.screenView", "Start"]);
    assert.deepEqual(short(group), { kind: "attributes", who, fields: { group: { id: "acme", traits: { size: 3 } } } });
    const { context } = track.fields;
    assert.deepEqual([context.ip, context.page.path, context.campaign.source], ["127.0.0.1", "/products", "letter"]);
    assert.deepEqual(front.posts.map(({ path, status }) => [path, status]),
      ["t", "i", "p", "s", "g", "a"].map((letter) => [`/v1/${letter}`, 200]));
  },

  "it is preflighted, and gets its settings here": async ({ front, page }) => {
    const userId = somebody("segment-page");
    await load(page, front);
    await page.evaluate((userId) => window.analytics.identify(userId), userId);
    await arrived(userId, 1);
    await front.settled();
    const settings = front.requests.find(({ path }) => path === `/v1/projects/${WRITE_KEY}/settings`);
    assert.equal(settings.status, 200);
    const preflight = front.requests.find(({ method, path }) => method === "OPTIONS" && path === "/v1/i");
    assert.match(preflight.headers["access-control-request-headers"], /authorization/);
    assert.equal(front.posts[0].headers.authorization, `Basic ${btoa(`${WRITE_KEY}:`)}`);
  },

  "batches arrive whole": async ({ front, page }) => {
    const userId = somebody("segment-page");
    const batching = { strategy: "batching", config: { size: 3, timeout: 200 } };
    await load(page, front, { "Segment.io": { deliveryStrategy: batching } });
    await page.evaluate(async (userId) => {
      window.analytics.setAnonymousId(userId);
      for (let number = 0; number < 7; number += 1) await window.analytics.track("Viewed", { number });
    }, userId);
    const found = await arrived(userId, 7);
    await front.settled();
    assert.deepEqual(found.map(({ fields }) => fields.properties.number), [0, 1, 2, 3, 4, 5, 6]);
    assert.ok(front.posts.every(({ path, sent }) => path === "/v1/b" && Array.isArray(sent.batch)));
    assert.ok(front.posts.length < 7, "several in one request");
  },

  "after 503 and 429 and a lost answer it comes again, and counts once": async ({ front, page }) => {
    const userId = somebody("segment-page");
    await load(page, front);
    front.spoil({ status: 503 }, { status: 429, retryAfter: 1 }, "lost");
    await page.evaluate((userId) => {
      window.analytics.setAnonymousId(userId);
      window.analytics.track("Bought");
    }, userId);
    await until("the fourth attempt", async () => (front.posts.length >= 4 ? true : undefined));
    await arrived(userId, 1);
    await front.settled();
    assert.deepEqual(front.posts.map(({ status }) => status), [503, 429, 503, 200]);
  },
};
