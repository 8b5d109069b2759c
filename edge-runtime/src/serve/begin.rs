//! From a request to what is known of it: who calls, whether they may, and what has to be asked of which profile.

use super::cookies::{KeptState, cookie_domain};
use super::outcomes::Asked;
use super::{Begun, Random};
use crate::bundle::Edition;
use crate::http::{Config, Reply, Request, same_secret};
use crate::identity::resolve::Evidence;
use crate::identity::{ecid, resolve};
use crate::problem::Problem;
use crate::reply::{Answering, of_problem};
use crate::request;
use crate::route::{self, Version};
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
    let datastream = request.parameter(&["configId", "dataStreamId"]);
    let understood = understand(config, edition, request, &answering, fresh_id, random.ecid, now_ms);
    understood.map_err(|problem| of_problem(config, &answering, &problem, datastream))
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
    let authenticated = authenticate(config, route.version, request)?;
    let call = request::parse(route, request, fresh_id)?;
    let datastream = edition.ok_or(Problem::NoBundle)?.datastream(&call.datastream)?.clone();
    let kept = KeptState::read(&call, request, &datastream.org);
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
        answering: answering.clone(),
        cookies: Vec::new(),
        cookie_domain: cookie_domain(&call, request),
        consent: kept.consent,
        says: None,
        objecting: Vec::new(),
        browser_objects: false,
        asked: Vec::new(),
        segmentation: datastream.edge_segmentation,
        destinations: datastream.personalization_destinations,
        warnings: call.warnings.clone(),
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

/// Whether the caller may see attributes. Only version 2 has callers that can be known; a token that is not ours is
/// refused rather than ignored.
fn authenticate(config: &Config, version: Version, request: &Request) -> Result<bool, Problem> {
    match (version, request.bearer(), &config.api_token) {
        (Version::V1, _, _) | (Version::V2, None, _) => Ok(false),
        (Version::V2, Some(token), Some(expected)) if same_secret(token, expected) => Ok(true),
        (Version::V2, Some(_), _) => Err(Problem::Unauthorized),
    }
}
