// Measures engines in JavaScript, and ours in Wasm: `node run.mjs MODULE < input`, where MODULE is what wasm-bindgen
// made of tests/portable and the input is JSON: {rules, texts (of profiles), expected (numbers of rules by profile),
// audiences, people, stream}. Prints one JSON object: nanoseconds by name. Ends with an error where an engine disagrees.
import { deepStrictEqual, strictEqual } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

import { numbered, numberedBeforehand, straight } from "./by-hand.mjs";
import { closures, growthbook, logic, rulesEngine } from "./engines.mjs";

const REPETITIONS = 51;
const WARM_UP_MS = 500;
const REPETITION_MS = 3;

const portable = createRequire(import.meta.url)(resolve(process.argv[2]));
const { rules, texts, expected, audiences, people, stream } = JSON.parse(readFileSync(0, "utf8"));
const profiles = texts.map((text) => JSON.parse(text));
const members = expected.reduce((sum, numbers) => sum + numbers.length, 0);

// Nanoseconds of one item: the median of repetitions, each long enough to be measured.
async function measure(items, pass) {
  const start = performance.now();
  let passes = 0;
  do {
    await pass();
    passes++;
  } while (performance.now() - start < WARM_UP_MS);
  const repeated = Math.max(1, Math.round((REPETITION_MS * passes) / (performance.now() - start)));
  const measured = [];
  // Short ones, of which most are not interrupted; few where one pass is long.
  const repetitions = Math.min(REPETITIONS, Math.max(5, passes));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const start = performance.now();
    for (let number = 0; number < repeated; number++) await pass();
    measured.push(((performance.now() - start) * 1e6) / repeated / items);
  }
  return measured.sort((left, right) => left - right)[repetitions >> 1];
}

const found = {};
// Slow engines are given fewer profiles, so that all of this ends within minutes.
for (const [name, engine, share] of [
  ["closures", closures(rules), 1],
  ["straight", straight(rules), 1],
  ["numbered", numbered(rules), 1],
  ["json-logic-js", logic(rules), 5],
  ["growthbook", growthbook(rules), 20],
  ["json-rules-engine", rulesEngine(rules), 100],
]) {
  const given = profiles.slice(0, Math.ceil(profiles.length / share));
  for (const [number, profile] of given.entries()) deepStrictEqual(await engine(profile), expected[number], name);
  const asynchronous = engine(given[0]) instanceof Promise;
  const pass = asynchronous
    ? async () => {
        for (const profile of given) await engine(profile);
      }
    : () => given.reduce((sum, profile) => sum + engine(profile).length, 0);
  found[name] = await measure(given.length, pass);
}

// The best case for closures: all profiles are objects of one shape, as if somebody had copied each into it.
const byHand = closures(rules);
const fields = [...new Set(profiles.flatMap((p) => Object.keys(p).flatMap((g) => Object.keys(p[g]).map((n) => `${g}.${n}`))))];
const groups = {};
for (const field of fields) (groups[field.split(".")[0]] ??= []).push(field);
const literal = Object.entries(groups).map(
  ([name, of]) => `${name}: {${of.map((field) => `${field.split(".")[1]}: p.${name}?.${field.split(".")[1]}`)}}`,
);
const shaped = new Function("p", `return {${literal}};`);
const ofOneShape = profiles.map((profile) => shaped(profile));
ofOneShape.forEach((profile, number) => deepStrictEqual(byHand(profile), expected[number]));
const fresh = closures(rules);
found.closuresOfOneShape = await measure(profiles.length, () =>
  ofOneShape.reduce((sum, profile) => sum + fresh(profile).length, 0),
);

// The best case there is: read and numbered beforehand.
const { read, decide } = numberedBeforehand(rules);
const known = profiles.map((profile) => read(profile));
known.forEach((profile, number) => deepStrictEqual(decide(profile), expected[number]));
found.numberedBeforehand = await measure(profiles.length, () =>
  known.reduce((sum, profile) => sum + decide(profile).length, 0),
);

const quickest = numbered(rules);
found.numberedFromText = await measure(texts.length, () =>
  texts.reduce((sum, text) => sum + quickest(JSON.parse(text)).length, 0),
);
found.closuresFromText = await measure(texts.length, () =>
  texts.reduce((sum, text) => sum + byHand(JSON.parse(text)).length, 0),
);

const ours = new portable.Rules(rules.length, profiles.length);
strictEqual(ours.pass(), members);
strictEqual(ours.passFromText(), members);
found.wasm = await measure(profiles.length, () => ours.pass());
found.wasmFromText = await measure(profiles.length, () => ours.passFromText());

const team = new portable.Audiences(audiences, people, stream);
found.folded = await measure(people, () => team.foldedPass());
found.whole = await measure(people, () => team.wholePass());
found.event = await measure(stream, () => team.eventsPass());

console.log(JSON.stringify(found));
