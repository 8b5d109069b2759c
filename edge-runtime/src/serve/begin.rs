//! From a request to what is known of it: who calls, whether they may, and what has to be asked of which profile.

use std::sync::Arc;

use super::access;
use super::cookies::{KeptState, cookie_domain};
use super::outcomes::Asked;
use super::visitor;
use super::{Begun, Random};
use acquaint_core::wire::Datastream;

use crate::bundle::Edition;
use crate::http::{Config, Reply, Request};
use crate::identity::map::ECID;
use crate::identity::resolve::Evidence;
use crate::identity::{ecid, resolve};
use crate::problem::{Problem, Warning};
use crate::region;
use crate::reply::{Answering, of_problem};
use crate::request::{self, Call};
use crate::route;
use crate::visit::Visit;

/// Understands a request. The visits may be put to their profiles in any order.
pub fn begin(
    config: &Config,
    edition: Option<&Edition>,
    request: &Request,
    random: Random,
    now_ms: i64,
) -> Result<(Begun, Vec<Visit>), Reply> {
    let fresh_id = ecid::uuid_v4(random.request);
    let request_id = request::request_id(request).unwrap_or_else(|| fresh_id.clone());
    let answering = Answering::new(request, request_id);
    let ecid = visitor::bytes(config, request, random.ecid, now_ms);
    understand(config, edition, request, &answering, fresh_id, ecid, now_ms).map_err(|problem| {
        let id = request.parameter(request::DATASTREAM);
        let mut answering = answering.hidden_from(&problem);
        if let Some(datastream) = edition.zip(id).and_then(|(edition, id)| edition.known(id)) {
            answering = answering.of(datastream, region::told(config, datastream, &request.path));
        }
        of_problem(config, &answering, &problem, id)
    })
}

fn understand(
    config: &Config,
    edition: Option<&Edition>,
    request: &Request,
    answering: &Answering,
    fresh_id: String,
    random: [u8; 16],
    now_ms: i64,
) -> Result<(Begun, Vec<Visit>), Problem> {
    let route = route::parse(&config.base_path, &request.path)?;
    if request.method != "POST" {
        return Err(Problem::Method { allowed: "POST, OPTIONS" });
    }
    let authenticated = access::authenticate(config, route.version, request)?;
    let id = request.parameter(request::DATASTREAM).ok_or(Problem::DatastreamMissing)?;
    let datastream = Arc::clone(edition.ok_or(Problem::NoBundle)?.datastream(id)?);
    access::check(&datastream, route.version, request, authenticated)?;
    let call = request::parse(route, request, fresh_id)?;
    let kept = KeptState::read(&call, request, &datastream);
    let resolved = resolve(
        &call,
        Evidence {
            org: &datastream.org,
            cookie: kept.identity.as_ref(),
            fpid_cookie: kept.fpid.as_deref(),
            random,
        },
    )?;
    let mut begun = Begun {
        answering: answering.of(&datastream, region::told(config, &datastream, &request.path)),
        cookies: Vec::new(),
        cookie_domain: cookie_domain(&call, request),
        consent: kept.consent,
        says: None,
        objecting: Vec::new(),
        browser_objects: false,
        asked: Vec::new(),
        dataset: call.overrides.dataset_of(&datastream),
        segmentation: datastream.edge_segmentation && !call.overrides.no_segmentation,
        destinations: datastream.personalization_destinations && !call.overrides.no_destinations,
        warnings: warnings(&call, &datastream),
        authenticated,
        call,
        datastream,
        resolved,
    };
    begun.settle_consent(config)?;
    let visits = begun.visits(now_ms)?;
    begun.asked = visits.iter().map(Asked::of).collect();
    begun.settle_cookies(config, &kept, now_ms);
    Ok((begun, visits))
}

/// What the caller wants and does not get. A `CORE` id belongs to a third party's domain; every page asks for one, so
/// that is not told.
fn warnings(call: &Call, datastream: &Datastream) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let unknown = call.fetch.iter().filter(|namespace| !matches!(namespace.as_str(), ECID | "CORE"));
    let unknown: Vec<String> = unknown.take(5).map(|name| name.chars().take(100).collect()).collect();
    if !unknown.is_empty() {
        warnings.push(Warning::Namespaces(unknown));
    }
    if !call.overrides.dataset_is_allowed(datastream) {
        let what = "the events go to the dataset of the datastream, which does not allow this `datasetId`";
        warnings.push(Warning::NotApplied(what.into()));
    }
    warnings
}

impl Begun {
    /// The reply to a request that is not served after all.
    pub fn refuse(&self, config: &Config, problem: &Problem) -> Reply {
        of_problem(config, &self.answering, problem, Some(&self.call.datastream))
    }
}
