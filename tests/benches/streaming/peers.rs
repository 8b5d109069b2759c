//! The same rules over the same events: ours, a stateful dataflow of Bytewax, and the whole history evaluated anew for
//! each event. All of them must find the same people in the same audiences at the end.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Instant;

use acquaint_core::eval::{self, Subject};
use acquaint_core::lang;
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::{Event, IdentityMap, Memberships, Status};
use acquaint_core::value::Value;
use acquaint_store::ProfileDocument;
use acquaint_tests::environment::{Environment, repository};
use acquaint_tests::table::Table;
use acquaint_tests::workload::{self, NoAudiences};
use serde_json::{Value as Json, json};

use crate::engine;
use crate::journey::Journey;
use crate::stream::{self, Generated, Stream};

const AUDIENCES: [usize; 2] = [100, 500];
const GENERATED: Generated = Generated { people: 2_000, events: 60_000 };

/// What somebody came to: events a second, and how many people are in each audience at the end.
struct Found {
    events_per_second: f64,
    members: BTreeMap<usize, u64>,
}

/// Prints the table.
pub(crate) fn compare(environment: &Environment) {
    let journey = Journey::read(environment, 1);
    let streams: [(&str, &dyn Stream); 2] = [("generated", &GENERATED), ("Complete Journey", &journey)];
    let mut table = Table::new(&["events", "audiences", "who", "events/s", "against ours"]);
    for (name, stream) in streams {
        for audiences in AUDIENCES {
            let ours = ours(stream, audiences);
            let others = [
                ("ours, durable", None),
                ("Bytewax, keyed state in Python", Some(bytewax(environment, stream, audiences))),
                ("the history of the person anew for each event", Some(anew(stream, audiences))),
            ];
            for (who, found) in others {
                let found = found.as_ref().unwrap_or(&ours);
                assert_eq!(found.members, ours.members, "{who}: {audiences} audiences, {name}");
                table.row([
                    name.to_owned(),
                    audiences.to_string(),
                    who.into(),
                    format!("{:.0}", found.events_per_second),
                    format!("{:.4}", found.events_per_second / ours.events_per_second),
                ]);
            }
        }
        println!("{name}: {} events of {} people.", stream.events(), stream.people());
    }
    println!("The same rules; memberships at the end are equal.\n\n{}", table.markdown());
}

fn ours(stream: &dyn Stream, audiences: usize) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut engine) = engine::prepare(folder.path(), stream, audiences);
    let measured = engine::drive(&store, &mut engine, stream);
    let mut members = BTreeMap::new();
    for document in ProfileDocument::scan(&*store, None, usize::MAX).unwrap() {
        let realized = document.memberships.iter().filter(|(_, held)| held.status == Status::Realized);
        for (audience, _) in realized {
            *members.entry(audience.as_str().trim_start_matches('a').parse().unwrap()).or_default() += 1;
        }
    }
    Found { events_per_second: measured.events_per_second(), members }
}

/// Keeps every event of everybody, and decides all audiences over them whenever one comes.
fn anew(stream: &dyn Stream, audiences: usize) -> Found {
    let schema = workload::schema();
    let definitions: Vec<Definition> = (0..audiences)
        .map(|number| Definition {
            id: format!("a{number}").as_str().into(),
            mode: Mode::Streaming,
            checked: lang::compile(&workload::audience(number), &schema, &NoAudiences).unwrap(),
        })
        .collect();
    let program = Prepared::new(Program::build(&definitions).unwrap());
    let (identities, memberships) = (IdentityMap::new(), Memberships::new());
    let people = 0..stream.people();
    let attributes: Vec<_> = people.clone().map(|person| stream::attributes(stream.tier(person))).collect();
    let mut histories: Vec<Vec<Event>> = people.map(|_| Vec::new()).collect();
    let decide = |person: usize, events: &[Event], now_ms: i64| {
        let subject = Subject {
            attributes: &attributes[person],
            identities: &identities,
            memberships: &memberships,
            events,
        };
        eval::run(&program, subject, now_ms)
    };
    let start = Instant::now();
    for number in 0..stream.events() {
        let person = stream.person(number) as usize;
        let history = &mut histories[person];
        history.push(stream.event(number));
        std::hint::black_box(decide(person, history, stream.at_ms(number)));
    }
    let events_per_second = stream.events() as f64 / start.elapsed().as_secs_f64();
    let mut members = BTreeMap::new();
    for (person, history) in histories.iter().enumerate() {
        for (number, is_in) in decide(person, history, stream.end_ms()).into_iter().enumerate() {
            if is_in {
                *members.entry(number).or_default() += 1;
            }
        }
    }
    Found { events_per_second, members }
}

fn bytewax(environment: &Environment, stream: &dyn Stream, audiences: usize) -> Found {
    let rules: Vec<Json> = (0..audiences)
        .map(|number| {
            let rule = workload::rule(number);
            json!({
                "tiers": rule.tiers, "category": rule.category, "days": rule.days, "least": rule.least,
                "moreThan": rule.more_than, "quietDays": rule.quiet_days,
            })
        })
        .collect();
    let events: Vec<Json> = (0..stream.events())
        .map(|number| {
            let event = stream.event(number);
            let text = |name: &str| event.fields.get(name).and_then(Value::as_str);
            let total = match event.fields.get("total") {
                Some(Value::Double(total)) => Some(*total),
                _ => None,
            };
            let person = stream.person(number);
            json!([
                person,
                stream.tier(person),
                event.timestamp_ms,
                text("eventType"),
                text("category"),
                total
            ])
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input.json");
    let document = json!({ "rules": rules, "events": events, "endMs": stream.end_ms() });
    std::fs::write(&input, document.to_string()).unwrap();
    let output = Command::new(&environment.python)
        .arg(repository().join("tests/peers/streaming.py"))
        .arg(&input)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "streaming.py: {}", output.status);
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    let members = found["members"].as_object().unwrap();
    Found {
        events_per_second: stream.events() as f64 / found["seconds"].as_f64().unwrap(),
        members: members
            .iter()
            .map(|(number, count)| (number.parse().unwrap(), count.as_u64().unwrap()))
            .collect(),
    }
}
