// Talking to the edge, with an unmodified Web SDK.
import { EDGE_DOMAIN, reroute } from "./reroute.js";
import { alloy } from "./alloy.js";

const SCOPE = "hero";

/** Reads `/config.json` ({ edge, datastream, org }) and configures the SDK. */
export async function connect() {
  const config = await (await fetch("/config.json")).json();
  reroute(config.edge);
  await alloy("configure", {
    datastreamId: config.datastream,
    orgId: config.org,
    edgeDomain: EDGE_DOMAIN,
    edgeBasePath: "ee",
    // A first call to somebody else's domain would be lost here.
    thirdPartyCookiesEnabled: false,
    clickCollectionEnabled: false,
    defaultConsent: "in",
  });
}

/**
 * Sends one event and gives what the same response said: `{ audiences, hero, took }`.
 * `household` is who is signed in, if anybody.
 */
export async function send(eventType, fields, household) {
  const xdm = { eventType, ...fields };
  if (household) {
    xdm.identityMap = { household: [{ id: household, authenticatedState: "authenticated", primary: true }] };
  }
  const began = performance.now();
  const result = await alloy("sendEvent", {
    xdm,
    renderDecisions: false,
    personalization: { decisionScopes: [SCOPE], sendDisplayEvent: false },
  });
  const took = performance.now() - began;
  const destinations = result.destinations ?? [];
  const audiences = [...new Set(destinations.flatMap(({ segments }) => segments.map(({ id }) => id)))];
  const proposition = (result.propositions ?? []).find(({ scope }) => scope === SCOPE);
  const item = proposition?.items[0];
  return { audiences, took, hero: item && { offer: item.id, ...item.data.content } };
}
