//! The region that an answer names: in the cluster cookie and `locationHint:result`, by which the client's next requests
//! come with that hint, in the identity cookie and in `x-adobe-edge`. Whoever stands before the edges routes by hints;
//! an edge serves what comes to it (`edge-api.md` section 1: a hint is anybody's word).

use acquaint_core::wire::{Datastream, Region};

use crate::http::Config;
use crate::route;

/// The region to tell a client of a datastream; `None`: that of this edge.
///
/// An edge in one of the datastream's regions names that one, whatever hint a request came with: the profile of the visitor
/// is being kept here. One that is in none of them serves all the same, and sends the client where it belongs: to the
/// region that its hint names, if that is one of the datastream's, else to the first of them.
pub fn told(config: &Config, datastream: &Datastream, path: &str) -> Option<Region> {
    let regions = &datastream.regions;
    let named = |hint: &str| regions.iter().find(|region| region.hint == hint);
    let hinted = || named(route::hint(&config.base_path, path)?);
    named(&config.region.hint).or_else(hinted).or_else(|| regions.first()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At an edge whose own region is `or2`, number 9.
    fn check(regions: &[(&str, u32)], path: &str, expected: Option<(&str, u32)>) {
        let region = |(hint, id): &(&str, u32)| Region { hint: (*hint).into(), id: *id };
        let config = Config { region: region(&("or2", 9)), ..Config::default() };
        let datastream =
            Datastream { regions: regions.iter().map(region).collect(), ..Datastream::default() };
        assert_eq!(told(&config, &datastream, path), expected.as_ref().map(region), "{regions:?} {path}");
    }

    #[test]
    fn a_datastream_without_regions_is_served_in_that_of_the_edge() {
        check(&[], "/ee/v1/interact", None);
        check(&[], "/ee/irl1/v1/interact", None);
    }

    #[test]
    fn an_edge_of_the_datastream_names_itself_whatever_the_hint() {
        let regions = [("irl1", 6), ("or2", 42)];
        check(&regions, "/ee/v1/interact", Some(("or2", 42)));
        check(&regions, "/ee/irl1/v1/interact", Some(("or2", 42)));
        check(&regions, "/ee/t38/v1/interact", Some(("or2", 42)));
    }

    #[test]
    fn an_edge_elsewhere_sends_clients_to_a_region_of_the_datastream() {
        let regions = [("irl1", 6), ("sgp3", 3)];
        check(&regions, "/ee/v1/interact", Some(("irl1", 6)));
        check(&regions, "/ee/sgp3/v1/interact", Some(("sgp3", 3)));
        check(&regions, "/ee/sgp3/va/v1/play", Some(("sgp3", 3)));
        for unknown in ["or2", "t38", "..%2fsgp3", "SGP3", "v1"] {
            check(&regions, &format!("/ee/{unknown}/v1/interact"), Some(("irl1", 6)));
        }
    }
}
