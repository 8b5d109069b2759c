//! Our worker: started, given its bundle and the visitors' profiles, and measured.

use std::path::Path;
use std::time::{Duration, Instant};

use acquaint_core::profile::Identity;
use acquaint_core::value::fields;
use acquaint_core::wire::{Bundle, Datastream, EdgeDestination, Projection};
use acquaint_portable::rules::{self, timed::Rules};
use acquaint_tests::edge::{Edge, Settings};
use acquaint_tests::{Environment, Stub};

use crate::VISITORS;
use crate::load::{self, Measured};

const COLD_STARTS: usize = 7;
const PROJECTIONS_PER_PUSH: usize = 50;
const DEPTH_MAX: usize = 16;
const EVENT: &str = r#"{"eventType":"web.webpagedetails.pageViews","web":{"webPageDetails":{"URL":"https://shop.example/shoes","name":"shoes"}},"device":{"screenHeight":900,"screenWidth":1440},"environment":{"type":"browser","browserDetails":{"viewportWidth":1440,"viewportHeight":700}},"implementationDetails":{"name":"https://ns.adobe.com/experience/alloy","version":"2.32.0","environment":"browser"}}"#;

/// The ECID of a visitor.
fn ecid(visitor: usize) -> String {
    format!("{:019}{visitor:019}", 7)
}

/// What the Web SDK sends for a visitor and an event, in short.
pub(crate) fn body(visitor: usize, xdm: &str) -> String {
    let ecid = ecid(visitor);
    format!(
        r#"{{"xdm":{{"identityMap":{{"ECID":[{{"id":"{ecid}"}}]}}}},"events":[{{"xdm":{xdm}}}],"query":{{"identity":{{"fetch":["ECID"]}}}},"meta":{{"state":{{"domain":"shop.example","cookiesEnabled":true,"entries":[]}}}}}}"#
    )
}

/// Path and body of request `number`.
pub(crate) fn request(number: usize) -> (String, String) {
    (format!("/ee/v1/interact?configId=stream&requestId=request-{number}"), body(number % VISITORS, EVENT))
}

pub(crate) struct Ours {
    edge: Edge,
    audiences: usize,
}

impl Ours {
    /// Starts it with so many audiences, and every visitor's attributes.
    pub(crate) fn start(
        environment: &Environment,
        folder: &Path,
        audiences: usize,
        visitors: usize,
        stub: Option<&Stub>,
    ) -> Self {
        let control_url = stub.map(|stub| stub.url.clone()).unwrap_or_default();
        let edge =
            Edge::start(environment, folder, &Settings { control_url, ..Settings::default() }).unwrap();
        edge.publish(&bundle(audiences)).unwrap();
        let projections: Vec<_> = (0..visitors).map(projection).collect();
        for push in projections.chunks(PROJECTIONS_PER_PUSH) {
            edge.project(push.to_vec()).unwrap();
        }
        Self { edge, audiences }
    }

    pub(crate) fn measure(&self, rules: &Rules, warm_up: usize, requests: usize) -> Measured {
        let expected = rules.answers();
        let address = (port(&self.edge), self.edge.process_id());
        load::run(address, (warm_up, requests), request, |number, status, body| {
            assert_eq!(status, 200, "{body}");
            let wanted = expected[number % VISITORS].iter().filter(|rule| **rule < self.audiences).count();
            assert_eq!(body.matches("\"ups\"").count(), wanted, "{body}");
        })
    }
}

fn port(edge: &Edge) -> u16 {
    edge.url().rsplit(':').next().unwrap().parse().unwrap()
}

fn bundle(audiences: usize) -> Bundle {
    let program = rules::rules(audiences).unwrap().edge();
    let destination = EdgeDestination {
        id: "destination".into(),
        alias: "page".into(),
        audiences: program.audiences.iter().map(|audience| audience.id.clone()).collect(),
        attributes: Vec::new(),
    };
    let datastream = Datastream {
        id: "stream".into(),
        org: "ACQUAINT@Org".into(),
        dataset: "events".into(),
        destinations: vec![destination],
        ..Datastream::default()
    };
    Bundle { version: 1, published_ms: 0, program, datastreams: vec![datastream], offers: Vec::new() }
}

fn projection(visitor: usize) -> (Identity, Projection) {
    let attributes = fields::from_json(&rules::profile::profile(visitor), DEPTH_MAX).unwrap();
    let identity = Identity { namespace: "ECID".into(), id: ecid(visitor) };
    (identity, Projection { profile: 1, position: 1, made_ms: 1, attributes, ..Projection::default() })
}

/// The median time from the first request of a fresh process to its answer, where bundle and profiles are stored already.
pub(crate) fn cold_start(environment: &Environment, folder: &Path) -> Duration {
    let mut measured: Vec<Duration> = (0..COLD_STARTS)
        .map(|number| {
            let edge = Edge::start(environment, folder, &Settings::default()).unwrap();
            let (path, body) = request(1_000_000 + number);
            let start = Instant::now();
            let (status, _) = load::Connection::open(port(&edge)).post(&path, &body);
            assert_eq!(status, 200);
            start.elapsed()
        })
        .collect();
    measured.sort_unstable();
    measured[COLD_STARTS / 2]
}
