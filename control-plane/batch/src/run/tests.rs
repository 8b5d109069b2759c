//! Jobs over a real store, with programs whose answers are known.

use std::collections::BTreeSet;

use acquaint_core::id::AudienceId;
use acquaint_core::lang::Checked;
use acquaint_core::lang::diagnostic::Span;
use acquaint_core::lang::schema::Type;
use acquaint_core::lang::typed::{Binding, Comparison, Expr, Node, Quantifier};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::profile::{Event, Fragment, Identity, Membership, Status as MembershipStatus};
use acquaint_core::value::{Fields, Value};
use acquaint_store::{Embedded, Read, StoredEvent, Table, WriteBatch, keys};

use super::*;
use crate::job::{AudienceCounts, create, load};

const NOW_MS: i64 = 1_514_764_800_000;
/// Enough for several buckets per thread.
const PROFILES: u64 = 1_500;

fn expr(node: Node) -> Expr {
    Expr { node, span: Span::default() }
}

fn equals(object: Node, name: &str, value: Value) -> Expr {
    let field = Node::Field { object: Box::new(expr(object)), name: name.into() };
    expr(Node::Compare {
        operator: Comparison::Equal,
        left: Box::new(expr(field)),
        right: Box::new(expr(Node::Literal(value))),
    })
}

/// `vip = true`
fn is_vip() -> Expr {
    equals(Node::Profile, "vip", Value::Boolean(true))
}

/// `(exists X from xEvent where X.eventType = "buy")`
fn has_bought() -> Expr {
    let condition = equals(Node::Variable(0), "eventType", Value::String("buy".into()));
    let variables = vec![Binding { slot: 0, source: expr(Node::Events), condition }];
    expr(Node::Quantified { quantifier: Quantifier::Exists, variables })
}

fn program() -> Prepared {
    let definition = |id: &str, mode, expr| Definition {
        id: id.into(),
        mode,
        checked: Checked { expr, result: Type::Boolean, warnings: vec![] },
    };
    let definitions = [
        definition("vip", Mode::Batch, is_vip()),
        definition("buyer", Mode::Batch, has_bought()),
        definition("vip-now", Mode::Streaming, is_vip()),
    ];
    Prepared::new(Program::build(&definitions).unwrap())
}

/// Every second profile is a vip, every third has bought.
fn is_in(audience: &str, profile: u64) -> bool {
    match audience {
        "vip" | "vip-now" => profile.is_multiple_of(2),
        "buyer" => profile.is_multiple_of(3),
        other => panic!("{other}"),
    }
}

fn membership(is_in: bool) -> Membership {
    let status = if is_in { MembershipStatus::Realized } else { MembershipStatus::Exited };
    Membership { status, since_ms: 1 }
}

fn profile(number: u64) -> (ProfileDocument, Vec<StoredEvent>) {
    let identity = Identity { namespace: "customer".into(), id: number.to_string() };
    let mut document = ProfileDocument::new(ProfileId(number), 1);
    let vip = Value::Boolean(is_in("vip", number));
    document.fragments.push(Fragment {
        dataset: "crm".into(),
        identity: identity.clone(),
        updated_ms: 1,
        attributes: Fields::from([("vip".into(), vip)]),
    });
    document.memberships.insert("vip-now".into(), membership(is_in("vip-now", number)));
    let name = if is_in("buyer", number) { "buy" } else { "look" };
    let event = Event {
        id: format!("event of {number}"),
        timestamp_ms: NOW_MS - 1_000,
        fields: Fields::from([("eventType".into(), Value::String(name.into()))]),
    };
    document.events = 1;
    (document, vec![StoredEvent { dataset: "shop".into(), identity, event }])
}

struct Shop {
    store: Embedded,
    program: Prepared,
    _directory: tempfile::TempDir,
}

