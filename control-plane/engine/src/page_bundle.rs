//! The bundle for a page: what the edge is sent, cut down to what anybody may read.

use std::collections::BTreeSet;

use acquaint_core::id::AudienceId;
use acquaint_core::wire::{Bundle, Datastream};

/// One datastream of a bundle, the offers, and of the audiences those that the datastream's destinations or the offers
/// ask for; nothing if there is no such datastream.
///
/// Everything is named here: a field that is new to the bundle reaches a page only if somebody says so.
pub fn of(bundle: Bundle, datastream: &str) -> Option<Bundle> {
    let Bundle { version, published_ms, program, datastreams, offers } = bundle;
    let datastream = datastreams.into_iter().find(|one| one.id == datastream)?;
    let Datastream {
        id,
        org,
        enabled,
        access,
        edge_segmentation,
        personalization_destinations,
        destinations,
        // The worker's business: where requests come from, and where it sends what. There may be secrets in it.
        dataset: _,
        dataset_overrides: _,
        profile_dataset: _,
        regions: _,
        allowed_origins: _,
        first_party_id_cookie: _,
        push: _,
        exchanges: _,
        forwarding: _,
        flags: _,
        targeting_namespace: _,
    } = datastream;
    let shown: BTreeSet<&AudienceId> = destinations
        .iter()
        .flat_map(|destination| &destination.audiences)
        .chain(offers.iter().filter_map(|offer| offer.audience.as_ref()))
        .collect();
    let program = program.only(|audience| shown.contains(audience));
    let datastream = Datastream {
        id,
        org,
        enabled,
        access,
        edge_segmentation,
        personalization_destinations,
        destinations,
        ..Datastream::default()
    };
    Some(Bundle { version, published_ms, program, datastreams: vec![datastream], offers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn bundle() -> Bundle {
        let mut catalog = testing::catalog();
        for (id, text) in [
            ("base", r#"xEvent[kind = "buy"].count() >= 1"#),
            ("shown", r#"inSegment("base")"#),
            ("offered", r#"xEvent[kind = "view"].count() >= 1"#),
            ("secret", r#"xEvent[kind = "sue"].count() >= 1"#),
        ] {
            catalog.put(testing::audience(id, "synchronous", text));
        }
        let mut bundle = crate::publish::bundle(&catalog, 5).unwrap();
        let datastream = |id: &str, audience: &str| Datastream {
            id: id.into(),
            org: "org".into(),
            dataset: "purchases".into(),
            forwarding: vec![acquaint_core::wire::EventForwarding {
                id: "lake".into(),
                event_types: Vec::new(),
                url: "https://lake.example".into(),
                headers: vec![("authorization".into(), "secret".into())],
                template: None,
            }],
            destinations: vec![acquaint_core::wire::EdgeDestination {
                id: format!("to-{id}"),
                alias: "page".into(),
                audiences: vec![audience.into()],
                attributes: Vec::new(),
            }],
            ..Datastream::default()
        };
        bundle.datastreams = vec![datastream("web", "shown"), datastream("other", "secret")];
        bundle.offers = vec![acquaint_core::wire::Offer {
            id: "offer".into(),
            scope: "hero".into(),
            audience: Some("offered".into()),
            schema: "json".into(),
            data: acquaint_core::value::Value::Null,
            ..acquaint_core::wire::Offer::default()
        }];
        bundle
    }

    #[test]
    fn a_page_gets_one_datastream_and_the_audiences_it_shows() {
        let found = of(bundle(), "web").unwrap();
        let ids: Vec<_> = found.program.audiences.iter().map(|audience| audience.id.as_str()).collect();
        assert_eq!(BTreeSet::from_iter(ids), BTreeSet::from(["base", "offered", "shown"]));
        assert_eq!(found.program.leaves.len(), 2, "the leaf of the secret audience is left out");
        assert_eq!((found.version, found.published_ms), (1, 5));
        let [datastream] = &found.datastreams[..] else { panic!("{:?}", found.datastreams) };
        assert_eq!((datastream.id.as_str(), datastream.dataset.as_str()), ("web", ""));
        assert_eq!(datastream.forwarding, [], "with its secrets");
        assert_eq!(of(bundle(), "nowhere"), None);
    }
}
