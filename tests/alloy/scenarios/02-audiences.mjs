// An audience entered by an event is in the answer to that event, in the next one and on the next page.
import assert from "node:assert/strict";

import { EVERYONE, VIEWERS, AUDIENCE_COOKIE } from "../names.mjs";

const VIEW = { xdm: { eventType: "commerce.productViews", productListItems: [{ SKU: "A1" }] } };

export const checks = {
  async "the event that qualifies is answered with the audience"({ version, arrive }) {
    const visitor = await arrive();
    const before = await visitor.pageView();
    assert.deepEqual(await visitor.audiences(version, before), [EVERYONE]);
    const after = await visitor.sendEvent(VIEW);
    assert.deepEqual(await visitor.audiences(version, after), [EVERYONE, VIEWERS]);
  },

  async "even when it is the visitor's first event"({ version, arrive }) {
    const visitor = await arrive();
    const result = await visitor.sendEvent(VIEW);
    assert.deepEqual(await visitor.audiences(version, result), [EVERYONE, VIEWERS]);
  },

  async "the next page still has it"({ front, version, arrive }) {
    const visitor = await arrive();
    await visitor.pageView();
    await visitor.sendEvent(VIEW);
    await visitor.visit("/next");
    const result = await visitor.pageView();
    assert.deepEqual(await visitor.audiences(version, result), [EVERYONE, VIEWERS]);
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
    const last = front.to("v1/interact").findLast(({ body }) => body.events[0].query);
    assert.equal(last.body.events[0].xdm.web.webPageDetails.URL, "https://www.shop.test/next");
    assert.ok(last.hint);
  },

  async "the audience cookie follows"({ arrive }) {
    const visitor = await arrive();
    await visitor.pageView();
    assert.equal((await visitor.documentCookies())[AUDIENCE_COOKIE], "everyone");
    await visitor.sendEvent(VIEW);
    const value = decodeURIComponent((await visitor.documentCookies())[AUDIENCE_COOKIE]);
    assert.deepEqual(value.split(",").sort(), ["everyone", "viewers"]);
  },

  async "another visitor does not have it"({ version, arrive }) {
    const visitor = await arrive();
    await visitor.sendEvent(VIEW);
    const other = await arrive();
    const result = await other.pageView();
    assert.deepEqual(await other.audiences(version, result), [EVERYONE]);
  },

  async "events without a question about offers get none"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView();
    const result = await visitor.sendEvent(VIEW);
    assert.deepEqual(result.propositions, []);
    const last = front.lastWith("commerce.productViews");
    assert.ok(!last.answer.handle.some(({ type }) => type === "personalization:decisions"));
  },
};
