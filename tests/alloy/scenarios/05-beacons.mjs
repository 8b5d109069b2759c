// What is sent while a page is left: beacons to `collect`, which nobody reads the answer of.
import assert from "node:assert/strict";

import * as names from "../names.mjs";

const quiet = { personalization: { sendDisplayEvent: false } };

export const checks = {
  async "an event of a page that unloads goes as a beacon and is stored"({ front, version, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(quiet);
    const result = await visitor.sendEvent({
      documentUnloading: true,
      xdm: { eventType: "commerce.productViews" },
    });
    assert.deepEqual(result.propositions, []);
    await front.until("the beacon", () => front.to("v1/collect").some(({ status }) => status));
    const [beacon] = front.to("v1/collect");
    assert.equal(beacon.status, 204);
    assert.equal(beacon.answer, undefined);
    assert.equal(beacon.headers["sec-fetch-mode"], "no-cors");
    assert.equal(beacon.headers["content-type"].toLowerCase(), "text/plain; charset=utf-8");
    assert.ok(beacon.hint);
    assert.ok(beacon.body.meta.state.entries.some(({ key }) => key === names.IDENTITY));

    const next = await visitor.pageView(quiet);
    assert.deepEqual(await visitor.audiences(version, next), [names.EVERYONE, names.VIEWERS]);
  },

  async "a click on a link out is collected by a beacon"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(quiet);
    // A browser with its tools open may drop the beacon of a page that goes, so this one stays.
    await visitor.page.evaluate(() => document.addEventListener("click", (event) => event.preventDefault()));
    await visitor.page.click("#out");
    await front.until("the beacon", () => front.to("v1/collect").some(({ status }) => status));
    const [beacon] = front.to("v1/collect");
    assert.equal(beacon.status, 204);
    const { xdm } = beacon.body.events[0];
    assert.equal(xdm.eventType, "web.webinteraction.linkClicks");
    assert.equal(xdm.web.webInteraction.URL, "https://partner.test/landing");
    assert.equal(xdm.web.webInteraction.type, "exit");
  },

  async "without an identity it asks for an answer"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.sendEvent({ documentUnloading: true, xdm: { eventType: "commerce.productViews" } });
    assert.equal(front.to("v1/collect").length, 0);
    assert.equal(front.to("v1/interact").length, 1);
    assert.ok((await visitor.documentCookies())[names.IDENTITY]);
  },
};
