// The Web SDK as its makers publish it for pages: the stand-alone build behind its base code. Not the entry for
// bundlers: that takes `@adobe/alloy-core` in whatever version fits, and 1.1.2 forgets `result.destinations`, which is
// where a response says its audiences.
import "./reroute.js";
import "./base-code.js";
import "../../node_modules/@adobe/alloy/dist/alloy.js";

export const alloy = window.alloy;
