// Deciding on this device: the same events as the edge gets, given to the package instead of a server. What it has to
// remember stays in this browser.
const SCOPE = "hero";

let opened;
/** One question after the other: each goes on from the profile that the last one left. */
let last = Promise.resolve();

/** Gives `{ audiences, hero, took }`, in the shape of `send` of `edge.js`; `took` does not count loading. */
export function decideHere(eventType, fields, household) {
  const answer = last.then(() => decide({ eventType, ...fields }, household));
  last = answer.catch(() => {});
  return answer;
}

async function decide(event, household) {
  // Tried again with the next event if it fails.
  opened ??= open().catch((error) => {
    opened = undefined;
    throw error;
  });
  const { edge, datastream } = await opened;
  const [namespace, id] = household ? ["household", household] : ["device", "this-browser"];
  const key = `${namespace}:${id}`;
  const question = { datastream, identityMap: { [namespace]: [{ id, primary: true }] }, events: [event], scopes: [SCOPE] };
  const profile = await kept(key);
  const began = performance.now();
  let answer;
  try {
    answer = edge.decide({ ...question, profile });
  } catch (error) {
    // Kept by an older version of the package.
    if (error.code !== "profile-unreadable") throw error;
    answer = edge.decide(question);
  }
  const took = performance.now() - began;
  await keep(key, answer.profile);
  const audiences = [...new Set(answer.destinations.flatMap(({ segments }) => segments.map(({ id }) => id)))];
  const item = answer.propositions.find(({ scope }) => scope === SCOPE)?.items[0];
  return { audiences, took, hero: item && { offer: item.id, ...item.data.content } };
}

async function open() {
  const [{ default: init, Edge }, { datastream }, bundle] = await Promise.all([
    import("/device/index.js"),
    fetch("/config.json").then((response) => response.json()),
    fetch("/acquaint.bundle"),
  ]);
  if (!bundle.ok) throw new Error(`the bundle was answered with ${bundle.status}`);
  await init();
  return { edge: Edge.open(new Uint8Array(await bundle.arrayBuffer())), datastream };
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function table(mode) {
  const request = indexedDB.open("acquaint", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("profiles");
  return (await done(request)).transaction("profiles", mode).objectStore("profiles");
}

const kept = async (key) => done((await table("readonly")).get(key));
const keep = async (key, profile) => done((await table("readwrite")).put(profile, key));
