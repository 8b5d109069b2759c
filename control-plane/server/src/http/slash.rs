//! Addresses that some clients write with a slash at the end and others without (`ingest-api.md` section 1). They are
//! answered in place: a client that sends does not follow a redirect.

use axum::Router;
use axum::routing::MethodRouter;

use crate::app::Shared;

/// Routes that take an address both ways.
pub(super) trait BothWays {
    /// Adds a route.
    fn both_ways(self, path: &str, methods: MethodRouter<Shared>) -> Self;
}

impl BothWays for Router<Shared> {
    fn both_ways(self, path: &str, methods: MethodRouter<Shared>) -> Self {
        self.route(path, methods.clone()).route(&format!("{path}/"), methods)
    }
}
