// A new visitor's first page: propositions of every kind, audiences, cookies, pixels, and what is reported back.
import assert from "node:assert/strict";

import { THIRD_PARTY } from "../front.mjs";
import * as names from "../names.mjs";

const SURFACE = "web://www.shop.test/#sidebar";
const FIRST = {
  xdm: { web: { webPageDetails: { name: "home", pageViews: { value: 1 } } } },
  data: { campaign: "spring" },
  personalization: { decisionScopes: ["banner", "config", "empty-slot"], surfaces: ["#sidebar"] },
};

const byScope = (propositions) => Object.fromEntries(propositions.map((one) => [one.scope, one]));
const schemaOf = (proposition) => proposition.items[0].schema.replace("https://ns.adobe.com/personalization/", "");

export const checks = {
  async "the page is rendered, everything else is returned"({ front, arrive }) {
    const visitor = await arrive();
    const result = await visitor.pageView(FIRST);
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
    assert.equal(await visitor.html("#banner"), "banner");
    assert.equal(await visitor.html("#sidebar"), "sidebar");

    const found = byScope(result.propositions);
    assert.deepEqual(Object.keys(found).sort(), ["__view__", "banner", "config", "empty-slot", SURFACE].sort());
    assert.equal(result.propositions.length, 5);
    for (const [scope, { renderAttempted, id, scopeDetails }] of Object.entries(found)) {
      assert.equal(renderAttempted, scope === "__view__", scope);
      assert.ok(id);
      assert.equal(scopeDetails.decisionProvider, "AJO");
      assert.ok(scopeDetails.activity.id);
      assert.ok(scopeDetails.characteristics.eventToken);
    }
    assert.equal(schemaOf(found.__view__), "dom-action");
    assert.equal(schemaOf(found.banner), "html-content-item");
    assert.equal(found.banner.items[0].data.content, '<p id="banner-offer">10% off</p>');
    assert.equal(found.banner.items[0].data.id, found.banner.items[0].id);
    assert.equal(schemaOf(found.config), "json-content-item");
    assert.deepEqual(found.config.items[0].data.content, { theme: "dark" });
    assert.equal(schemaOf(found[SURFACE]), "html-content-item");
    assert.equal(found[SURFACE].items[0].data.content, "<p>side</p>");
    assert.equal(schemaOf(found["empty-slot"]), "default-content-item");
    // The old name for what was not rendered.
    assert.deepEqual(result.decisions.map(({ scope }) => scope).sort(), ["banner", "config", "empty-slot", SURFACE].sort());
    assert.deepEqual(await visitor.logged("warn"), []);
  },

  async "the first request goes without a hint and its answer is one the browser shows to the page"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(FIRST);
    const [first] = front.requests;
    assert.equal(first.host, THIRD_PARTY);
    assert.equal(first.action, "v1/interact");
    assert.equal(first.hint, undefined);
    assert.equal(first.query.configId, names.DATASTREAM);
    assert.equal(first.headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(first.body.meta.state.entries, undefined);
    assert.equal(first.status, 200);
    const headers = first.responseHeaders;
    assert.equal(headers["access-control-allow-origin"], "https://www.shop.test");
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.match(headers.vary, /Origin/);
    for (const name of ["retry-after", "x-adobe-edge", "x-request-id"]) {
      assert.ok(headers["access-control-expose-headers"].toLowerCase().includes(name), name);
    }
    assert.match(headers["content-type"], /^application\/json; ?charset=utf-8$/i);
    assert.match(headers["x-adobe-edge"], /^[A-Z0-9]+;\d+$/);
    assert.equal(headers["x-request-id"], first.query.requestId);
    assert.equal(headers["set-cookie"], undefined);
    assert.equal(first.answer.requestId, first.query.requestId);
    assert.deepEqual(first.answer.handle.map(({ type }) => type).sort(), [
      "activation:pull",
      "activation:push",
      "identity:result",
      "locationHint:result",
      "personalization:decisions",
      "state:store",
    ]);
    assert.equal(first.answer.errors, undefined);
    assert.equal(first.answer.warnings, undefined);
    // No preflight: the client sends plain text.
    assert.equal(front.requests.filter(({ method }) => method === "OPTIONS").length, 0);
  },

  async "the page keeps identity, cluster and audience cookies"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(FIRST);
    const cookies = await visitor.documentCookies();
    const hint = front.requests[0].answer.handle.find(({ type }) => type === "locationHint:result").payload[0].hint;
    const ecid = names.ecidOf(cookies[names.IDENTITY]);
    assert.match(ecid, names.ECID_FORMAT);
    assert.equal(cookies[names.CLUSTER], hint);
    assert.equal(cookies[names.AUDIENCE_COOKIE], "everyone");
    assert.equal(cookies[names.LEGACY], `MCMID|${ecid}`);
    assert.equal((await visitor.alloy("getIdentity")).identity.ECID, ecid);

    const lasts = async (name, seconds) => {
      const cookie = await visitor.cookie(name);
      const left = cookie.expires - Date.now() / 1000;
      assert.ok(Math.abs(left - seconds) < 60, `${name}: ${left} s`);
      assert.equal(cookie.httpOnly, false);
      return cookie;
    };
    // Chromium keeps no cookie longer than 400 days; this one is meant for 395.
    const identity = await lasts(names.IDENTITY, 34_128_000);
    assert.equal(identity.domain, ".shop.test");
    assert.equal(identity.path, "/");
    assert.equal(identity.secure, true);
    assert.equal(identity.sameSite, "None");
    await lasts(names.CLUSTER, 1_800);
    await lasts(names.AUDIENCE_COOKIE, 30 * 24 * 60 * 60);
  },

  async "audiences come in the same answer, without attributes"({ version, arrive }) {
    const visitor = await arrive();
    const result = await visitor.pageView(FIRST);
    assert.deepEqual(await visitor.destinations(version, result), [
      {
        type: "profileLookup",
        destinationId: names.DESTINATION,
        alias: names.ALIAS,
        segments: [{ id: names.EVERYONE, namespace: "ups" }],
      },
    ]);
  },

  async "both pixels are fired, one of them without saying where from, and not again"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(FIRST);
    await front.until("both pixels", () => front.pixels.length === 2);
    const pixel = (hidden) => front.pixels.find(({ url }) => url.includes("hidden=1") === hidden);
    assert.equal(pixel(false).url, "https://pixel.partner.test/p.gif?d=1");
    assert.match(pixel(false).referer, /^https:\/\/www\.shop\.test\//);
    assert.equal(pixel(true).url, "https://pixel.partner.test/p.gif?d=1&hidden=1");
    assert.equal(pixel(true).referer, undefined);

    // `ttlMinutes` is ours to keep: the client fires whatever it is told.
    await visitor.pageView();
    const urls = front.lastWith("web.webpagedetails.pageViews").answer.handle.filter(({ type }) => type === "activation:push");
    assert.deepEqual(urls.flatMap(({ payload }) => payload).filter(({ type }) => type === "url"), []);
    assert.equal(front.pixels.length, 2);
  },

  async "what was rendered is reported with the tokens we gave, and answered cheaply"({ front, arrive }) {
    const visitor = await arrive();
    const result = await visitor.pageView(FIRST);
    await front.until("the display event", () => front.requests.length === 2 && front.requests[1].answer);
    const [first, display] = front.requests;
    const { propositions, propositionEventType } = display.body.events[0].xdm._experience.decisioning;
    const shown = byScope(result.propositions).__view__;
    assert.equal(display.action, "v1/interact");
    assert.equal(display.hint, first.answer.handle.find(({ type }) => type === "locationHint:result").payload[0].hint);
    assert.equal(display.body.events[0].xdm.eventType, "decisioning.propositionDisplay");
    assert.deepEqual(propositionEventType, { display: 1 });
    assert.deepEqual(propositions, [{ id: shown.id, scope: "__view__", scopeDetails: shown.scopeDetails }]);
    assert.deepEqual(display.body.meta.state.entries.map(({ key }) => key).sort(), [names.CLUSTER, names.IDENTITY]);

    const types = display.answer.handle.map(({ type }) => type);
    assert.deepEqual(types.sort(), ["identity:result", "locationHint:result", "state:store"]);
    // The identity is known and fresh: only the cluster is refreshed.
    const stored = display.answer.handle.find(({ type }) => type === "state:store").payload;
    assert.deepEqual(stored.map(({ key, maxAge }) => [key, maxAge]), [[names.CLUSTER, 1_800]]);
    assert.equal(display.answer.handle[0].payload[0].id, first.answer.handle[0].payload[0].id);
  },

  async "propositions applied by the page are reported with the next event"({ front, arrive }) {
    const visitor = await arrive();
    const { propositions } = await visitor.pageView(FIRST);
    const metadata = { banner: { selector: "#banner", actionType: "setHtml" } };
    const rest = propositions.filter(({ scope }) => ["banner", "empty-slot"].includes(scope));
    await visitor.alloy("applyPropositions", { propositions: rest, metadata });
    assert.equal(await visitor.html("#banner"), '<p id="banner-offer">10% off</p>');
    await visitor.sendEvent({
      xdm: { eventType: "web.webpagedetails.bottomOfPage" },
      personalization: { includeRenderedPropositions: true },
    });
    const bottom = front.lastWith("web.webpagedetails.bottomOfPage");
    const reported = bottom.body.events[0].xdm._experience.decisioning.propositions;
    assert.deepEqual(reported.map(({ scope }) => scope).sort(), ["banner", "empty-slot"]);
    assert.equal(bottom.body.events[0].query, undefined);
    assert.ok(!bottom.answer.handle.some(({ type }) => type === "personalization:decisions"));
    assert.ok(bottom.answer.handle.some(({ type }) => type === "activation:pull"));
  },

  async "parallel first events wait for the identity and are of one visitor"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.page.evaluate(() =>
      Promise.all([1, 2, 3].map((number) => window.alloy("sendEvent", { xdm: { eventType: `parallel.${number}` } }))),
    );
    const entries = front.requests.map(({ body }) => (body.meta.state.entries ?? []).map(({ key }) => key).sort());
    assert.deepEqual(entries, [[], [names.CLUSTER, names.IDENTITY], [names.CLUSTER, names.IDENTITY]]);
    const ecids = front.requests.map(({ answer }) => answer.handle[0].payload[0].id);
    assert.equal(new Set(ecids).size, 1);
    assert.deepEqual(await visitor.logged("warn"), []);
  },

  async "nothing is rendered that the page did not ask to be"({ arrive }) {
    const visitor = await arrive();
    const result = await visitor.pageView({ ...FIRST, renderDecisions: false });
    assert.deepEqual(new Set(result.propositions.map(({ renderAttempted }) => renderAttempted)), new Set([false]));
    assert.equal(result.propositions.length, 5);
    assert.equal(await visitor.html("#hero"), "hero");
  },

  async "a click on what was rendered is reported"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView({ personalization: { sendDisplayEvent: false } });
    await visitor.page.click("#offer");
    await front.until("the click", () => front.requests.length === 2 && front.requests[1].status);
    const { eventType, _experience } = front.requests[1].body.events[0].xdm;
    assert.equal(eventType, "decisioning.propositionInteract");
    assert.deepEqual(_experience.decisioning.propositionEventType, { interact: 1 });
    assert.equal(_experience.decisioning.propositions[0].scope, "__view__");
    assert.ok([200, 204].includes(front.requests[1].status));
  },

  async "a view is told with its page and rendered when it is entered"({ front, arrive }) {
    const visitor = await arrive();
    const { propositions } = await visitor.pageView({ personalization: { sendDisplayEvent: false } });
    assert.deepEqual(propositions.map(({ scope }) => scope), ["__view__"]);
    assert.equal(await visitor.html("#sidebar"), "sidebar");
    await visitor.sendEvent({ renderDecisions: true, xdm: { web: { webPageDetails: { viewName: "cart" } } } });
    assert.equal(await visitor.html("#sidebar"), "<i>Cart</i>");
    const told = front.requests[0].answer.handle.find(({ type }) => type === "personalization:decisions").payload;
    const cart = told.find(({ scope }) => scope === "cart");
    assert.equal(cart.scopeDetails.characteristics.scopeType, "view");
    assert.ok(!front.requests[1].answer.handle.some(({ type }) => type === "personalization:decisions"));
  },

  async "a page that has moved says so, then leaves"({ front, arrive }) {
    const visitor = await arrive({ path: "/old" });
    const asked = [];
    visitor.page.on("request", (request) => asked.push(request.url()));
    // The answer never comes: the page is gone.
    await visitor.page.evaluate(() => void window.alloy("sendEvent", { renderDecisions: true }));
    await visitor.page.waitForURL("https://www.shop.test/next");
    // By a beacon, which a browser with its tools open may drop when the page goes: that it was sent must do.
    const report = asked.findIndex((url) => url.includes("/v1/collect"));
    assert.ok(report > 0 && report < asked.indexOf("https://www.shop.test/next"), asked.join("\n"));
    for (const { body, status } of front.to("v1/collect")) {
      assert.equal(body.events[0].xdm.eventType, "decisioning.propositionDisplay");
      assert.equal(body.events[0].xdm._experience.decisioning.propositions[0].scope, "web://www.shop.test/old");
      assert.ok(status === 204 || status === undefined);
    }
  },
};
