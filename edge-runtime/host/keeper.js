// How the keeper of a profile is asked: by a call that takes a path and perhaps bytes, and answers with bytes or, without
// any, with a status. Not by a request, whose head and body would have to be made and read at both ends.
//
// Called from `src/worker/keeper.rs`; wasm-bindgen makes a copy of this file, so nothing is kept here.

/** Asks; the answer is waited for over there. */
export function promised(namespace, name, path, body) {
  return namespace.getByName(name).ask(path, body);
}

/** Asks; `turns.js` waits for the answer, with which the request of that number goes on. */
export function begin(namespace, name, path, body, number) {
  return { number, asked: promised(namespace, name, path, body) };
}