impl Shop {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let shop = Self {
            store: Embedded::open(directory.path()).unwrap(),
            program: program(),
            _directory: directory,
        };
        let mut batch = WriteBatch::default();
        for number in 1..=PROFILES {
            let (document, events) = profile(number);
            let (key, value) = document.to_row().unwrap();
            batch.writes.push((Table::Profiles, key, Some(value)));
            for event in events {
                let (key, value) = event.to_row(document.id).unwrap();
                batch.writes.push((Table::Events, key, Some(value)));
            }
        }
        shop.store.commit(batch, true).unwrap();
        shop
    }

    fn put(&self, document: &ProfileDocument) {
        let (key, value) = document.to_row().unwrap();
        let writes = vec![(Table::Profiles, key, Some(value))];
        self.store.commit(WriteBatch { writes, ..WriteBatch::default() }, true).unwrap();
    }

    fn run(&self, audiences: &[&str]) -> Job {
        self.run_until(audiences, &AtomicBool::new(false), &|_| {})
    }

    fn run_until(
        &self,
        audiences: &[&str],
        cancel: &AtomicBool,
        progress: &(dyn Fn(&Counters) + Sync),
    ) -> Job {
        let asked = audiences.iter().map(|id| AudienceId::from(*id)).collect();
        let job = create(&self.store, asked, NOW_MS - 7).unwrap();
        let task = Task {
            store: &self.store,
            program: &self.program,
            policy: &MergePolicy::default(),
            clock: &|| NOW_MS,
            cancel,
            progress,
        };
        let done = run(&task, job).unwrap();
        assert_eq!(load(&self.store, &done.id).unwrap().as_ref(), Some(&done), "the job is kept as it ended");
        done
    }

    /// What a job has decided, sorted by profile.
    fn decided(&self, job: &Job) -> Vec<(u64, Vec<(AudienceId, bool)>)> {
        let mut found = Vec::new();
        for (position, payload) in self.store.read(Topic::Records, 0, usize::MAX).unwrap() {
            let record: Record = wire::open(&payload).unwrap();
            assert_eq!(record.received_ms, NOW_MS);
            match record.body {
                Body::Decided { job: by, profile, evaluated_ms, answers } if by == job.id => {
                    assert_eq!(evaluated_ms, NOW_MS);
                    assert!(position <= job.position);
                    found.push((profile.0, answers));
                }
                Body::Decided { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        found.sort();
        found
    }

    /// What the engine does with decisions, as far as batch is concerned.
    fn apply(&self, job: &Job) {
        for (profile, answers) in self.decided(job) {
            let mut document = ProfileDocument::load(&self.store, ProfileId(profile)).unwrap().unwrap();
            for (audience, is_in) in answers {
                document.memberships.insert(audience, membership(is_in));
            }
            self.put(&document);
        }
    }
}

fn expected(audiences: &[&str]) -> Vec<(u64, Vec<(AudienceId, bool)>)> {
    let answers = |number: u64| -> Vec<(AudienceId, bool)> {
        let is_in = |id: &&&str| is_in(id, number);
        audiences.iter().filter(is_in).map(|id| (AudienceId::from(*id), true)).collect()
    };
    (1..=PROFILES)
        .map(|number| (number, answers(number)))
        .filter(|(_, answers)| !answers.is_empty())
        .collect()
}

/// In the order of the program, which is not that of the definitions.
fn sorted(mut decided: Vec<(u64, Vec<(AudienceId, bool)>)>) -> Vec<(u64, Vec<(AudienceId, bool)>)> {
    decided.iter_mut().for_each(|(_, answers)| answers.sort());
    decided
}

#[test]
fn every_profile_that_answers_differently_is_decided_once() {
    let shop = Shop::open();
    let job = shop.run(&[]);
    assert_eq!((job.status, &job.error), (Status::Succeeded, &None));
    assert_eq!((job.started_ms, job.finished_ms), (Some(NOW_MS), Some(NOW_MS)));
    assert_eq!(sorted(shop.decided(&job)), expected(&["buyer", "vip"]));
    assert_eq!(job.position, shop.store.end(Topic::Records));
    assert_eq!(job.counters.profiles, PROFILES);
    let counts = |total, realized| AudienceCounts { total, realized, exited: 0, disagreeing: 0 };
    assert_eq!(job.counters.audiences[&"vip".into()], counts(PROFILES / 2, PROFILES / 2));
    assert_eq!(job.counters.audiences[&"buyer".into()], counts(PROFILES / 3, PROFILES / 3));
    assert_eq!(job.counters.audiences[&"vip-now".into()], counts(PROFILES / 2, 0));
    assert_eq!(job.counters.disagreeing(), 0);
}

#[test]
fn a_second_run_decides_the_same_until_the_first_is_applied_and_then_nothing() {
    let shop = Shop::open();
    let first = shop.run(&[]);
    let again = shop.run(&[]);
    assert_eq!(shop.decided(&again), shop.decided(&first));
    shop.apply(&first);
    let applied = shop.run(&[]);
    assert_eq!((shop.decided(&applied), applied.position), (vec![], 0));
    assert_eq!(applied.counters.audiences[&"vip".into()].total, PROFILES / 2);
}

#[test]
fn a_member_that_no_longer_qualifies_leaves() {
    let shop = Shop::open();
    shop.apply(&shop.run(&[]));
    let (mut document, _) = profile(6);
    document.memberships.insert("vip".into(), membership(true));
    document.memberships.insert("buyer".into(), membership(true));
    document.fragments.clear();
    document.memberships.insert("vip-now".into(), membership(false));
    shop.put(&document);
    let job = shop.run(&[]);
    assert_eq!(shop.decided(&job), [(6, vec![("vip".into(), false)])]);
    assert_eq!(job.counters.audiences[&"vip".into()].exited, 1);
}

#[test]
fn streaming_audiences_are_checked_and_never_decided() {
    let shop = Shop::open();
    let (mut document, _) = profile(2);
    document.memberships.clear();
    shop.put(&document);
    let job = shop.run(&["vip-now"]);
    assert_eq!((shop.decided(&job), job.counters.disagreeing()), (vec![], 1));
    assert_eq!(job.counters.audiences.len(), 1, "nothing else was asked for");
}

#[test]
fn only_the_audiences_asked_for_are_decided() {
    let shop = Shop::open();
    let job = shop.run(&["buyer", "no such audience"]);
    assert_eq!(shop.decided(&job), expected(&["buyer"]));
}

#[test]
fn a_cancelled_job_ends_after_the_buckets_at_hand() {
    let shop = Shop::open();
    let cancel = AtomicBool::new(false);
    let job = shop.run_until(&[], &cancel, &|_| cancel.store(true, Ordering::Relaxed));
    assert_eq!(job.status, Status::Cancelled);
    let most = (THREADS * BUCKET_PROFILES) as u64;
    assert!((1..=most).contains(&job.counters.profiles), "{}", job.counters.profiles);
    let rest: BTreeSet<_> = shop.decided(&job).into_iter().collect();
    assert!(rest.len() < expected(&["buyer", "vip"]).len());
    shop.apply(&job);
    shop.apply(&shop.run(&[]));
    assert_eq!(shop.decided(&shop.run(&[])), []);
}

#[test]
fn a_damaged_profile_fails_the_job_by_name() {
    let shop = Shop::open();
    let key = keys::profile(ProfileId(700));
    let mut value = shop.store.get(Table::Profiles, &key).unwrap().unwrap();
    *value.last_mut().unwrap() ^= 1;
    let writes = vec![(Table::Profiles, key, Some(value))];
    shop.store.commit(WriteBatch { writes, ..WriteBatch::default() }, true).unwrap();
    let job = shop.run(&[]);
    assert_eq!(job.status, Status::Failed);
    let place = Table::Profiles.place(&keys::profile(ProfileId(700)));
    assert_eq!(
        job.error,
        Some(format!("stored value `{place}` is damaged or of another version: the checksum does not match"))
    );
}
