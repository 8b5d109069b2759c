// Asking who the visitor is, and taking that along to another domain.
import assert from "node:assert/strict";

import { OTHER_PAGE_HOST, PAGE_HOST } from "../front.mjs";
import * as names from "../names.mjs";

const LINK = `https://${OTHER_PAGE_HOST}/landing?a=1`;

export const checks = {
  async "getIdentity acquires one, once"({ front, arrive }) {
    const visitor = await arrive();
    const { identity, edge } = await visitor.alloy("getIdentity");
    assert.match(identity.ECID, names.ECID_FORMAT);
    assert.ok(Number.isInteger(edge.regionId), JSON.stringify(edge));
    const [request] = front.requests;
    assert.equal(request.action, "v1/identity/acquire");
    assert.equal(request.body.events, undefined);
    assert.deepEqual(
      request.answer.handle.map(({ type }) => type),
      ["identity:result", "locationHint:result", "state:store"],
    );
    assert.equal(edge.regionId, Number(request.responseHeaders["x-adobe-edge"].split(";")[1]));
    const cookies = await visitor.documentCookies();
    assert.equal(names.ecidOf(cookies[names.IDENTITY]), identity.ECID);

    assert.deepEqual((await visitor.alloy("getIdentity")).identity, identity);
    assert.equal(front.requests.length, 1);
  },

  async "events that follow are of the one acquired"({ front, arrive }) {
    const visitor = await arrive();
    const { identity } = await visitor.alloy("getIdentity");
    await visitor.sendEvent();
    assert.equal(front.requests[1].answer.handle[0].payload[0].id, identity.ECID);
  },

  async "appendIdentityToUrl takes the visitor to another domain"({ front, arrive }) {
    const visitor = await arrive();
    const { identity } = await visitor.alloy("getIdentity");
    const { url } = await visitor.alloy("appendIdentityToUrl", { url: LINK });
    assert.match(url, /[?&]a=1&adobe_mc=TS%3D\d+%7CMCMID%3D\d{38}%7CMCORGID%3D/);

    // A page of another domain, and a browser that has never been there.
    const there = await arrive({ host: OTHER_PAGE_HOST, path: new URL(url).pathname + new URL(url).search });
    await there.pageView({ personalization: { sendDisplayEvent: false } });
    const request = front.requests.at(-1);
    assert.deepEqual(request.body.xdm.identityMap.ECID, [{ id: identity.ECID }]);
    assert.equal(request.answer.handle[0].payload[0].id, identity.ECID);
    const cookies = await there.documentCookies();
    assert.equal(names.ecidOf(cookies[names.IDENTITY]), identity.ECID);
    assert.equal((await there.cookie(names.IDENTITY)).domain, ".magazine.test");
    assert.equal((await there.alloy("getIdentity")).identity.ECID, identity.ECID);
  },

  async "the audiences come along"({ version, front, arrive }) {
    const visitor = await arrive();
    await visitor.sendEvent({ xdm: { eventType: "commerce.productViews" } });
    const { url } = await visitor.alloy("appendIdentityToUrl", { url: LINK });
    const there = await arrive({ host: OTHER_PAGE_HOST, path: new URL(url).pathname + new URL(url).search });
    const result = await there.pageView({ personalization: { sendDisplayEvent: false } });
    assert.deepEqual(await there.audiences(version, result), [names.EVERYONE, names.VIEWERS]);
    assert.equal(front.to("v1/identity/acquire").length, 0);
  },

  async "a link older than five minutes hands nothing over"({ front, arrive }) {
    const visitor = await arrive();
    const { identity } = await visitor.alloy("getIdentity");
    const { url } = await visitor.alloy("appendIdentityToUrl", { url: LINK });
    const old = new URL(url.replace(/TS%3D\d+/, `TS%3D${Math.floor(Date.now() / 1000) - 301}`));
    const there = await arrive({ host: OTHER_PAGE_HOST, path: old.pathname + old.search });
    await there.sendEvent();
    const request = front.requests.at(-1);
    assert.equal(request.body.xdm, undefined);
    assert.match(request.answer.handle[0].payload[0].id, names.ECID_FORMAT);
    assert.notEqual(request.answer.handle[0].payload[0].id, identity.ECID);
  },

  async "an identity handed over goes before the one that the domain has"({ front, arrive }) {
    const visitor = await arrive();
    const { identity } = await visitor.alloy("getIdentity");
    const { url } = await visitor.alloy("appendIdentityToUrl", { url: `https://${PAGE_HOST}/` });
    const other = await arrive();
    const { identity: own } = await other.alloy("getIdentity");
    assert.notEqual(own.ECID, identity.ECID);
    await other.visit(new URL(url).pathname + new URL(url).search);
    await other.sendEvent();
    assert.equal(front.requests.at(-1).answer.handle[0].payload[0].id, identity.ECID);
    assert.equal(names.ecidOf((await other.documentCookies())[names.IDENTITY]), identity.ECID);
  },

  async "a partner is told the identity once"({ front, arrive }) {
    const visitor = await arrive({ configuration: { datastreamId: names.EXCHANGING_DATASTREAM } });
    await visitor.sendEvent();
    const { identity } = await visitor.alloy("getIdentity");
    await front.until("the exchange", () => front.pixels.length === 1);
    assert.equal(front.pixels[0].url, `https://pixel.partner.test/sync?ecid=${identity.ECID}`);
    const types = (request) => request.answer.handle.map(({ type }) => type);
    assert.ok(types(front.requests[0]).includes("identity:exchange"));
    await visitor.sendEvent();
    const again = front.requests[1].answer.handle.filter(({ type }) => type === "identity:exchange");
    assert.deepEqual(again.flatMap(({ payload }) => payload), []);
    assert.equal(front.pixels.length, 1);
  },

  async "a forged or broken identity cookie makes a new visitor"({ front, arrive }) {
    for (const value of ["abc", "CiY4MTcwMjEyNDc4", "////", "CiYxYTIxMjQ3ODM4MzQ5NDM0NzEzODM0MjM3NDU2MTkzMDEwNDM"]) {
      const cookie = { name: names.IDENTITY, value, domain: ".shop.test", path: "/", secure: true, sameSite: "None" };
      const visitor = await arrive({ cookies: [cookie] });
      await visitor.sendEvent();
      const request = front.requests.at(-1);
      assert.equal(request.status, 200, value);
      const [{ id }] = request.answer.handle[0].payload;
      assert.match(id, names.ECID_FORMAT);
      assert.equal(names.ecidOf((await visitor.documentCookies())[names.IDENTITY]), id);
    }
  },
};
