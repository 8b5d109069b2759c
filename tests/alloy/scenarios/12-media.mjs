// A media session: its id comes from us, its pings go to a path of their own.
import assert from "node:assert/strict";

const configuration = { streamingMedia: { channel: "news", playerName: "p" } };
const sessionDetails = { name: "clip", length: 60, contentType: "vod" };

export const checks = {
  async "a session begins with an id, and its events are accepted"({ front, arrive }) {
    const visitor = await arrive({ configuration });
    const session = await visitor.alloy("createMediaSession", {
      xdm: { mediaCollection: { sessionDetails, playhead: 0 } },
    });
    assert.match(session.sessionId, /\S+/);
    const [start] = front.requests;
    assert.equal(start.action, "v1/interact");
    assert.equal(start.body.events[0].xdm.eventType, "media.sessionStart");
    const handles = start.answer.handle.filter(({ type }) => type === "media-analytics:new-session");
    assert.deepEqual(handles[0].payload, [{ sessionId: session.sessionId }]);

    const events = ["media.play", "media.ping", "media.pauseStart", "media.sessionComplete"];
    for (const [index, eventType] of events.entries()) {
      const mediaCollection = { playhead: index + 1, sessionID: session.sessionId };
      await visitor.alloy("sendMediaEvent", { xdm: { eventType, mediaCollection } });
      const request = front.requests.at(-1);
      assert.equal(request.action, `va/v1/${eventType.replace("media.", "")}`);
      assert.ok(request.hint);
      assert.equal(request.status, 204);
      assert.equal(request.body.events[0].xdm.mediaCollection.sessionID, session.sessionId);
    }
    assert.deepEqual(await visitor.logged("error"), []);
  },

  async "two sessions have two ids"({ arrive }) {
    const visitor = await arrive({ configuration });
    const begin = () => visitor.alloy("createMediaSession", { xdm: { mediaCollection: { sessionDetails, playhead: 0 } } });
    assert.notEqual((await begin()).sessionId, (await begin()).sessionId);
  },
};
