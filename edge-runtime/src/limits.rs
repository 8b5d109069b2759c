//! Bounds of the edge, unit last. Exceeding one is a typed error, never a truncation.

/// Bytes of one request body (`edge-api.md` section 2).
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Events in one request.
pub const EVENTS_PER_REQUEST_MAX: usize = 100;
/// Decision scopes of one event (`edge-api.md` section 2), and surfaces.
pub const SCOPES_PER_EVENT_MAX: usize = 30;
/// Characters of a request id.
pub const REQUEST_ID_CHARACTERS_MAX: usize = 128;
/// Characters of an event id that a client gives.
pub const EVENT_ID_CHARACTERS_MAX: usize = 256;

/// Events of one profile that the control plane has not acknowledged. Beyond it requests that bring events are
/// answered with 503: an event is refused before one is lost.
pub const OUTBOX_EVENTS_MAX: usize = 1_000;
/// Bytes of those events.
pub const OUTBOX_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Acknowledged events kept singly; beyond it they are folded into the projection.
pub const ACKNOWLEDGED_EVENTS_MAX: usize = 200;
/// Ids of the newest events of one profile, by which a repeated request is recognised: of two of the largest requests.
pub const RECENT_EVENTS_MAX: usize = 2 * EVENTS_PER_REQUEST_MAX;
/// Identities that the tail may add to those of the projection.
pub const IDENTITIES_PER_PROFILE_MAX: usize = acquaint_core::limits::IDENTITIES_PER_PROFILE_MAX;

/// Events in one forward.
pub const FORWARD_EVENTS_MAX: usize = 50;
/// Bytes of the events of one forward. A message of a queue holds 128 KB.
pub const FORWARD_BYTES_MAX: usize = 100 * 1024;
/// Messages of a queue that are sent on together: all their events fit into one forward.
pub const MESSAGES_PER_FORWARD_MAX: usize = acquaint_core::limits::BATCH_EVENTS_MAX / FORWARD_EVENTS_MAX;
/// For how long events that a queue carries are not sent again.
pub const QUEUE_PATIENCE_MS: i64 = 60 * 60 * 1000;
/// Events of one profile that endpoints beside the control plane have not taken; beyond it the oldest go.
pub const OWED_EVENTS_MAX: usize = 1_000;
/// After which an endpoint that does not answer is given up for an event.
pub const OWED_AGE_MAX_MS: i64 = 24 * 60 * 60 * 1000;
/// How long an endpoint may take to answer.
pub const RELAY_TIMEOUT_MS: u32 = 10_000;
/// From so many bytes on a forward is packed: as a rule, after the control plane was away.
pub const FORWARD_PACK_BYTES_MIN: usize = 8 * 1024;
/// How long an event waits for others before it is forwarded.
pub const FORWARD_DELAY_MS: u64 = 100;
/// After which a profile looks whether its events were forwarded, should that have been broken off.
pub const FORWARD_WATCH_MS: i64 = 60_000;
/// The first pause after a forward that failed; doubled with every further one.
pub const FORWARD_BACKOFF_FIRST_MS: i64 = 500;
/// The longest pause between two tries.
pub const FORWARD_BACKOFF_MAX_MS: i64 = 15_000;
/// How long the control plane may take to answer.
pub const FORWARD_TIMEOUT_MS: u32 = 20_000;

/// Visitors who come for the first time, each second and isolate. Whoever brings an identity is not counted.
pub const NEW_VISITORS_PER_SECOND: u32 = 500;
/// For how long a repeated request of a visitor without an identity is recognised.
pub const REPETITION_WINDOW_MS: i64 = 10 * 60 * 1000;
/// Characters of the id of a dataset.
pub const DATASET_ID_CHARACTERS_MAX: usize = 255;
/// Offers with a cap of which displays are counted for one profile; beyond it the one longest not displayed is forgotten.
pub const CAPPED_OFFERS_MAX: usize = 100;
/// Arms of experiments of which one profile remembers that exposure was recorded.
pub const ARMS_REMEMBERED_MAX: usize = 100;

/// How long an edge profile is kept after its last visit. The control plane stops telling of it at the same time.
pub const PROFILE_TTL_MS: i64 = acquaint_core::limits::EDGE_PROFILE_TTL_MS;
/// How long an objection is remembered after its profile was last seen: as long as the consent cookie.
pub const OBJECTION_TTL_MS: i64 = 180 * 24 * 60 * 60 * 1000;
/// How exactly it is stored when a profile was last seen.
pub const LAST_SEEN_STEP_MS: i64 = 60 * 60 * 1000;
/// Images that a profile remembers its pages were asked for.
pub const IMAGES_REMEMBERED_MAX: usize = 1_000;
/// Requests one profile may make at once, and how many it regains each second.
pub const PROFILE_BURST_REQUESTS: u32 = 200;
/// See [`PROFILE_BURST_REQUESTS`].
pub const PROFILE_REQUESTS_PER_SECOND: u32 = 100;

/// Longest wait the Web SDK reports (`meta.queueTimeMillis`, `edge-api.md` section 2).
pub const QUEUE_TIME_MS_MAX: i64 = 300_000;
/// How far a client's clock may be off before its timestamp is replaced by the time of arrival.
pub const CLOCK_SKEW_MS_MAX: i64 = 10_000;

/// Max-Age of the identity cookie: 395 days (`edge-api.md` section 4).
pub const IDENTITY_COOKIE_SECONDS: u32 = 34_128_000;
/// The identity cookie is written again after a day.
pub const IDENTITY_COOKIE_REFRESH_MS: i64 = 24 * 60 * 60 * 1000;
/// Max-Age of the cluster cookie and of a location hint.
pub const CLUSTER_COOKIE_SECONDS: u32 = 1_800;
/// Max-Age of the consent cookie: 180 days.
pub const CONSENT_COOKIE_SECONDS: u32 = 15_552_000;

/// Projections in one push.
pub const PROJECTIONS_PER_PUSH_MAX: usize = 50;
/// `Retry-After` of answers that ask the client to come again.
pub const RETRY_AFTER_SECONDS: u32 = 2;
