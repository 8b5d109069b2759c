// The client's default: the first call goes to Adobe's third-party domain, whoever answers there.
import assert from "node:assert/strict";

import { DEMDEX, THIRD_PARTY } from "../front.mjs";
import * as names from "../names.mjs";

const configuration = { thirdPartyCookiesEnabled: true };
const quiet = { personalization: { sendDisplayEvent: false } };

export const checks = {
  async "answered there, later calls come to us with the identity"({ front, version, arrive }) {
    front.demdex = true;
    const visitor = await arrive({ configuration });
    const result = await visitor.pageView(quiet);
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE]);
    await visitor.sendEvent();
    assert.deepEqual(front.requests.map(({ host }) => host), [DEMDEX, THIRD_PARTY]);
    const [first, second] = front.requests;
    assert.deepEqual(first.body.query.identity.fetch, ["ECID", "CORE"]);
    assert.equal(first.status, 200);
    const codes = first.answer.handle.filter(({ type }) => type === "identity:result").flatMap(({ payload }) => payload);
    assert.ok(codes.some(({ namespace }) => namespace.code === "ECID"));
    assert.ok(second.body.meta.state.entries.some(({ key }) => key === names.IDENTITY));
    assert.equal(second.answer.handle[0].payload[0].id, first.answer.handle[0].payload[0].id);
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
  },

  async "unreachable, the same request comes to us, and so do all that follow"({ front, version, arrive, expectedErrors }) {
    expectedErrors.push(/net::ERR_/);
    const visitor = await arrive({ configuration });
    const result = await visitor.pageView(quiet);
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE]);
    await visitor.sendEvent();
    // The browser itself tries a broken connection again.
    const hosts = front.requests.map(({ host }) => host).filter((host, at, all) => host !== all[at - 1]);
    assert.deepEqual(hosts, [DEMDEX, THIRD_PARTY]);
    const refused = front.requests.find(({ host }) => host === DEMDEX);
    const ours = front.requests.filter(({ host }) => host === THIRD_PARTY);
    assert.equal(ours.length, 2);
    assert.equal(ours[0].query.requestId, refused.query.requestId);
    assert.equal(ours[0].text, refused.text);
    assert.equal(ours[1].answer.handle[0].payload[0].id, ours[0].answer.handle[0].payload[0].id);
  },
};
