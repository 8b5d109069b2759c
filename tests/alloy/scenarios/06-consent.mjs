// Consent by Adobe's own standards: nothing before it, nothing after it is withdrawn, and both outlive the page.
import assert from "node:assert/strict";

import * as names from "../names.mjs";

const IN = { standard: "Adobe", version: "2.0", value: { collect: { val: "y" }, metadata: { time: "2026-01-02T03:04:05Z" } } };
const NO = { standard: "Adobe", version: "2.0", value: { collect: { val: "n" } } };
const OUT = { standard: "Adobe", version: "1.0", value: { general: "out" } };
const GENERAL_IN = { standard: "Adobe", version: "1.0", value: { general: "in" } };
const PENDING = { configuration: { defaultConsent: "pending" } };
const quiet = { personalization: { sendDisplayEvent: false } };

const stored = (request) =>
  Object.fromEntries(
    request.answer.handle.filter(({ type }) => type === "state:store").flatMap(({ payload }) => payload.map((one) => [one.key, one])),
  );

export const checks = {
  async "events wait for consent and go when it is given"({ front, arrive }) {
    const visitor = await arrive(PENDING);
    const answer = visitor.pageView(quiet);
    const identityMap = { CRMID: [{ id: "crm-1", authenticatedState: "authenticated" }] };
    await visitor.alloy("setConsent", { consent: [IN], identityMap });
    const { propositions } = await answer;
    assert.equal(propositions[0].scope, "__view__");
    assert.deepEqual(front.requests.map(({ action }) => action), ["v1/privacy/set-consent", "v1/interact"]);
    const [consent, event] = front.requests;
    assert.deepEqual(consent.body.consent, [IN]);
    assert.deepEqual(consent.body.identityMap, identityMap);
    assert.deepEqual(consent.answer.handle.map(({ type }) => type), ["identity:result", "locationHint:result", "state:store"]);
    const cookies = stored(consent);
    assert.deepEqual(Object.keys(cookies).sort(), [names.CLUSTER, names.CONSENT, names.IDENTITY]);
    assert.equal(cookies[names.CONSENT].value, "general=in");
    assert.equal(cookies[names.CONSENT].maxAge, 15_552_000);
    assert.equal(event.answer.handle[0].payload[0].id, consent.answer.handle[0].payload[0].id);
    assert.equal((await visitor.documentCookies())[names.CONSENT], "general=in");
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
  },

  async "withdrawn, nothing is sent any more, after a reload neither"({ front, arrive }) {
    const visitor = await arrive(PENDING);
    await visitor.alloy("setConsent", { consent: [IN] });
    await visitor.pageView(quiet);
    await visitor.alloy("setConsent", { consent: [OUT] });
    const withdrawn = front.requests.at(-1);
    assert.equal(withdrawn.status, 200);
    assert.equal(stored(withdrawn)[names.CONSENT].value, "general=out");
    assert.equal((await visitor.documentCookies())[names.CONSENT], "general=out");
    const before = front.requests.length;
    assert.deepEqual(await visitor.sendEvent(), {});
    await visitor.visit("/next", PENDING);
    assert.deepEqual(await visitor.pageView(), {});
    assert.equal(front.requests.length, before);
    assert.equal(await visitor.html("#hero"), "hero");
  },

  async "a new visitor who objects gets an identity cookie, so that the objection lasts"({ front, arrive }) {
    const visitor = await arrive(PENDING);
    await visitor.alloy("setConsent", { consent: [OUT] });
    const cookies = await visitor.documentCookies();
    assert.equal(cookies[names.CONSENT], "general=out");
    assert.match(names.ecidOf(cookies[names.IDENTITY]), names.ECID_FORMAT);
    // Without the identity cookie, the SDK would drop the other and be back at its default.
    await visitor.visit("/", { configuration: { defaultConsent: "in" } });
    assert.deepEqual(await visitor.sendEvent(), {});
    assert.equal((await visitor.documentCookies())[names.CONSENT], "general=out");
    assert.equal(front.requests.length, 1);
  },

  async "version 2.0 says no as well, and yes again"({ front, version, arrive }) {
    const visitor = await arrive();
    await visitor.alloy("setConsent", { consent: [NO] });
    assert.equal((await visitor.documentCookies())[names.CONSENT], "general=out");
    assert.deepEqual(await visitor.sendEvent(), {});
    await visitor.alloy("setConsent", { consent: [GENERAL_IN] });
    assert.equal((await visitor.documentCookies())[names.CONSENT], "general=in");
    const result = await visitor.pageView(quiet);
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE]);
    assert.deepEqual(front.requests.map(({ status }) => status), [200, 200, 200]);
  },

  async "the same consent is not sent twice"({ front, arrive }) {
    const visitor = await arrive(PENDING);
    await visitor.alloy("setConsent", { consent: [IN] });
    await visitor.alloy("setConsent", { consent: [IN] });
    await visitor.visit("/", PENDING);
    await visitor.alloy("setConsent", { consent: [IN] });
    assert.equal(front.requests.length, 1);
    // Consent given is remembered: nothing waits.
    await visitor.sendEvent();
    assert.equal(front.requests.at(-1).action, "v1/interact");
  },

  async "on a first-party name consent is a cookie of the answer"({ front, arrive }) {
    const configuration = { defaultConsent: "pending", edgeDomain: "edge.shop.test" };
    const visitor = await arrive({ configuration });
    await visitor.alloy("setConsent", { consent: [OUT] });
    const set = front.requests[0].responseHeaders["set-cookie"].map((cookie) => cookie.split(";")[0]);
    assert.ok(set.includes(`${names.CONSENT}=general=out`), set.join());
    assert.ok(set.some((cookie) => cookie.startsWith(`${names.IDENTITY}=`)), set.join());
    assert.equal((await visitor.documentCookies())[names.CONSENT], "general=out");
    await visitor.visit("/", { configuration });
    assert.deepEqual(await visitor.sendEvent(), {});
    assert.equal(front.requests.length, 1);
  },
};
