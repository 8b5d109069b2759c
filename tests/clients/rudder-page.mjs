// @rudderstack/analytics-js in Chromium: its configuration, then one request for each message under its type, or batches,
// or beacons without any header.
import assert from "node:assert/strict";

import { arrived, short, somebody, until, WRITE_KEY } from "./ingestion.mjs";

/** Loads the client in the page, which then is `window.analytics`. */
const load = (page, { url }, options = {}) =>
  page.evaluate(
    ([writeKey, url, options]) =>
      new Promise((loaded) => {
        window.analytics = new window.RudderAnalytics();
        const onLoaded = () => loaded();
        window.analytics.load(writeKey, url, { configUrl: url, logLevel: "ERROR", onLoaded, ...options });
      }),
    [WRITE_KEY, url, options],
  );

export const checks = {
  "messages of every type arrive as what they are": async ({ front, page }) => {
    const userId = somebody("rudder-page");
    await load(page, front);
    await page.evaluate((userId) => {
      const { analytics } = window;
      analytics.setAnonymousId(`${userId}-device`);
      analytics.track("Product Viewed", { total: 5 });
      analytics.identify(userId, { plan: "gold" });
      analytics.page("Docs", "Home", { section: 7 });
      analytics.group("acme", { size: 3 });
      analytics.alias(`${userId}-new`, userId);
    }, userId);
    const found = await arrived(userId, 5);
    await front.settled();
    const device = `anonymousId:${userId}-device`;
    const of = (kind, is = () => true) => found.find((record) => record.kind === kind && is(record.fields));
    const track = of("event", ({ eventType }) => eventType === "Product Viewed");
    assert.deepEqual(short(track), { kind: "event", who: [device], eventType: "Product Viewed", properties: { total: 5 } });
    // The traits stand only in the context.
    const identify = of("attributes", ({ group }) => group === undefined);
    assert.deepEqual(short(identify), { kind: "attributes", who: [`userId:${userId}`, device], fields: { plan: "gold" } });
    const view = of("event", ({ eventType }) => eventType === "web.webpagedetails.pageViews");
    assert.deepEqual([view.fields.properties.name, view.fields.properties.category, view.fields.properties.section], ["Home", "Docs", 7]);
    assert.deepEqual(of("attributes", ({ group }) => group !== undefined).fields, { group: { id: "acme", traits: { size: 3 } } });
    assert.deepEqual(of("link").identities.map(({ id }) => id).slice(0, 2), [`${userId}-new`, userId]);
    assert.equal(track.fields.context.ip, "127.0.0.1");
    const paths = front.posts.map(({ path, status }) => [path, status]);
    assert.deepEqual(paths.sort(), ["alias", "group", "identify", "page", "track"].map((type) => [`/v1/${type}`, 200]));
  },

  "it is preflighted, and gets its configuration here": async ({ front, page }) => {
    const userId = somebody("rudder-page");
    await load(page, front);
    await page.evaluate((userId) => window.analytics.identify(userId), userId);
    await arrived(userId, 1);
    await front.settled();
    const configuration = front.requests.find(({ method, path }) => method === "GET" && path.startsWith("/sourceConfig/?"));
    assert.equal(configuration.status, 200);
    assert.equal(configuration.headers.authorization, `Basic ${btoa(`${WRITE_KEY}:`)}`);
    assert.ok(front.requests.some(({ method, path }) => method === "OPTIONS" && path.startsWith("/sourceConfig/?")));
    assert.ok("sentat" in front.posts[0].headers, "it says in a header when it sends");
  },

  "batches arrive whole": async ({ front, page }) => {
    const userId = somebody("rudder-page");
    await load(page, front, { queueOptions: { batch: { enabled: true, maxItems: 3, flushInterval: 500 } } });
    await page.evaluate((userId) => {
      window.analytics.setAnonymousId(userId);
      for (let number = 0; number < 7; number += 1) window.analytics.track("Viewed", { number });
    }, userId);
    const found = await arrived(userId, 7);
    await front.settled();
    const numbers = found.map(({ fields }) => fields.properties.number).sort((one, other) => one - other);
    assert.deepEqual(numbers, [0, 1, 2, 3, 4, 5, 6]);
    assert.ok(front.posts.every(({ path }) => path === "/v1/batch"));
  },

  "beacons arrive without any header": async ({ front, page }) => {
    const userId = somebody("rudder-page");
    await load(page, front, { useBeacon: true, beaconQueueOptions: { maxItems: 2, flushQueueInterval: 300 } });
    await page.evaluate((userId) => {
      window.analytics.setAnonymousId(userId);
      for (let number = 0; number < 2; number += 1) window.analytics.track("Viewed", { number });
    }, userId);
    await arrived(userId, 2);
    await front.settled();
    const [beacon] = front.posts;
    assert.match(beacon.path, new RegExp(`^/beacon/v1/batch\\?writeKey=${WRITE_KEY}$`));
    assert.equal(beacon.headers.authorization, undefined);
    assert.match(beacon.headers["content-type"], /^text\/plain/);
  },

  "after 503 and 429 and a lost answer it comes again, and counts once": async ({ front, page }) => {
    const userId = somebody("rudder-page");
    await load(page, front, { queueOptions: { minRetryDelay: 50, maxRetryDelay: 500 } });
    front.spoil({ status: 503, retryAfter: 1 }, { status: 429, retryAfter: 1 }, "lost");
    await page.evaluate((userId) => {
      window.analytics.setAnonymousId(userId);
      window.analytics.track("Bought");
    }, userId);
    await until("the fourth attempt", async () => (front.posts.length >= 4 ? true : undefined));
    await arrived(userId, 1);
    await front.settled();
    assert.deepEqual(front.posts.map(({ status }) => status), [503, 429, 503, 200]);
    assert.ok("rsa-retry-attempt" in front.posts[1].headers);
  },
};
