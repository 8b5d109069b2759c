// A worker as an engineer would write it by hand: it takes what the Web SDK sends, puts the event to the Durable Object
// of the visitor, which stores it and answers which rules hold, and answers with the same handles as ours. ENGINE is one
// of the modules beside this one.
import { decide } from "ENGINE";

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const body = await request.text();
    const { events, xdm } = JSON.parse(body);
    const ecid = xdm.identityMap.ECID[0].id;
    const stub = env.PROFILE.get(env.PROFILE.idFromName(ecid));
    const answer = await stub.fetch("https://profile/", { method: "POST", body: JSON.stringify(events[0].xdm) });
    const segments = (await answer.json()).map((number) => ({ id: String(number), namespace: "ups" }));
    const handle = [
      { type: "identity:result", payload: [{ id: ecid, namespace: { code: "ECID" } }] },
      { type: "activation:pull", eventIndex: 0, payload: [{ type: "profileLookup", destinationId: "destination", alias: "page", segments }] },
      { type: "locationHint:result", payload: [{ scope: "EdgeNetwork", hint: "edge1", ttlSeconds: 1800 }] },
    ];
    return Response.json({ requestId: url.searchParams.get("requestId"), handle });
  },
};

export class Profile {
  constructor(state) {
    this.storage = state.storage;
    this.number = 0;
  }

  async fetch(request) {
    const event = await request.json();
    if (event.profile) {
      this.profile = event.profile;
      this.storage.put("profile", event.profile);
      return new Response("[]");
    }
    this.profile ??= (await this.storage.get("profile")) ?? {};
    // Not waited for: the runtime holds the answer back until it is stored.
    this.storage.put(`tail/${Date.now()}-${this.number++}`, event);
    return Response.json(decide(this.profile));
  }
}
