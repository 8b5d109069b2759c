//! A generated profile with its events, and the audiences to decide for it.

use acquaint_core::eval::{Slice, Subject};
use acquaint_core::plan::{Prepared, Program};
use acquaint_core::profile::{Event, IdentityMap, Membership, Memberships, Status};
use acquaint_core::state::State;
use acquaint_core::value::{Fields, Value};

use crate::audiences::Audiences;
use crate::choices::Choices;
use crate::vocabulary::{DATES, KEYS, WORDS};

/// 2024-02-29T21:20:00Z: a leap day, in the middle of a week, late in the day.
pub const START_MS: i64 = 1_709_241_600_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// One profile, and what is to be decided about it.
#[derive(Clone, Debug)]
pub struct World {
    /// What is to be decided.
    pub audiences: Audiences,
    /// Attributes, now and then of another type than the schema says.
    pub attributes: Fields,
    /// Identities.
    pub identities: IdentityMap,
    /// Stored memberships.
    pub memberships: Memberships,
    /// Sorted by timestamp and id.
    pub events: Vec<Event>,
}

impl World {
    /// Draws one.
    pub fn new(choices: &mut Choices) -> Self {
        let mut events: Vec<Event> = (0..choices.pick(13)).map(|number| event(number, choices)).collect();
        sort(&mut events);
        let membership = |choices: &mut Choices| Membership {
            status: choices.one(&[Status::Realized, Status::Exited]),
            since_ms: START_MS - choices.step_ms(),
        };
        Self {
            attributes: attributes(choices),
            identities: [("ECID".into(), [String::from("a")].into())].into(),
            memberships: [
                ("external".into(), membership(choices)),
                ("a0".into(), membership(choices)),
                ("a1".into(), membership(choices)),
            ]
            .into(),
            events,
            audiences: Audiences::new(choices),
        }
    }

    /// The program of all audiences.
    pub fn prepared(&self) -> Prepared {
        Prepared::new(Program::build(&self.audiences.definitions).unwrap())
    }

    /// The profile with the given events.
    pub fn subject<'a>(&'a self, events: &'a [Event]) -> Subject<'a> {
        Subject {
            attributes: &self.attributes,
            identities: &self.identities,
            memberships: &self.memberships,
            events,
        }
    }

    /// The profile with folded events.
    pub fn slice<'a>(&'a self, state: &'a State) -> Slice<'a> {
        Slice {
            attributes: &self.attributes,
            identities: &self.identities,
            memberships: &self.memberships,
            state,
        }
    }

    /// The events in some order, some at a time.
    pub fn arrivals(&self, choices: &mut Choices) -> Vec<Vec<Event>> {
        let mut rest = self.events.clone();
        let mut batches = vec![Vec::new()];
        while !rest.is_empty() {
            let event = rest.swap_remove(choices.pick(rest.len()));
            if choices.pick(4) == 3 {
                batches.push(Vec::new());
            }
            batches.last_mut().unwrap().push(event);
        }
        batches
    }
}

/// Into the order of a profile's events.
pub fn sort(events: &mut [Event]) {
    events.sort_by(|left, right| (left.timestamp_ms, &left.id).cmp(&(right.timestamp_ms, &right.id)));
}

fn event(number: usize, choices: &mut Choices) -> Event {
    let timestamp_ms = match choices.pick(6) {
        0 => START_MS - HOUR_MS * 6 * choices.pick(12) as i64,
        1 => START_MS - DAY_MS * choices.pick(70) as i64,
        2 => START_MS + HOUR_MS * 8 * choices.pick(10) as i64,
        3 => START_MS - START_MS % DAY_MS - DAY_MS * choices.pick(3) as i64 - choices.pick(2) as i64,
        4 => START_MS - choices.pick(400_000_000) as i64,
        _ => START_MS - DAY_MS * 7 * choices.pick(3) as i64,
    };
    let mut fields = Fields::new();
    let mut put = |name: &str, value: Option<Value>| fields.extend(value.map(|value| (name.into(), value)));
    let kind = choices.one(&["a", "b", "c", "a", "b"]);
    put("eventType", if choices.pick(5) == 4 { word(choices, 3) } else { Some(Value::from(kind)) });
    let commerce = [
        ("amount", amount(choices)),
        ("currency", word(choices, 2)),
        ("first", choices.flip().then(|| Value::Boolean(choices.flip()))),
    ];
    put("commerce", object(commerce));
    put("visits", choices.flip().then(|| Value::Integer(choices.pick(5) as i64)));
    put("tags", choices.flip().then(|| words(choices)));
    put("seenAt", instant(choices, 2));
    put("items", (choices.pick(3) == 2).then(|| items(choices)));
    put("facts", (choices.pick(4) == 3).then(|| map(choices, amount)));
    Event { id: format!("e{}", (number * 7) % 13), timestamp_ms, fields }
}

