// Responses from the texts of `Reply::to_text` (`src/http.rs`).

// Headers that many replies have in common, by the lines that say them: to copy them costs a fifth of making them.
const common = new Map();
const COMMON_MAX = 100;

/**
 * The response that a text says: status, and how many headers are common and how many are this reply's own; names and
 * values of both, each on a line; the body.
 */
export function response(text) {
  let start = 0;
  const line = () => {
    const end = text.indexOf("\n", start);
    const found = text.slice(start, end);
    start = end + 1;
    return found;
  };
  const [status, shared, own] = line().split(" ").map(Number);
  const begin = start;
  for (let number = 0; number < 2 * shared; number++) start = text.indexOf("\n", start) + 1;
  const headers = new Headers(commonHeaders(text.slice(begin, start)));
  for (let number = 0; number < own; number++) headers.append(line(), line());
  const body = text.slice(start);
  return new Response(body === "" ? null : body, { status, headers });
}

function commonHeaders(lines) {
  let headers = common.get(lines);
  if (headers === undefined) {
    headers = new Headers();
    const parts = lines.split("\n");
    for (let place = 0; place + 1 < parts.length; place += 2) headers.append(parts[place], parts[place + 1]);
    if (common.size >= COMMON_MAX) common.clear();
    common.set(lines, headers);
  }
  return headers;
}
