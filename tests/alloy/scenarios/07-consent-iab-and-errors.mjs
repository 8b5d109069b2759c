// Consent by the IAB's standard, and requests that are refused.
import assert from "node:assert/strict";

import { OTHER_PAGE_HOST } from "../front.mjs";
import * as names from "../names.mjs";

/** Purposes 1 and 10 and vendor 565. */
const GRANTED = "CO052l-O052l-DGAMBFRACBgAIBAAAAAAIYgEawAQEagAAAA";
/** Purpose 1 is missing. */
const DENIED = "CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA";
const tcf = (value, more = { gdprApplies: true }) => ({ standard: "IAB TCF", version: "2.0", value, ...more });
const eventConsent = (value) => ({
  consentStrings: [
    {
      consentStandard: "IAB TCF",
      consentStandardVersion: "2.0",
      consentStringValue: value,
      gdprApplies: true,
      containsPersonalData: false,
    },
  ],
});
const PENDING = { configuration: { defaultConsent: "pending" } };
/** The browser's own message for a status that is no success. */
const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/;

const refusal = (request) => [request.status, request.answer.type.split("/").at(-1)];

export const checks = {
  async "a purpose that does not exist is refused"({ front, arrive, expectedErrors }) {
    expectedErrors.push(REFUSED);
    const visitor = await arrive(PENDING);
    const consent = [{ standard: "Adobe", version: "1.0", value: { analytics: "in" } }];
    await assert.rejects(visitor.alloy("setConsent", { consent }), /status code 400[^]*EXEG-0102-400/);
    assert.deepEqual(refusal(front.requests[0]), [400, "EXEG-0102-400"]);
    assert.match(front.requests[0].responseHeaders["content-type"], /^application\/problem\+json/);
    assert.equal(front.requests[0].responseHeaders["access-control-allow-origin"], "https://www.shop.test");
    assert.equal(front.requests[0].answer.report.requestId, front.requests[0].query.requestId);
    assert.equal(front.requests[0].answer.report.orgId, names.ORGANISATION);
    assert.equal((await visitor.documentCookies())[names.CONSENT], undefined);
  },

  async "standards and versions that do not exist are refused, and so is an empty string"({ front, arrive, expectedErrors }) {
    expectedErrors.push(REFUSED);
    const visitor = await arrive(PENDING);
    const refused = async (consent, status, code) => {
      await assert.rejects(visitor.alloy("setConsent", { consent: [consent] }), new RegExp(code));
      assert.deepEqual(refusal(front.requests.at(-1)), [status, code]);
    };
    await refused({ standard: "IAB", version: "2.0", value: GRANTED }, 400, "EXEG-0102-400");
    await refused({ standard: "IAB TCF", version: "9.0", value: GRANTED }, 400, "EXEG-0102-400");
    await refused({ standard: "Adobe", version: "3.0", value: { general: "in" } }, 400, "EXEG-0102-400");
    await refused({ standard: "Adobe", version: "1.0" }, 400, "EXEG-0103-400");
    await refused(tcf(""), 422, "EXEG-0104-422");
  },

  async "a TCF string grants, another denies, and outside its reach all is granted"({ front, arrive }) {
    const visitor = await arrive(PENDING);
    const becomes = async (consent, expected) => {
      await visitor.alloy("setConsent", { consent: [consent] });
      assert.equal((await visitor.documentCookies())[names.CONSENT], `general=${expected}`);
    };
    await becomes(tcf(GRANTED, { gdprApplies: true, gdprContainsPersonalData: false }), "in");
    await becomes(tcf(DENIED), "out");
    await becomes(tcf(DENIED, { gdprApplies: false }), "in");
    assert.equal(front.requests.length, 3);
  },

  async "an event that denies is not stored, shows nothing and ends consent"({ front, version, arrive }) {
    const visitor = await arrive(PENDING);
    await visitor.alloy("setConsent", { consent: [tcf(GRANTED)] });
    const xdm = { eventType: "commerce.productViews", ...eventConsent(DENIED) };
    const result = await visitor.sendEvent({ renderDecisions: true, xdm });
    assert.deepEqual(result.propositions, []);
    assert.equal(await visitor.html("#hero"), "hero");
    const denied = front.requests.at(-1);
    assert.equal(denied.status, 200);
    assert.deepEqual(
      denied.answer.handle.map(({ type }) => type).sort(),
      ["identity:result", "locationHint:result", "state:store"],
    );
    assert.deepEqual(denied.answer.warnings.map(({ type, status }) => [type.split("/").at(-1), status]), [["EXEG-0301-200", 200]]);
    assert.ok((await visitor.logged("warn")).some((text) => text.includes("EXEG-0301-200")));
    assert.deepEqual(await visitor.logged("error"), []);
    const cookies = await visitor.documentCookies();
    assert.equal(cookies[names.CONSENT], "general=out");
    assert.equal(cookies[names.AUDIENCE_COOKIE], undefined);
    assert.deepEqual(front.pixels, []);
    assert.deepEqual(await visitor.sendEvent(), {});

    // Nothing was stored: with consent again, the product view is not there.
    await visitor.alloy("setConsent", { consent: [tcf(DENIED, { gdprApplies: false })] });
    const after = await visitor.sendEvent();
    assert.deepEqual(await visitor.audiences(version, after), [names.EVERYONE]);
  },

  async "an event that grants is answered as ever"({ version, arrive }) {
    const visitor = await arrive();
    const result = await visitor.sendEvent({ xdm: { eventType: "commerce.productViews", ...eventConsent(GRANTED) } });
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE, names.VIEWERS]);
  },

  async "a datastream that does not exist is refused with a document the page can read"({ front, arrive, expectedErrors }) {
    expectedErrors.push(REFUSED);
    const visitor = await arrive({ configuration: { datastreamId: "BOGUS" } });
    await assert.rejects(visitor.pageView(), /The server responded with a status code 400[^]*EXEG-0003-400/);
    assert.deepEqual(refusal(front.requests[0]), [400, "EXEG-0003-400"]);
    assert.equal(front.requests.length, 1);
    assert.equal(await visitor.html("#hero"), "hero");
  },

  async "a datastream that is switched off is refused"({ front, arrive, expectedErrors }) {
    expectedErrors.push(REFUSED);
    const visitor = await arrive({ configuration: { datastreamId: names.DISABLED_DATASTREAM } });
    await assert.rejects(visitor.pageView(), /EXEG-0004-422/);
    assert.deepEqual(refusal(front.requests[0]), [422, "EXEG-0004-422"]);
  },

  async "a datastream of the shop answers no other site"({ front, arrive, expectedErrors }) {
    expectedErrors.push(/blocked by CORS policy/, /net::ERR_FAILED/, REFUSED);
    const configuration = { datastreamId: names.SHOP_DATASTREAM };
    const visitor = await arrive({ configuration });
    await visitor.sendEvent();
    assert.equal(front.requests[0].status, 200);
    const elsewhere = await arrive({ host: OTHER_PAGE_HOST, configuration });
    // Why, is for the operator: a page that may not call learns nothing.
    await assert.rejects(elsewhere.sendEvent(), /Failed to fetch/);
    assert.deepEqual(refusal(front.requests[1]), [403, "EXEG-0400-403"]);
  },

  async "an event that is too long is refused, the next is not"({ front, arrive, expectedErrors }) {
    expectedErrors.push(REFUSED);
    const visitor = await arrive();
    await assert.rejects(visitor.sendEvent({ xdm: { text: "x".repeat(70_000) } }), /EXEG-0112-413/);
    assert.deepEqual(refusal(front.requests[0]), [413, "EXEG-0112-413"]);
    await visitor.sendEvent();
    assert.equal(front.requests[1].status, 200);
  },
};
