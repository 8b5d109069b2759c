// Calls into the module, and what a panic does to them.
//
// A panic ends the module. The next call into it makes it anew, under another number; that must be a call that brings
// nothing along and is of nothing made before, for what it was given would be put into the memory of before and read in
// that of after. So an empty call comes before every other, and after every error. What the module had promised before its
// end nobody would keep: those promises fail.
//
// BOUND is what wasm-bindgen made of the crate.
import * as bound from "BOUND";

let current = bound.__worker_init_state().instanceId;
const promised = new Set();

/** The number of the module that the next call goes to. */
function life() {
  const now = bound.__worker_init_state().instanceId;
  if (now !== current) {
    current = now;
    for (const fail of promised) fail(new Error("the worker has ended and begun anew"));
    promised.clear();
  }
  return now;
}

/** What a call into the module, which is told its number, answers; a promise of it fails with the module. */
export function calling(call) {
  const now = life();
  let answer;
  try {
    answer = call(now);
  } catch (error) {
    life();
    throw error;
  }
  return answer instanceof Promise ? orFail(answer) : answer;
}

function orFail(promise) {
  return new Promise((resolve, reject) => {
    const done = (settle) => (value) => {
      promised.delete(reject);
      settle(value);
    };
    promised.add(reject);
    promise.then(done(resolve), done(reject));
  });
}

// Of what runs when a promise is kept, nobody catches the errors.
addEventListener("error", life);
