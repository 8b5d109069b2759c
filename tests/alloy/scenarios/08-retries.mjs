// What the client repeats, and that we count it once.
import assert from "node:assert/strict";

import * as names from "../names.mjs";

const quiet = { personalization: { sendDisplayEvent: false } };
const SERVER_ERROR = /Failed to load resource: the server responded with a status of 5\d\d/;

export const checks = {
  async "a request without an answer is repeated whole and answered as if it were the first"({ front, version, arrive, expectedErrors }) {
    expectedErrors.push(SERVER_ERROR);
    const visitor = await arrive();
    front.faults = [{ status: 503, headers: { "retry-after": "1" } }];
    const result = await visitor.pageView(quiet);
    const [lost, repeated] = front.requests;
    assert.equal(repeated.query.requestId, lost.query.requestId);
    assert.equal(repeated.text, lost.text);
    assert.equal(repeated.status, 200);
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE]);
    assert.ok((await visitor.documentCookies())[names.IDENTITY]);
  },

  async "an event whose answer was lost is counted once"({ front, version, arrive, expectedErrors }) {
    expectedErrors.push(SERVER_ERROR);
    const visitor = await arrive({ configuration: { datastreamId: names.COUNTING_DATASTREAM } });
    await visitor.pageView(quiet);
    // The worker has it, and the client does not know.
    front.faults = [{ status: 502, delivered: true, headers: { "retry-after": "1" } }];
    const once = await visitor.sendEvent({ xdm: { eventType: "commerce.productViews" } });
    assert.equal(front.requests.length, 3);
    assert.deepEqual(await visitor.audiences(version, once), [names.VIEWERS]);
    const twice = await visitor.sendEvent({ xdm: { eventType: "commerce.productViews" } });
    assert.deepEqual(await visitor.audiences(version, twice), [names.VIEWERS, names.REPEATERS]);
  },

  async "any other failure is final, and the next event is as ever"({ front, version, arrive, expectedErrors }) {
    expectedErrors.push(SERVER_ERROR);
    const visitor = await arrive();
    await visitor.pageView(quiet);
    front.faults = [{ status: 500 }];
    await assert.rejects(visitor.sendEvent(), /status code 500/);
    const result = await visitor.sendEvent();
    assert.equal(front.requests.length, 3);
    assert.deepEqual(await visitor.audiences(version, result), [names.EVERYONE]);
  },

  async "an answer that is none rejects the command, one with errors does not"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.pageView(quiet);
    const body = JSON.stringify({ requestId: "r", handle: [], errors: [{ status: 504, title: "upstream" }] });
    front.faults = [{ status: 207, body }, { status: 200 }];
    await visitor.sendEvent();
    assert.ok((await visitor.logged("error")).some((text) => text.includes("upstream")));
    await assert.rejects(visitor.sendEvent(), /unexpected server response|status code 200/i);
    assert.equal(front.requests.length, 3);
  },
};
