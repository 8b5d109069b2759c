// Requests that wait for a keeper's answer: see `src/worker/turns.rs`.
//
// BOUND is what wasm-bindgen made of the crate.
import * as bound from "BOUND";

import { calling } from "./life.js";

/** What a call into the module answers in the end, which first may be what it waits for (`begin` in `keeper.js`). */
export async function answered(call) {
  let life;
  let answer = calling((now) => {
    life = now;
    return call();
  });
  while (answer.asked !== undefined) {
    const { number, asked } = answer;
    const [status, bytes] = await said(asked);
    answer = calling((now) => {
      if (now !== life) throw new Error("the worker has ended and begun anew");
      return bound.resume(number, status, bytes);
    });
  }
  return answer;
}

// A status and perhaps bytes; status 0 if there is no answer.
async function said(asked) {
  try {
    const answer = await asked;
    return typeof answer === "number" ? [answer] : [200, answer];
  } catch (error) {
    console.error(error);
    return [0];
  }
}
