// What `examples/edge/edge.yaml` and `more.yaml` call things: the ids of the recorded traffic.
export const ORGANISATION = "5BFE274A5F6980A50A495C08@AdobeOrg";
export const DATASTREAM = "bc1a10e0-aee4-4e0e-ac5b-cdbb9abbec83";
export const OTHER_DATASTREAM = "aaaa10e0-aee4-4e0e-ac5b-cdbb9abbec99";
export const EXCHANGING_DATASTREAM = "eeee10e0-aee4-4e0e-ac5b-cdbb9abbec11";
export const SHOP_DATASTREAM = "abcd10e0-aee4-4e0e-ac5b-cdbb9abbec22";
export const COUNTING_DATASTREAM = "ffff10e0-aee4-4e0e-ac5b-cdbb9abbec33";
export const SERVER_DATASTREAM = "cccc10e0-aee4-4e0e-ac5b-cdbb9abbec11";
export const DISABLED_DATASTREAM = "dddd10e0-aee4-4e0e-ac5b-cdbb9abbec00";

const cookie = (name) => `kndctr_${ORGANISATION.replace("@", "_")}_${name}`;
export const IDENTITY = cookie("identity");
export const CLUSTER = cookie("cluster");
export const CONSENT = cookie("consent");
/** Written by the Web SDK itself, for older libraries. */
export const LEGACY = `AMCV_${encodeURIComponent(ORGANISATION)}`;
/** Written by the cookie destination. */
export const AUDIENCE_COOKIE = "aud_dest";

export const EVERYONE = "399eb3e7-3d50-47d3-ad30-a5ad99e8ab77";
export const VIEWERS = "499eb3e7-3d50-47d3-ad30-a5ad99e8ab77";
export const REPEATERS = "599eb3e7-3d50-47d3-ad30-a5ad99e8ab77";
export const DESTINATION = "7bb4cb8d-8c2e-4450-871d-b7824f547111";
export const ALIAS = "acceptance-personalization";

export const FPID = "79bf8e83-f708-414b-b1ed-5789ff33bf0b";
export const ECID_FORMAT = /^\d{38}$/;

/** Decodes the ECID out of the identity cookie, as the Web SDK does: field 1 of a protobuf. */
export function ecidOf(value) {
  const bytes = Buffer.from(value, "base64url");
  if (bytes[0] !== 0x0a) throw new Error(`not an identity cookie: ${value}`);
  return bytes.subarray(2, 2 + bytes[1]).toString("latin1");
}
