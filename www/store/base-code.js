// Makes the `alloy` function that the stand-alone build looks for when it is loaded.
import createBaseCode from "@adobe/alloy/baseCode.js";

createBaseCode(window, ["alloy"]);
