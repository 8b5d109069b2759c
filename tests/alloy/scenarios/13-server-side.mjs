// Servers that ask for a page: version 2, with and without a token, and the page that applies the answer.
import assert from "node:assert/strict";

import * as names from "../names.mjs";

const identityMap = { FPID: [{ id: names.FPID, primary: true }] };
const event = { xdm: { eventType: "web.webpagedetails.pageViews", identityMap } };
const personalization = { decisionScopes: ["__view__", "banner"] };

async function ask(edge, path, body, headers = {}) {
  const response = await fetch(`${edge}/ee/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: text && JSON.parse(text) };
}

const handle = (answer, type) => answer.body.handle.filter((one) => one.type === type).flatMap((one) => one.payload);

export const checks = {
  async "without a token a server gets segments and no attributes"({ edge }) {
    const body = { event, query: { identity: { fetch: ["ECID"] } } };
    const answer = await ask(edge, `v2/interact?dataStreamId=${names.DATASTREAM}`, body);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.requestId);
    assert.equal(answer.headers["x-request-id"], answer.body.requestId);
    const [destination] = handle(answer, "activation:pull");
    assert.equal(destination.destinationId, names.DESTINATION);
    assert.deepEqual(destination.segments[0], { id: names.EVERYONE, namespace: "ups" });
    assert.equal(destination.attributes, undefined);
    assert.match(handle(answer, "identity:result")[0].id, names.ECID_FORMAT);
    assert.ok(handle(answer, "state:store").some(({ key }) => key === names.IDENTITY));
  },

  async "with a token it may see attributes, and with a wrong one nothing"({ edge, token }) {
    const body = { event, query: { identity: { fetch: ["ECID"] } } };
    const path = `or2/v2/interact?datastreamid=${names.DATASTREAM}`;
    const answer = await ask(edge, path, body, { authorization: `Bearer ${token}` });
    assert.equal(answer.status, 200);
    assert.deepEqual(handle(answer, "activation:pull")[0].attributes, { tier: { value: "gold" } });
    const wrong = await ask(edge, path, body, { authorization: "Bearer somebody" });
    assert.ok([401, 403].includes(wrong.status));
    assert.match(wrong.body.type, /EXEG-05\d\d-40[13]$/);
  },

  async "a datastream for servers wants a token"({ edge, token }) {
    const path = `v2/interact?dataStreamId=${names.SERVER_DATASTREAM}`;
    const refused = await ask(edge, path, { event });
    assert.ok([401, 403].includes(refused.status));
    assert.match(refused.body.type, /EXEG-05\d\d-40[13]$/);
    const answer = await ask(edge, path, { event }, { authorization: `Bearer ${token}` });
    assert.equal(answer.status, 200);
  },

  async "events alone are accepted"({ edge }) {
    const body = { events: [event, event] };
    const accepted = await ask(edge, `v2/collect?dataStreamId=${names.DATASTREAM}&requestId=abc`, body);
    assert.deepEqual([accepted.status, accepted.body], [202, { requestId: "abc" }]);
    const silent = await ask(edge, `v2/collect?dataStreamId=${names.DATASTREAM}&silent=true`, body);
    assert.deepEqual([silent.status, silent.body], [204, ""]);
  },

  async "a server's event needs a primary identity"({ edge }) {
    const nobody = { event: { xdm: { eventType: "x", identityMap: { CRMID: [{ id: "1" }] } } } };
    const answer = await ask(edge, `v2/interact?dataStreamId=${names.DATASTREAM}`, nobody);
    assert.deepEqual([answer.status, answer.body.type.split("/").at(-1)], [400, "EXEG-0306-400"]);
  },

  async "a page applies what its server was told"({ edge, front, arrive }) {
    const body = { event, query: { identity: { fetch: ["ECID"] }, personalization } };
    const answer = await ask(edge, `v2/interact?dataStreamId=${names.DATASTREAM}`, body);
    const visitor = await arrive();
    const result = await visitor.alloy("applyResponse", {
      renderDecisions: true,
      responseHeaders: answer.headers,
      responseBody: answer.body,
      personalization: { sendDisplayEvent: false },
    });
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
    const scopes = result.propositions.map(({ scope, renderAttempted }) => [scope, renderAttempted]);
    assert.deepEqual(scopes.sort(), [["__view__", true], ["banner", false]]);
    const cookies = await visitor.documentCookies();
    const [{ id }] = handle(answer, "identity:result");
    assert.equal(names.ecidOf(cookies[names.IDENTITY]), id);
    assert.ok(cookies[names.CLUSTER]);
    assert.equal(cookies[names.AUDIENCE_COOKIE], "everyone");
    const { identity, edge: region } = await visitor.alloy("getIdentity");
    assert.equal(identity.ECID, id);
    assert.ok(Number.isInteger(region.regionId));
    assert.deepEqual(front.to("v1/identity/acquire"), []);

    await visitor.sendEvent();
    assert.equal(front.requests.at(-1).answer.handle[0].payload[0].id, id);
  },

  async "a server that passes the page's cookies on speaks for the same visitor"({ edge, arrive }) {
    const visitor = await arrive();
    await visitor.sendEvent({ xdm: { eventType: "commerce.productViews" } });
    const { identity } = await visitor.alloy("getIdentity");
    const cookies = await visitor.documentCookies();
    const entries = [names.IDENTITY, names.CLUSTER].map((key) => ({ key, value: cookies[key] }));
    const answer = await ask(edge, `v2/interact?dataStreamId=${names.DATASTREAM}`, {
      event: { xdm: { eventType: "web.webpagedetails.pageViews" } },
      query: { identity: { fetch: ["ECID"] } },
      meta: { state: { domain: "shop.test", cookiesEnabled: true, entries } },
    });
    assert.equal(answer.status, 200);
    assert.equal(handle(answer, "identity:result")[0].id, identity.ECID);
    const ids = handle(answer, "activation:pull").flatMap(({ segments }) => segments.map(({ id }) => id));
    assert.deepEqual(ids.sort(), [names.EVERYONE, names.VIEWERS]);
    assert.deepEqual(handle(answer, "state:store").map(({ key }) => key), [names.CLUSTER]);
  },
};
