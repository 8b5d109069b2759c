// The edge under a name of the shop's own domain: cookies travel as cookies.
import assert from "node:assert/strict";

import { FIRST_PARTY } from "../front.mjs";
import * as names from "../names.mjs";

const configuration = { edgeDomain: FIRST_PARTY };

export const checks = {
  async "cookies are set by the answer, on the page's domain, readable by the page"({ front, arrive }) {
    const visitor = await arrive({ configuration });
    await visitor.pageView();
    const [first] = front.requests;
    assert.equal(first.host, FIRST_PARTY);
    assert.deepEqual(first.body.meta.state, { domain: "shop.test", cookiesEnabled: true });
    const set = first.responseHeaders["set-cookie"];
    assert.deepEqual(set.map((cookie) => cookie.split("=")[0]).sort(), [names.CLUSTER, names.IDENTITY]);
    for (const cookie of set) {
      assert.match(cookie, /; Path=\/; Domain=shop\.test; Max-Age=\d+; Secure; SameSite=None$/);
      assert.doesNotMatch(cookie, /HttpOnly/i);
    }
    assert.ok(!first.answer.handle.some(({ type }) => type === "state:store"));

    const cookies = await visitor.documentCookies();
    const ecid = names.ecidOf(cookies[names.IDENTITY]);
    assert.equal(first.answer.handle.find(({ type }) => type === "identity:result").payload[0].id, ecid);
    assert.equal((await visitor.cookie(names.IDENTITY)).domain, ".shop.test");
    assert.ok(cookies[names.CLUSTER]);
  },

  async "the browser sends them back, and the hint is in the path"({ front, arrive }) {
    const visitor = await arrive({ configuration });
    await visitor.pageView({ personalization: { sendDisplayEvent: false } });
    await visitor.sendEvent();
    const [first, second] = front.requests;
    const cookies = await visitor.documentCookies();
    assert.equal(second.hint, cookies[names.CLUSTER]);
    assert.equal(second.body.meta.state.entries, undefined);
    assert.ok(second.headers.cookie.includes(`${names.IDENTITY}=${cookies[names.IDENTITY]}`));
    assert.equal(second.answer.handle[0].payload[0].id, first.answer.handle[0].payload[0].id);
    // A fresh identity is not written again; the cluster always is.
    assert.deepEqual(second.responseHeaders["set-cookie"].map((cookie) => cookie.split("=")[0]), [names.CLUSTER]);
  },

  async "the identity is known without asking, on the next page too"({ front, arrive }) {
    const visitor = await arrive({ configuration });
    await visitor.pageView({ personalization: { sendDisplayEvent: false } });
    const { identity } = await visitor.alloy("getIdentity");
    await visitor.visit("/next", { configuration });
    assert.equal((await visitor.alloy("getIdentity")).identity.ECID, identity.ECID);
    assert.match(identity.ECID, names.ECID_FORMAT);
    await visitor.pageView({ personalization: { sendDisplayEvent: false } });
    assert.equal((await visitor.alloy("getIdentity")).identity.ECID, identity.ECID);
    assert.equal(front.to("v1/identity/acquire").length, 0);
    assert.deepEqual(await visitor.logged("warn"), []);
  },

  async "audiences and offers are as on a third-party name"({ version, arrive }) {
    const visitor = await arrive({ configuration });
    const result = await visitor.pageView();
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE]);
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
    assert.equal((await visitor.documentCookies())[names.AUDIENCE_COOKIE], "everyone");
  },

  async "a hint of an older library is a hint like any other"({ front, arrive }) {
    const cookie = { name: "mboxEdgeCluster", value: "38", domain: ".shop.test", path: "/" };
    const visitor = await arrive({ configuration, cookies: [cookie] });
    await visitor.pageView({ personalization: { sendDisplayEvent: false } });
    const [first] = front.requests;
    assert.equal(first.hint, "t38");
    assert.equal(first.status, 200);
    await visitor.sendEvent();
    assert.equal(front.requests[1].hint, (await visitor.documentCookies())[names.CLUSTER]);
  },
};