fn attributes(choices: &mut Choices) -> Fields {
    let mut fields = Fields::new();
    let mut put = |name: &str, value: Option<Value>| fields.extend(value.map(|value| (name.into(), value)));
    put("age", choices.flip().then(|| Value::Integer(choices.pick(5) as i64)));
    put("score", amount(choices));
    put("vip", choices.flip().then(|| Value::Boolean(choices.flip())));
    put("name", word(choices, 3));
    let zip = choices.flip().then(|| Value::Integer(choices.pick(3) as i64));
    put("home", choices.flip().then(|| object([("city", word(choices, 3)), ("zip", zip)])).flatten());
    put("birthDate", choices.flip().then(|| Value::from(choices.one(&DATES))));
    put("createdAt", instant(choices, 2));
    put("tags", choices.flip().then(|| words(choices)));
    put(
        "limits",
        choices.flip().then(|| Value::List((0..choices.pick(4)).filter_map(|_| amount(choices)).collect())),
    );
    put("points", choices.flip().then(|| map(choices, amount)));
    put("labels", choices.flip().then(|| map(choices, |choices| word(choices, 5))));
    put(
        "orders",
        choices.flip().then(|| Value::List((0..choices.pick(4)).filter_map(|_| order(choices)).collect())),
    );
    put("_acme", object([("spent", amount(choices)), ("tier", word(choices, 2))]));
    fields.insert("unread".into(), Value::from("nobody looks at this"));
    fields
}

fn order(choices: &mut Choices) -> Option<Value> {
    object([
        ("id", word(choices, 5)),
        ("total", amount(choices)),
        ("at", instant(choices, 5)),
        ("open", choices.flip().then(|| Value::Boolean(choices.flip()))),
        ("lines", choices.flip().then(|| items(choices))),
    ])
}

fn items(choices: &mut Choices) -> Value {
    let item = |choices: &mut Choices| {
        object([
            ("sku", word(choices, 4)),
            ("price", amount(choices)),
            ("quantity", choices.flip().then(|| Value::Integer(choices.pick(4) as i64))),
            ("colours", (choices.pick(3) == 2).then(|| words(choices))),
        ])
    };
    Value::List((0..choices.pick(3)).filter_map(|_| item(choices)).collect())
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Option<Value> {
    let fields: Fields = fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

fn map(choices: &mut Choices, value: impl Fn(&mut Choices) -> Option<Value>) -> Value {
    let entry = |choices: &mut Choices| Some((choices.one(&KEYS).into(), value(choices)?));
    Value::Object((0..choices.pick(4)).filter_map(|_| entry(choices)).collect())
}

fn words(choices: &mut Choices) -> Value {
    Value::List((0..choices.pick(3)).map(|_| Value::from(choices.one(&WORDS))).collect())
}

/// A word, missing once in so many times.
fn word(choices: &mut Choices, missing_in: usize) -> Option<Value> {
    match choices.pick(40) {
        39 => Some(Value::Integer(7)),
        38 => Some(Value::List(vec![Value::from("a"), Value::Null])),
        _ if choices.pick(missing_in) == missing_in - 1 => None,
        _ => Some(Value::from(choices.one(&WORDS))),
    }
}

/// A time: as text or as milliseconds, and now and then none.
fn instant(choices: &mut Choices, missing_in: usize) -> Option<Value> {
    if choices.pick(missing_in) == missing_in - 1 {
        return None;
    }
    Some(match choices.pick(8) {
        0 | 1 => Value::from(choices.one(&DATES)),
        2 => Value::from(choices.one(&["never", "2024-02-30", "", "2024-02-29T24:00:00Z"])),
        3 => Value::Integer(choices.one(&[i64::MAX, i64::MIN, 0, START_MS])),
        _ => Value::Integer(START_MS - HOUR_MS * 7 * (choices.pick(60) as i64 - 10)),
    })
}

fn amount(choices: &mut Choices) -> Option<Value> {
    Some(match choices.pick(16) {
        0..=3 => Value::Integer(choices.pick(5) as i64),
        4..=6 => Value::Double(choices.pick(50) as f64 / 10.0),
        7 => Value::Integer(-1),
        8 => Value::Double(choices.one(&[0.1, 1e16, -1e16, 0.3, -0.0, 5e-324, 1.797e308])),
        9 => Value::Integer(choices.one(&[i64::MAX, i64::MIN, 1 << 53])),
        10 => Value::from(choices.one(&["2024-02-01", "much", "3"])),
        _ => return None,
    })
}
