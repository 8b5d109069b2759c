// `compiled.js` is written by the benchmark: one closure for each rule.
import { compiled } from "COMPILED";

export function decide(profile) {
  const found = [];
  for (let number = 0; number < compiled.length; number++) {
    if (compiled[number](profile)) found.push(number);
  }
  return found;
}
