// The Durable Objects: each is a thing of the module's, made again when the module was.
import { DurableObject } from "cloudflare:workers";

import * as bound from "BOUND";

import { calling } from "./life.js";

class Kept {
  constructor(make) {
    this.make = make;
  }

  call(what) {
    return calling((now) => {
      if (this.life !== now) {
        this.made = this.make();
        this.life = now;
      }
      return what(this.made);
    });
  }
}

export class ProfileObject extends DurableObject {
  #keeper = new Kept(() => new bound.ProfileObject(this.ctx, this.env));

  // See `keeper.js`.
  ask(path, body) {
    return this.#keeper.call((keeper) => keeper.ask(path, body));
  }

  alarm() {
    return this.#keeper.call((keeper) => keeper.alarm());
  }
}

export class BundleObject extends DurableObject {
  #keeper = new Kept(() => new bound.BundleObject(this.ctx, this.env));

  fetch(request) {
    return this.#keeper.call((keeper) => keeper.fetch(request));
  }
}
