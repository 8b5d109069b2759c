//! Every bound, in one place, unit last. Exceeding one is a typed error, never a truncation.

/// Audiences in one program (`pql.md` section 4).
pub const AUDIENCES_MAX: usize = 4_000;
/// Audiences that refer to one another in a chain.
pub const AUDIENCE_DEPTH_MAX: usize = 32;
/// Bytes of one expression's text.
pub const EXPRESSION_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a text that a function puts together; where it would be longer, there is none.
pub const COMPUTED_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Items that one expression may put together from what it says itself.
pub const CONSTRUCTED_ITEMS_MAX: u64 = 65_536;
/// Nesting of one expression.
pub const EXPRESSION_DEPTH_MAX: usize = 64;
/// Bytes of a template.
pub const TEMPLATE_BYTES_MAX: usize = 256 * 1024;
/// Blocks of a template inside one another.
pub const TEMPLATE_DEPTH_MAX: usize = 32;
/// Parts of a template that are rendered, those of a loop once for each item.
pub const TEMPLATE_STEPS_MAX: usize = 100_000;
/// Findings about one expression's text; the rest would only be their consequences.
pub const DIAGNOSTICS_MAX: usize = 50;
/// Steps of one chain of events; a folded event says in as many bits of which steps it is.
pub const CHAIN_STEPS_MAX: usize = 32;
/// Clauses that must all hold, if a condition were written so, before it is called complex: every `or` multiplies them
/// (`pql.md` section 4). They are never written so here, so nothing is refused.
pub const LOGICAL_CLAUSES_ADVISED_MAX: u64 = 65_536;
/// Events in a row above which a chain comes with a warning (`pql.md` section 4).
pub const SEQUENCE_EVENTS_ADVISED_MAX: usize = 6;
/// Aggregations above which an expression comes with a warning (`pql.md` section 4).
pub const AGGREGATIONS_ADVISED_MAX: usize = 3;
/// Arrays looked through inside one another above which an expression comes with a warning (`pql.md` section 4).
pub const COLLECTION_NESTING_ADVISED_MAX: usize = 2;
/// Values behind `in` above which an expression comes with a warning (`pql.md` section 4).
pub const LIST_ITEMS_ADVISED_MAX: usize = 100;
/// Loops over the events inside one another: each multiplies the time of an answer by the number of events.
pub const EVENT_LOOPS_NESTED_MAX: usize = 3;
/// Days of looking back over events above which an expression comes with a warning.
pub const LOOK_BACK_ADVISED_DAYS: u64 = 5 * 366;
/// Years that one `occurs` may reach.
pub const WINDOW_YEARS_MAX: u64 = 10_000;
/// Stored events of one profile, and events that one leaf of its folded state keeps; beyond it the oldest are dropped.
pub const EVENTS_PER_PROFILE_MAX: usize = 5_000;
/// Values of events that one leaf of a profile's folded state keeps, ten an event (`pql.md` section 4: arrays of an
/// event have at most ten items); beyond it the oldest are dropped.
pub const VALUES_PER_LEAF_MAX: usize = 10 * EVENTS_PER_PROFILE_MAX;
/// Nesting of one event or record.
pub const VALUE_DEPTH_MAX: usize = 16;
/// Characters of one event id (`ingest-api.md` section 4 allows 100 from clients; the edge puts a prefix before it).
pub const EVENT_ID_CHARACTERS_MAX: usize = 256;
/// Steps of one path.
pub const PATH_STEPS_MAX: usize = 32;
/// Nesting of a stored value; above [`VALUE_DEPTH_MAX`], because a mapping may put what came in below other fields.
pub const STORED_VALUE_DEPTH_MAX: usize = 64;
/// Bytes of one event body (`ingest-api.md` section 4: 32 KB).
pub const EVENT_BYTES_MAX: usize = 32 * 1024;
/// Bytes of one profile record.
pub const RECORD_BYTES_MAX: usize = 100 * 1024;
/// Bytes of one ingestion batch.
pub const BATCH_BYTES_MAX: usize = 500 * 1024;
/// Events in one ingestion batch.
pub const BATCH_EVENTS_MAX: usize = 2_500;
/// Identities of one profile.
pub const IDENTITIES_PER_PROFILE_MAX: usize = 50;
/// Identities on one record or event.
pub const IDENTITIES_PER_RECORD_MAX: usize = 20;
/// Characters of one identity value.
pub const IDENTITY_CHARACTERS_MAX: usize = 1_024;
/// Days that data may be kept before it goes by itself: a hundred years.
pub const LIFETIME_DAYS_MAX: u32 = 36_525;
/// How long a signature between edge and control plane holds, and how far their clocks may be apart.
pub const SIGNATURE_AGE_MS_MAX: u64 = 5 * 60 * 1000;
/// How long an edge keeps a profile after its last visit, and so is told of it (`edge-api.md` section 7: 14 days).
pub const EDGE_PROFILE_TTL_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// Bytes of one sealed value, unpacked.
pub const SEALED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes that one byte of a packed value can stand for: a deflate stream has at least two bits for every 258.
pub const SEALED_GROWTH_MAX: usize = 1_032;
/// Values inside one another in a sealed value: some for each level of an expression.
pub const SEALED_DEPTH_MAX: usize = 12 * EXPRESSION_DEPTH_MAX;
/// Bytes of one regular expression's text.
pub const REGEX_BYTES_MAX: usize = 4 * 1024;
/// Bytes of one compiled regular expression.
pub const REGEX_PROGRAM_BYTES_MAX: usize = 256 * 1024;
/// Terms inside one another that an explanation shows: each takes two levels of JSON, of which readers take 128.
pub const EXPLANATION_DEPTH_MAX: usize = 56;
/// Events that an explanation shows of one term.
pub const EXPLANATION_EVENTS_MAX: usize = 20;
/// Values that an explanation shows of one term.
pub const EXPLANATION_VALUES_MAX: usize = 16;
/// Items and fields that an explanation shows of one value.
pub const EXPLANATION_VALUE_PARTS_MAX: usize = 100;
/// Characters that an explanation shows of one text.
pub const EXPLANATION_TEXT_CHARACTERS_MAX: usize = 200;
/// Instants at which an explanation looks for the next change.
pub const EXPLANATION_INSTANTS_MAX: usize = 50_000;
/// How far ahead an explanation looks for the next change: ten years.
pub const EXPLANATION_AHEAD_MS: i64 = 3_653 * 86_400_000;
/// Displays of one offer that are counted for one person: the highest cap.
pub const OFFER_DISPLAYS_MAX: u32 = 100;
