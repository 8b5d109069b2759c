//! What a server may ask of one edge profile without changing it: attributes and memberships, no events.
//!
//! `GET /ee[/{hint}]/v2/profile?dataStreamId=&namespace=&id=` with the API token -> 200 `{requestId, identity, attributes,
//! segmentMembership, lastSeen}`, 404 if this edge has not seen the person. It neither makes a profile nor keeps one alive.

use acquaint_core::gather::gather;
use acquaint_core::profile::{Identity, Status};
use acquaint_core::time::format_instant;
use acquaint_core::value::fields;
use serde_json::{Map, Value, json};

use super::access;
use crate::bundle::Edition;
use crate::http::{Config, Reply, Request};
use crate::identity::ecid;
use crate::identity::map::{self, ECID, FPID};
use crate::problem::{Problem, Warning};
use crate::reply::{Answering, of_problem};
use crate::request;
use crate::route::Version;
use crate::visit::View;

/// A look-up that was understood.
#[derive(Clone, Debug)]
pub struct Lookup {
    answering: Answering,
    datastream: String,
    identity: Identity,
}

/// Understands a request. `fresh_id` is used when it has no id.
pub fn begin(
    config: &Config,
    edition: Option<&Edition>,
    request: &Request,
    fresh_id: String,
) -> Result<Lookup, Reply> {
    let answering = Answering::new(request, request::request_id(request).unwrap_or(fresh_id));
    let datastream = request.parameter(request::DATASTREAM).unwrap_or_default().to_owned();
    match understand(config, edition, request) {
        Ok(identity) => Ok(Lookup { answering, datastream, identity }),
        Err(problem) => {
            Err(of_problem(config, &answering.hidden_from(&problem), &problem, Some(&datastream)))
        }
    }
}

fn understand(config: &Config, edition: Option<&Edition>, request: &Request) -> Result<Identity, Problem> {
    if request.method != "GET" {
        return Err(Problem::Method { allowed: "GET, OPTIONS" });
    }
    if !access::authenticate(config, Version::V2, request)? {
        return Err(Problem::Unauthorized);
    }
    let id = request.parameter(request::DATASTREAM).ok_or(Problem::DatastreamMissing)?;
    let datastream = edition.ok_or(Problem::NoBundle)?.datastream(id)?;
    access::check(datastream, Version::V2, request, true)?;
    let parameter = |name: &str| {
        let value = request.parameter(&[name]);
        value.ok_or_else(|| Problem::Missing(format!("`{name}` is missing in the query")))
    };
    let identity = map::check(parameter("namespace")?, parameter("id")?)?;
    Ok(match identity.namespace.as_str() {
        FPID => Identity { namespace: ECID.into(), id: ecid::from_fpid(&datastream.org, &identity.id) },
        _ => identity,
    })
}

impl Lookup {
    /// Whose profile is to be looked at.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Writes the reply. The error is why the profile could not be looked at.
    pub fn finish(&self, config: &Config, view: Result<View, Problem>) -> Reply {
        let view = view.and_then(|view| if view.known { Ok(view) } else { Err(Problem::NoProfile) });
        match view {
            Ok(view) => {
                let body = self.body(&view);
                self.answering.reply(config, 200, Some(("application/json;charset=utf-8", &body)))
            }
            Err(problem) => of_problem(config, &self.answering, &problem, Some(&self.datastream)),
        }
    }

    fn body(&self, view: &View) -> Value {
        let memberships = view.memberships.iter().map(|(audience, membership)| {
            let status = match membership.status {
                Status::Realized => "realized",
                Status::Exited => "exited",
            };
            let since = format_instant(membership.since_ms);
            (audience.as_str().to_owned(), json!({ "status": status, "lastQualificationTime": since }))
        });
        let memberships: Map<String, Value> = gather(memberships);
        let mut body = json!({
            "requestId": self.answering.request_id,
            "identity": { "id": self.identity.id, "namespace": { "code": self.identity.namespace } },
            "attributes": fields::to_json(&view.attributes),
            "segmentMembership": { "ups": memberships },
            "lastSeen": format_instant(view.last_seen_ms),
        });
        if view.objects
            && let Some(body) = body.as_object_mut()
        {
            body.insert("warnings".into(), json!([Warning::NoConsent.to_json()]));
        }
        body
    }
}
