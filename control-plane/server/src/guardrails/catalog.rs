//! The hard guardrails of definitions, checked before a changed catalogue is saved. One that is exceeded already may be
//! exceeded less, or as much: only what makes it worse is refused.

use acquaint_core::plan::Mode;
use acquaint_store::catalog::Catalog;
use serde::Serialize;

use super::facts::{
    attributes_per_edge_destination, audiences, audiences_per_destination, custom_personalizations,
    fields_per_dataflow, in_mode,
};
use crate::problem::Problem;

/// Whose limits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Rules {
    /// Those of the documentation.
    #[default]
    Documented,
    /// Those of this engine: what the documentation limits for the sake of speed is not limited.
    Native,
}

struct Limit {
    name: &'static str,
    max: usize,
    /// It is there for the sake of speed, which is not a matter here.
    lifted: bool,
    measure: fn(&Catalog) -> usize,
}

const LIMITS: [Limit; 8] = [
    Limit { name: "audiences", max: 4_000, lifted: false, measure: audiences },
    Limit {
        name: "audiences_streaming",
        max: 500,
        lifted: true,
        measure: |catalog| in_mode(catalog, &[Mode::Streaming, Mode::Edge]),
    },
    Limit {
        name: "audiences_edge",
        max: 150,
        lifted: true,
        measure: |catalog| in_mode(catalog, &[Mode::Edge]),
    },
    Limit { name: "destinations", max: 100, lifted: false, measure: |catalog| catalog.destinations.len() },
    Limit { name: "destinations_personalization", max: 10, lifted: false, measure: custom_personalizations },
    Limit { name: "audiences_per_destination", max: 250, lifted: false, measure: audiences_per_destination },
    Limit { name: "fields_per_dataflow", max: 50, lifted: false, measure: fields_per_dataflow },
    Limit { name: "attributes_edge", max: 30, lifted: true, measure: attributes_per_edge_destination },
];

/// One limit that would be exceeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Exceeded {
    pub guardrail: &'static str,
    pub limit: usize,
    pub measured: usize,
}

/// What a change would exceed.
pub(crate) fn exceeded(before: &Catalog, after: &Catalog, rules: Rules) -> Vec<Exceeded> {
    let holds = |limit: &&Limit| rules == Rules::Documented || !limit.lifted;
    let judge = |limit: &Limit| {
        let measured = (limit.measure)(after);
        let worse = measured > limit.max && measured > (limit.measure)(before);
        worse.then_some(Exceeded { guardrail: limit.name, limit: limit.max, measured })
    };
    LIMITS.iter().filter(holds).filter_map(judge).collect()
}

/// Refuses a change that would exceed a guardrail.
pub(crate) fn check(before: &Catalog, after: &Catalog, rules: Rules) -> Result<(), Problem> {
    let exceeded = exceeded(before, after, rules);
    if exceeded.is_empty() {
        return Ok(());
    }
    let say =
        |one: &Exceeded| format!("{} would be {}, of {} allowed", one.guardrail, one.measured, one.limit);
    let detail = exceeded.iter().map(say).collect::<Vec<_>>().join("; ");
    let listed = serde_json::to_value(&exceeded).unwrap_or_default();
    Err(Problem::bad_request("guardrail", "a guardrail would be exceeded", detail).with("exceeded", listed))
}

#[cfg(test)]
mod tests {
    use acquaint_store::catalog::{Definition, Kind};
    use serde_json::json;

    use super::*;

    fn catalog(edge: usize, audiences: usize) -> Catalog {
        let mut catalog = Catalog::default();
        for number in 0..edge {
            let audience = json!({"id": format!("a{number}"), "name": format!("a{number}"),
                "expression": {"value": "true"}, "evaluationInfo": {"synchronous": {"enabled": true}}});
            catalog.put(Definition::from_json(Kind::Audience, audience).unwrap());
        }
        let wanted: Vec<String> = (0..audiences).map(|number| format!("a{number}")).collect();
        let destination = json!({"id": "d", "connection": {"type": "csvFile", "directory": "out"}});
        catalog.put(Definition::from_json(Kind::Destination, destination).unwrap());
        let dataflow = json!({"id": "f", "destination": "d", "audiences": wanted});
        catalog.put(Definition::from_json(Kind::Dataflow, dataflow).unwrap());
        catalog
    }

    fn check(before: &Catalog, after: &Catalog, rules: Rules, expected: &[(&str, usize)]) {
        let found = exceeded(before, after, rules);
        let found: Vec<_> = found.iter().map(|one| (one.guardrail, one.measured)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_what_makes_it_worse_is_refused() {
        let (none, full, over) = (Catalog::default(), catalog(150, 0), catalog(151, 0));
        check(&none, &full, Rules::Documented, &[]);
        check(&full, &over, Rules::Documented, &[("audiences_edge", 151)]);
        check(&over, &over, Rules::Documented, &[]);
        check(&catalog(152, 0), &over, Rules::Documented, &[]);
    }

    #[test]
    fn an_edge_destination_hands_out_thirty_attributes() {
        let with = |fields: usize| {
            let mut catalog = Catalog::default();
            let connection = json!({"type": "customPersonalization", "datastream": "d", "alias": "a"});
            let destination = json!({"id": "page", "connection": connection});
            catalog.put(Definition::from_json(Kind::Destination, destination).unwrap());
            let field = |number: usize| json!({"from": format!("f{number}"), "to": format!("f{number}")});
            for (flow, fields) in [("a", 0..fields / 2), ("b", fields / 2..fields)] {
                let mapping: Vec<_> = fields.map(field).collect();
                let flow = json!({"id": flow, "destination": "page", "audiences": [], "mapping": mapping});
                catalog.put(Definition::from_json(Kind::Dataflow, flow).unwrap());
            }
            catalog
        };
        let none = Catalog::default();
        check(&none, &with(30), Rules::Documented, &[]);
        check(&none, &with(31), Rules::Documented, &[("attributes_edge", 31)]);
        check(&none, &with(31), Rules::Native, &[]);
    }

    #[test]
    fn what_is_limited_for_speed_is_lifted_and_the_rest_is_not() {
        let none = Catalog::default();
        let documented =
            [("audiences_streaming", 501), ("audiences_edge", 501), ("audiences_per_destination", 251)];
        check(&none, &catalog(501, 251), Rules::Documented, &documented);
        check(&none, &catalog(501, 251), Rules::Native, &[("audiences_per_destination", 251)]);
    }
}
