// A first-party device id always gives the same identity, however it comes.
import assert from "node:assert/strict";

import { FIRST_PARTY, PAGE_HOST } from "../front.mjs";
import { ECID_FORMAT, FPID, IDENTITY, ecidOf } from "../names.mjs";

const identityMap = (id) => ({ FPID: [{ id, authenticatedState: "ambiguous", primary: true }] });
const quiet = { personalization: { sendDisplayEvent: false } };
const cookie = (value) => ({ name: "FPID", value, domain: ".shop.test", path: "/", secure: true, sameSite: "None" });

async function ecidIn(arrive, options, xdm) {
  const visitor = await arrive(options);
  await visitor.pageView({ ...quiet, xdm });
  const { identity } = await visitor.alloy("getIdentity");
  assert.match(identity.ECID, ECID_FORMAT);
  assert.equal(ecidOf((await visitor.documentCookies())[IDENTITY]), identity.ECID);
  return identity.ECID;
}

export const checks = {
  async "in the identity map of two browsers and in a cookie it is the same"({ front, arrive }) {
    const first = await ecidIn(arrive, {}, { identityMap: identityMap(FPID) });
    const again = await ecidIn(arrive, {}, { identityMap: identityMap(FPID) });
    assert.equal(again, first);
    const byCookie = await ecidIn(arrive, { cookies: [cookie(FPID)], configuration: { edgeDomain: FIRST_PARTY } });
    assert.equal(byCookie, first);
    assert.ok(front.requests.at(-1).headers.cookie.includes(FPID));
  },

  async "another device is somebody else"({ arrive }) {
    const first = await ecidIn(arrive, {}, { identityMap: identityMap(FPID) });
    const other = await ecidIn(arrive, {}, { identityMap: identityMap("8a3c0f9e-3f4d-4b6a-9d1e-2c7b5a60f111") });
    assert.notEqual(other, first);
  },

  async "an identity cookie goes before it"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(quiet);
    const { identity } = await visitor.alloy("getIdentity");
    await visitor.sendEvent({ xdm: { identityMap: identityMap(FPID) } });
    assert.equal(front.requests.at(-1).answer.handle[0].payload[0].id, identity.ECID);
  },

  async "one that is no UUID of version 4 is refused in the map and ignored in the cookie"({ front, arrive, expectedErrors }) {
    expectedErrors.push(/Failed to load resource/);
    const visitor = await arrive();
    await assert.rejects(visitor.sendEvent({ xdm: { identityMap: identityMap("abc") } }), /EXEG-0308-400/);
    const configuration = { edgeDomain: FIRST_PARTY };
    await ecidIn(arrive, { host: PAGE_HOST, cookies: [cookie("abc")], configuration });
    assert.equal(front.requests.at(-1).status, 200);
  },
};
