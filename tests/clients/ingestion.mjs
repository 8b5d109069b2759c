// What arrived, as ingestion tells it.
import assert from "node:assert/strict";

export const { INGEST, SLOW, WRITE_KEY } = process.env;
const PATIENCE_MS = 60_000;

async function ask(path, base) {
  const response = await fetch(new URL(path, base), { headers: { authorization: `Bearer ${WRITE_KEY}` } });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** Asks until there is an answer. */
export async function until(what, ask) {
  const start = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    assert.ok(Date.now() - start < PATIENCE_MS, `waited for ${typeof what === "string" ? what : what()}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

/** Everything that arrived of somebody. */
export async function records(of, base = INGEST) {
  const found = [];
  for (let after = 0; after !== null; ) {
    const page = await ask(`/records?limit=1000&after=${after}`, base);
    found.push(...page.records.filter(({ identities }) => identities.some(({ id }) => id.includes(of))));
    after = page.next;
  }
  return found;
}

/** Waits until so many have arrived of somebody, and sees that it is no more. */
export async function arrived(of, count, base = INGEST) {
  let found = [];
  await until(
    () => `${count} records of ${of}, and there are ${JSON.stringify(found)}`,
    async () => ((found = await records(of, base)).length >= count ? true : undefined),
  );
  assert.equal(found.length, count, JSON.stringify(found));
  return found;
}

/** What was refused; nothing, of clients that are as they should be. */
export async function quarantined() {
  return (await ask("/quarantine", INGEST)).records;
}

/** What a record says, without what differs from run to run. */
export function short({ kind, identities, fields }) {
  const { eventType, properties, ...others } = fields ?? {};
  const who = identities.map(({ namespace, id }) => `${namespace}:${id}`);
  if (kind === "event") return { kind, who, eventType, properties };
  return kind === "attributes" ? { kind, who, fields: others } : { kind, who };
}

let people = 0;
/** Somebody nobody has heard of. */
export const somebody = (of) => `${of}-${process.pid}-${(people += 1)}`;
