# The edge on one's own machine: `workerd serve` with Durable Objects on local disk, on loopback.
#
# This file is copied, never edited: it names everything relative to itself. Put it into a folder of its own beside
# `index.js` and `index_bg.wasm` of `edge-runtime/build`, make the folder `objects` there, and run in that folder
#
#   workerd serve workerd.capnp
#
# Settings come from the environment of the process: see the table in `edge-runtime/src/worker/settings.rs`.
# `--socket-addr=http=127.0.0.1:PORT` chooses the address, `--directory-path=objects=DIR` where the objects lie.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  # The module is compiled quickly first, and well once it has run enough: a thirteenth of what V8 waits for by itself. After
  # 8,000 requests, each costs a tenth less.
  v8Flags = ["--wasm-tiering-budget=1000000"],
  services = [
    (name = "edge", worker = .edge),
    (name = "objects", disk = (writable = true)),
    # Where the control plane is: loopback, a private network, or anywhere.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  bindings = [
    (name = "EDGE_PROFILE", durableObjectNamespace = "ProfileObject"),
    (name = "BUNDLE", durableObjectNamespace = "BundleObject"),
    (name = "EDGE_TOKEN", fromEnvironment = "EDGE_TOKEN"),
    (name = "EDGE_API_TOKEN", fromEnvironment = "EDGE_API_TOKEN"),
    (name = "CONTROL_PLANE_URL", fromEnvironment = "CONTROL_PLANE_URL"),
    (name = "EDGE_BASE_PATH", fromEnvironment = "EDGE_BASE_PATH"),
    (name = "LOCATION_HINT", fromEnvironment = "LOCATION_HINT"),
    (name = "REGION_ID", fromEnvironment = "REGION_ID"),
    (name = "TCF_VENDOR_ID", fromEnvironment = "TCF_VENDOR_ID"),
    (name = "NEW_VISITORS_PER_SECOND", fromEnvironment = "NEW_VISITORS_PER_SECOND"),
    (name = "CLOCK_MS", fromEnvironment = "CLOCK_MS"),
    (name = "CLOCK_OFFSET_MS", fromEnvironment = "CLOCK_OFFSET_MS"),
  ],
  durableObjectNamespaces = [
    (className = "ProfileObject", uniqueKey = "acquaint-profile", enableSql = true),
    (className = "BundleObject", uniqueKey = "acquaint-bundle", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "internet",
);
