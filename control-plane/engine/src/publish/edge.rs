//! Datastreams and offers of the catalogue as the bundle has them.

use std::collections::BTreeMap;

use acquaint_core::id::AudienceId;
use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::time::parse_instant;
use acquaint_core::value::Value;
use acquaint_core::wire;
use acquaint_store::catalog::{
    Access, Catalog, Connection, Dataflow, Datastream, Flag, Offer, Region, Serve, Split,
};

/// Enabled dataflows to destinations that the edge itself serves.
pub(super) fn dataflows(catalog: &Catalog) -> impl Iterator<Item = (&Dataflow, &Connection)> {
    catalog.dataflows.values().filter(|dataflow| dataflow.enabled).filter_map(|dataflow| {
        let connection = &catalog.destinations.get(&dataflow.destination)?.connection;
        connection.datastream().map(|_| (dataflow, connection))
    })
}

pub(super) fn steps(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

pub(super) fn datastream(catalog: &Catalog, datastream: &Datastream) -> wire::Datastream {
    let mut wired = wire::Datastream {
        id: datastream.id.clone(),
        org: datastream.org.clone(),
        dataset: datastream.dataset.clone(),
        dataset_overrides: datastream.dataset_overrides.clone(),
        enabled: datastream.enabled,
        access: match datastream.access {
            Access::Mixed => wire::Access::Mixed,
            Access::Authenticated => wire::Access::Authenticated,
        },
        profile_dataset: datastream.profile_dataset.clone(),
        regions: datastream.regions.iter().map(region).collect(),
        allowed_origins: datastream.allowed_origins.clone(),
        first_party_id_cookie: datastream.first_party_id_cookie.clone(),
        edge_segmentation: datastream.edge_segmentation,
        personalization_destinations: datastream.personalization_destinations,
        destinations: Vec::new(),
        push: Vec::new(),
        exchanges: Vec::new(),
        forwarding: Vec::new(),
        flags: catalog.flags.values().filter(|flag| flag.datastream == datastream.id).map(flag).collect(),
        targeting_namespace: datastream.targeting_namespace.clone(),
    };
    for (dataflow, connection) in dataflows(catalog) {
        if connection.datastream() == Some(&datastream.id) {
            destination(&mut wired, catalog, dataflow, connection);
        }
    }
    wired.exchanges.extend(datastream.identity_exchanges.iter().map(|exchange| wire::IdentityExchange {
        id: exchange.id.clone(),
        url: exchange.url.clone(),
        hide_referrer: exchange.hide_referrer,
        ttl_minutes: exchange.ttl_minutes,
    }));
    wired.forwarding.extend(datastream.event_forwarding.iter().map(|forwarding| wire::EventForwarding {
        id: forwarding.id.clone(),
        event_types: forwarding.event_types.clone(),
        url: forwarding.url.clone(),
        headers: forwarding.headers.clone().into_iter().collect(),
        template: forwarding.template.clone(),
    }));
    wired
}

fn region(region: &Region) -> wire::Region {
    wire::Region { hint: region.hint.clone(), id: region.id }
}

fn destination(
    wired: &mut wire::Datastream,
    catalog: &Catalog,
    dataflow: &Dataflow,
    connection: &Connection,
) {
    let id = dataflow.destination.clone();
    let named = || {
        let audiences = dataflow.audiences.iter();
        let name = |id: &String| catalog.audiences.get(id).map_or(id, |audience| &audience.name).clone();
        audiences.map(|id| (AudienceId::from(id.as_str()), name(id))).collect()
    };
    match connection {
        Connection::CustomPersonalization { alias, .. } => wired.destinations.push(wire::EdgeDestination {
            id,
            alias: alias.clone(),
            audiences: dataflow.audiences.iter().map(|id| id.as_str().into()).collect(),
            attributes: dataflow
                .mapping
                .iter()
                .filter_map(|field| Some((field.to.clone(), steps(field.path()?))))
                .collect(),
        }),
        Connection::Cookie { name, domain, ttl_days, .. } => wired.push.push(wire::PushDestination {
            id,
            audiences: named(),
            push: wire::Push::Cookie { name: name.clone(), domain: domain.clone(), ttl_days: *ttl_days },
        }),
        Connection::Url { url, hide_referrer, ttl_minutes, .. } => wired.push.push(wire::PushDestination {
            id,
            audiences: named(),
            push: wire::Push::Url {
                url: url.clone(),
                hide_referrer: *hide_referrer,
                ttl_minutes: *ttl_minutes,
            },
        }),
        Connection::HttpApi { .. } | Connection::CsvFile { .. } | Connection::ObjectStorage { .. } => {}
    }
}

/// A catalogue with an offer that cannot be read is refused by the API.
pub(super) fn offer(offer: &Offer, rankings: &BTreeMap<String, u32>) -> wire::Offer {
    let value = |data| Value::from_json(data, VALUE_DEPTH_MAX).unwrap_or_default();
    wire::Offer {
        id: offer.id.clone(),
        scope: offer.scope.clone(),
        view: offer.view,
        audience: offer.audience.as_deref().map(Into::into),
        schema: offer.schema.clone(),
        data: value(&offer.data),
        more: offer
            .more
            .iter()
            .map(|item| wire::Item { schema: item.schema.clone(), data: value(&item.data) })
            .collect(),
        priority: offer.priority,
        from_ms: offer.from.as_deref().and_then(parse_instant),
        until_ms: offer.until.as_deref().and_then(parse_instant),
        fallback: offer.fallback,
        cap: offer.cap.map(|cap| wire::Cap {
            displays_max: cap.displays_max,
            within_ms: cap.within_hours.map(|hours| i64::from(hours) * 60 * 60 * 1000),
        }),
        ranking: rankings.get(&offer.id).map(|score| wire::Ranking { score: *score }),
        split: offer.split.as_ref().map(split),
    }
}

fn flag(flag: &Flag) -> wire::Flag {
    let value = |value| Value::from_json(value, VALUE_DEPTH_MAX).unwrap_or_default();
    wire::Flag {
        key: flag.id.clone(),
        enabled: flag.enabled,
        variants: flag.variants.iter().map(|(name, of)| (name.clone(), value(of))).collect(),
        rules: flag
            .rules
            .iter()
            .map(|rule| wire::FlagRule {
                audience: rule.audience.as_str().into(),
                serve: shares(&rule.serve),
            })
            .collect(),
        otherwise: shares(&flag.default),
    }
}

/// Percentages to where each share ends. Sums are rounded, not parts, and the last share ends where all people do.
fn shares(serve: &Serve) -> Vec<wire::Share> {
    let mut percent = 0.0;
    let mut shares: Vec<wire::Share> = match serve {
        Serve::Variant(variant) => vec![wire::Share { variant: variant.clone(), to: 0 }],
        Serve::Split(parts) => parts
            .iter()
            .map(|(variant, part)| {
                percent += part;
                wire::Share { variant: variant.clone(), to: hundredths(percent) }
            })
            .collect(),
    };
    if let Some(last) = shares.last_mut() {
        last.to = hundredths(100.0);
    }
    shares
}

fn split(split: &Split) -> wire::Split {
    wire::Split {
        experiment: split.experiment.clone(),
        from: hundredths(split.from),
        to: hundredths(split.to),
    }
}

/// Percent to hundredths of a percent; the API refuses what is not between 0 and 100.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10,000")]
fn hundredths(percent: f64) -> u16 {
    (percent.clamp(0.0, 100.0) * 100.0).round() as u16
}
