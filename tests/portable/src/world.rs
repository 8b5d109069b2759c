//! A generated profile with its events, and the audiences to decide for it.

use acquaint_core::eval::{Slice, Subject};
use acquaint_core::id::AudienceId;
use acquaint_core::lang::schema::Type;
use acquaint_core::lang::typed::{Expr, Node};
use acquaint_core::lang::{Checked, Span};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::{Event, IdentityMap, Membership, Memberships, Status};
use acquaint_core::state::State;
use acquaint_core::value::{Fields, Value};

use crate::choices::Choices;
use crate::expressions::Expressions;

/// 2024-02-29T21:20:00Z: a leap day, in the middle of a week, late in the day.
pub const START_MS: i64 = 1_709_241_600_000;
const HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Debug)]
pub struct World {
    pub definitions: Vec<Definition>,
    pub attributes: Fields,
    pub identities: IdentityMap,
    pub memberships: Memberships,
    /// Sorted by timestamp and id.
    pub events: Vec<Event>,
}

impl World {
    pub fn new(choices: &mut Choices) -> Self {
        let mut events: Vec<Event> = (0..choices.pick(13)).map(|number| event(number, choices)).collect();
        events.sort_by(|left, right| (left.timestamp_ms, &left.id).cmp(&(right.timestamp_ms, &right.id)));
        let external =
            Membership { status: choices.one(&[Status::Realized, Status::Exited]), since_ms: START_MS };
        Self {
            attributes: attributes(choices),
            identities: [("ECID".into(), [String::from("1")].into())].into(),
            memberships: [(AudienceId::from("external"), external)].into(),
            events,
            definitions: (0..=choices.pick(5)).map(|number| definition(number, choices)).collect(),
        }
    }

    pub fn prepared(&self) -> Prepared {
        Prepared::new(Program::build(&self.definitions).unwrap())
    }

    pub fn subject<'a>(&'a self, events: &'a [Event]) -> Subject<'a> {
        Subject {
            attributes: &self.attributes,
            identities: &self.identities,
            memberships: &self.memberships,
            events,
        }
    }

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

fn definition(number: usize, choices: &mut Choices) -> Definition {
    let expr = Expressions::new(choices, number).audience();
    // So that its value is true or false also where it is a bare field.
    let expr = Expr { node: Node::And(vec![expr]), span: Span::default() };
    Definition {
        id: AudienceId::new(format!("a{number}")),
        mode: Mode::Streaming,
        checked: Checked { expr, result: Type::Boolean, warnings: Vec::new() },
    }
}

fn event(number: usize, choices: &mut Choices) -> Event {
    let timestamp_ms = match choices.pick(5) {
        0 => START_MS - HOUR_MS * 6 * choices.pick(12) as i64,
        1 => START_MS - HOUR_MS * 24 * choices.pick(70) as i64,
        2 => START_MS + HOUR_MS * 8 * choices.pick(10) as i64,
        3 => {
            START_MS
                - START_MS % (24 * HOUR_MS)
                - 24 * HOUR_MS * choices.pick(3) as i64
                - choices.pick(2) as i64
        }
        _ => START_MS - choices.pick(400_000_000) as i64,
    };
    let mut fields = Fields::new();
    if choices.pick(8) != 7 {
        fields.insert("eventType".into(), Value::from(choices.one(&["a", "b", "c"])));
    }
    if let Some(amount) = amount(choices) {
        fields.insert("commerce".into(), Value::Object([("amount".into(), amount)].into()));
    }
    if choices.flip() {
        let tags = (0..choices.pick(3)).map(|_| Value::from(choices.one(&["x", "y"]))).collect();
        fields.insert("tags".into(), Value::List(tags));
    }
    if choices.pick(4) == 3 {
        let item = |choices: &mut Choices| {
            Value::Object(amount(choices).map(|amount| (String::from("price"), amount)).into_iter().collect())
        };
        let items = (0..choices.pick(3)).map(|_| item(choices)).collect();
        fields.insert("items".into(), Value::List(items));
    }
    Event { id: format!("e{number}"), timestamp_ms, fields }
}

fn amount(choices: &mut Choices) -> Option<Value> {
    Some(match choices.pick(9) {
        0 | 1 => Value::Integer(choices.pick(5) as i64),
        2 | 3 => Value::Double(choices.pick(50) as f64 / 10.0),
        4 => Value::Integer(-1),
        5 => Value::Double(choices.one(&[0.1, 1e16, -1e16, 0.3])),
        6 => Value::Integer(choices.one(&[i64::MAX, i64::MIN, 1 << 53])),
        7 => Value::from(choices.one(&["2024-02-01", "much"])),
        _ => return None,
    })
}

fn attributes(choices: &mut Choices) -> Fields {
    let mut fields = Fields::new();
    if choices.flip() {
        fields.insert("age".into(), Value::Integer(choices.pick(5) as i64));
    }
    if choices.flip() {
        let city = Value::from(choices.one(&["x", "y"]));
        let address = Fields::from([("city".into(), city), ("code".into(), Value::Integer(7))]);
        fields.insert("home".into(), Value::Object(address));
    }
    if choices.flip() {
        fields.insert(
            "birthDate".into(),
            Value::from(choices.one(&["2024-02-29", "2024-03-15", "2023-12-31"])),
        );
    }
    let order = |choices: &mut Choices| {
        let at_ms = START_MS - HOUR_MS * 7 * (choices.pick(60) as i64 - 10);
        let mut order = Fields::from([("at".into(), Value::Integer(at_ms))]);
        order.extend(amount(choices).map(|amount| (String::from("total"), amount)));
        Value::Object(order)
    };
    let orders = (0..choices.pick(4)).map(|_| order(choices)).collect();
    fields.insert("orders".into(), Value::List(orders));
    fields.insert("unread".into(), Value::from("nobody looks at this"));
    fields
}
