// How the keeper of a profile is asked: by a call that takes a path and perhaps bytes, and answers with bytes or, without
// any, with a status. Not by a request, whose head and body would have to be made and read at both ends.

// Called from `src/worker/keeper.rs`.
export function ask(namespace, name, path, body) {
  return namespace.getByName(name).ask(path, body);
}
