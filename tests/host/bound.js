// Stands for what wasm-bindgen made of the crate: a module that ends when it panics, and begins anew with the next call.
// It keeps to what wasm-bindgen does with a call that comes first after a panic: what was handed over is lost.
const module = globalThis.module;

export function __worker_init_state() {
  if (module.ended) Object.assign(module, { ended: false, instanceId: module.instanceId + 1 });
  return { instanceId: module.instanceId };
}

/** Answers; a call of an ended module would be of the one before. */
export function ask(answer) {
  if (module.ended) throw new Error("handed to a module that has ended");
  if (answer === "panic") {
    module.ended = true;
    throw new WebAssembly.RuntimeError("unreachable");
  }
  return answer;
}

/** Goes on with a request, as the test says. */
export function resume(number, status, bytes) {
  return module.resume(number, status, bytes);
}

export class ProfileObject {
  made = module.instanceId;

  ask(answer) {
    if (this.made !== module.instanceId) throw new Error("asked of an object of before");
    return ask(answer);
  }
}

export class BundleObject {}
