// The Web SDK only speaks https, to a host without a port. A shop has that; a demo on one machine has plain http on
// some port of loopback. So calls to the name below go there instead. The SDK keeps `fetch` and `sendBeacon` as it
// finds them when it is loaded: this module must be imported before it.
export const EDGE_DOMAIN = "edge.acquaint.test";

const prefix = `https://${EDGE_DOMAIN}`;
let origin = prefix;

/** Where the edge really is. */
export function reroute(edge) {
  origin = edge.replace(/\/$/, "");
}

const there = (address) => (address.startsWith(prefix) ? origin + address.slice(prefix.length) : address);

const fetchThere = window.fetch.bind(window);
window.fetch = (input, init) => fetchThere(typeof input === "string" ? there(input) : input, init);

const beaconThere = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (address, body) => beaconThere(there(String(address)), body);
