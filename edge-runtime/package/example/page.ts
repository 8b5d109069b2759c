// A page that decides on the device: checked by TypeScript, and run in Chromium by the tests.
import init, { Edge, type Answer, type EdgeError, type Explanation, type Question } from "@acquaint/edge";

/** Where this page keeps the profile; a real one would take IndexedDB. */
const store = new Map<string, Uint8Array>();

/** Opens the bundle at an address. */
export async function open(address: string): Promise<Edge> {
  await init();
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the bundle was answered with ${response.status}`);
  return Edge.open(new Uint8Array(await response.arrayBuffer()));
}

/** Takes an event of a visitor and says what to show. */
export function happened(edge: Edge, datastream: string, visitor: string, eventType: string): Answer {
  const question: Question = {
    datastream,
    identityMap: { device: [{ id: visitor, primary: true }] },
    profile: store.get(visitor),
    attributes: { language: "en", seenAt: new Date(), nothing: undefined },
    events: [{ eventType, web: { webPageDetails: { name: "home" } } }],
    scopes: ["hero"],
  };
  const answer = ask(edge, question, visitor);
  store.set(visitor, answer.profile);
  return answer;
}

/** A profile that an older package has kept begins anew. */
function ask(edge: Edge, question: Question, visitor: string): Answer {
  try {
    return edge.decide(question);
  } catch (error) {
    if ((error as EdgeError).code !== "profile-unreadable") throw error;
    store.delete(visitor);
    return edge.decide({ ...question, profile: null });
  }
}

/** Why the visitor is in an audience, or not: a line for every term. */
export function why(edge: Edge, visitor: string, audience: string): string[] {
  const lines = (term: Explanation, depth: number): string[] => [
    `${"  ".repeat(depth)}${term.text}: ${String(term.value)}`,
    ...(term.children ?? []).flatMap((child) => lines(child, depth + 1)),
  ];
  return lines(edge.explain({ audience, profile: store.get(visitor) }), 0);
}

/** What a destination may see. */
export const segments = (answer: Answer, alias: string): string[] =>
  answer.destinations.filter((one) => one.alias === alias).flatMap((one) => one.segments.map(({ id }) => id));
