// The types of the package: by hand, because the Wasm module knows objects only as objects. `example/page.ts` is
// checked against them and run in a browser.

/** Any value that JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** An object that JSON can say. What is `undefined` is left out, a `Date` becomes its text. */
export interface JsonObject {
  readonly [name: string]: Json | Date | undefined;
}

/** Where the Wasm module comes from; absent: `index_bg.wasm` beside `index.js`. */
export interface Source {
  module_or_path: string | URL | Request | Response | BufferSource | WebAssembly.Module | Promise<Response>;
}

/** Loads the Wasm module. To be awaited once, before anything else; later calls do nothing. */
export default function init(source?: Source): Promise<object>;

/** One identity, as in XDM's `identityMap`. */
export interface Identity {
  readonly id: string;
  /** Under which the profile is kept; needed only where there are several. */
  readonly primary?: boolean;
  readonly authenticatedState?: "ambiguous" | "authenticated" | "loggedOut";
}

/** Who this is, what has happened, and what is asked. */
export interface Question {
  /** The datastream (`configId`) whose destinations are asked for. */
  readonly datastream: string;
  /** Identities by namespace. */
  readonly identityMap: Readonly<Record<string, readonly Identity[]>>;
  /** The `profile` of the last answer; absent: a new visitor. */
  readonly profile?: Uint8Array | null;
  /** What the page knows about the visitor, in place of what it said before; absent: as it said before. */
  readonly attributes?: JsonObject | null;
  /** XDM events, oldest first; at most 100, and 64 KB of JSON. An `_id` that was seen lately is not counted again. */
  readonly events?: readonly JsonObject[];
  /** Decision scopes and surfaces; at most 30. */
  readonly scopes?: readonly string[];
  /** The item schemas that the page can show; absent or empty: any. */
  readonly schemas?: readonly string[];
  /** The instant, milliseconds since the epoch; absent: the device's clock. */
  readonly nowMs?: number;
}

/** An audience in which the visitor is. */
export interface Segment {
  readonly id: string;
  readonly namespace: string;
}

/** What one custom personalization destination of the datastream may see. */
export interface Destination {
  readonly type: "profileLookup";
  readonly destinationId: string;
  readonly alias: string;
  readonly segments: readonly Segment[];
  /** Attributes that the destination maps, by their name there. */
  readonly attributes?: Readonly<Record<string, { readonly value: Json }>>;
}

/** Content for one scope, in the shape of the Web SDK's propositions. */
export interface Proposition {
  readonly id: string;
  readonly scope: string;
  readonly scopeDetails: JsonObject;
  readonly items: readonly { readonly id: string; readonly schema: string; readonly data?: Json }[];
}

/** What was decided. */
export interface Answer {
  /** The audiences the visitor is in, of those that the bundle decides. */
  readonly audiences: readonly string[];
  readonly destinations: readonly Destination[];
  readonly propositions: readonly Proposition[];
  /** To be kept by the page and given with the next question. Opaque; it holds the visitor's events. */
  readonly profile: Uint8Array;
}

/** "Why is the visitor in this audience, or not?" */
export interface ExplainQuestion {
  readonly audience: string;
  readonly profile?: Uint8Array | null;
  readonly nowMs?: number;
}

/** One term of an audience and what came of it. */
export interface Explanation {
  /** The term; `and`, `or`, `not` hold their `children` together. */
  readonly text: string;
  /** Absent knowledge is `null`. */
  readonly value: boolean | null;
  /** Whether the answer follows from this term. */
  readonly decided: boolean;
  /** The number that was compared, or how many events. */
  readonly found?: Json;
  /** There may be more than were found: so many were enough. */
  readonly atLeast?: boolean;
  readonly events?: readonly { readonly timestamp: string; readonly value?: Json }[];
  readonly seen?: readonly { readonly text: string; readonly value: Json }[];
  /** When it next comes out differently by time alone; `null`: not in ten years. */
  readonly changesAt: string | null;
  readonly children?: readonly Explanation[];
}

/** The `code` of every error that is thrown here. */
export type EdgeErrorCode =
  /** Not a bundle, or a damaged one. */
  | "bundle-unreadable"
  /** Published by a version of Acquaint that this package does not read. */
  | "bundle-version"
  /** Damaged, or kept by another version of this package: ask without `profile`, and it begins anew. */
  | "profile-unreadable"
  /** Kept under another primary identity. */
  | "profile-of-another"
  /** A field is missing, unknown, of another type, or exceeds a bound. */
  | "question-invalid"
  /** Not in the bundle, or disabled. */
  | "datastream-unknown"
  | "audience-unknown"
  | "events-too-large";

/** What `Edge` throws. */
export interface EdgeError extends Error {
  readonly name: "EdgeError";
  readonly code: EdgeErrorCode;
}

/** A bundle, ready to decide. */
export class Edge {
  private constructor();
  /** Opens a bundle as it was published for pages. */
  static open(bundle: Uint8Array): Edge;
  /** The version its publisher gave it. */
  readonly version: number;
  /** When it was published, milliseconds since the epoch. */
  readonly publishedMs: number;
  /** Takes the events of a question, and answers it. Nothing is sent anywhere. */
  decide(question: Question): Answer;
  /** Says why the visitor is in an audience, or not. */
  explain(question: ExplainQuestion): Explanation;
  /** Gives the memory back; the object is of no use afterwards. */
  free(): void;
}
