// What the types must refuse: each of these is an error of TypeScript, or checking fails.
import { Edge } from "@acquaint/edge";

declare const edge: Edge;
const question = { datastream: "ds", identityMap: { device: [{ id: "1" }] } };

// @ts-expect-error: there is no constructor
new Edge();
// @ts-expect-error: text is not bytes
Edge.open("bundle");
// @ts-expect-error: whose?
edge.decide({ datastream: "ds" });
// @ts-expect-error: no such field
edge.decide({ ...question, profil: new Uint8Array() });
// @ts-expect-error: a function has no JSON form
edge.decide({ ...question, events: [{ eventType: () => "buy" }] });
// @ts-expect-error: a stored profile is bytes
edge.decide({ ...question, profile: "text" });
// @ts-expect-error: answers are read, not written
edge.decide(question).profile = new Uint8Array();
// @ts-expect-error: an item's data is any JSON, so its shape has to be checked first
edge.decide(question).propositions[0]?.items[0]?.data.title;
