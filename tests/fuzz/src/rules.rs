//! From any text to answers: checked, planned, sealed, and evaluated in every way, which must all agree.

use acquaint_core::eval::{self, Slice};
use acquaint_core::lang::typed::{Expr, Node};
use acquaint_core::lang::{self, Checked};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program, Verdict};
use acquaint_core::state::{self, State};
use acquaint_core::wire::{self, Bundle};

use super::world::{self, Anything, NOW_MS};

/// Checks, plans and evaluates a text.
pub fn rules(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match lang::compile(text, world::schema(), &Anything) {
        Ok(checked) => agree(text, checked),
        Err(found) => {
            assert!(!found.is_empty());
            for found in found {
                assert!(found.render(text).contains(&found.code));
            }
        }
    }
}

fn agree(text: &str, checked: Checked) {
    let person = world::person();
    let definition = |mode| Definition {
        id: "rule".into(),
        mode,
        checked: Checked { expr: checked.expr.clone(), ..checked.clone() },
    };
    // Twice denied, a value of any type is true or false.
    let not = |inner: Expr| Expr { span: inner.span, node: Node::Not(Box::new(inner)) };
    let denied = not(not(checked.expr.clone()));
    let expected = eval::naive(&denied, &[definition(Mode::Batch)], person.subject(), NOW_MS)
        == acquaint_core::value::Value::Boolean(true);
    // A rule that refers to itself makes no program.
    let Ok(program) = Program::build(&[definition(Mode::Batch)]) else { return };
    let native = program.audiences[0].native.clone();
    let program = Prepared::new(program);
    assert_eq!(eval::run(&program, person.subject(), NOW_MS), [expected], "{text}");
    let explained = eval::explain_run(&program, 0, person.subject(), NOW_MS).unwrap();
    assert_eq!(explained.value, Some(expected), "{text}");
    if matches!(native.edge, Verdict::Ok { .. }) {
        let program = Program::build(&[definition(Mode::Edge)]).unwrap();
        folded(text, &Prepared::new(sealed(program)), expected);
    }
}

fn sealed(program: Program) -> Program {
    let bundle = Bundle { version: 1, published_ms: 0, program, datastreams: Vec::new(), offers: Vec::new() };
    let opened: Bundle = wire::open(&wire::seal(&bundle).unwrap()).unwrap();
    assert_eq!(opened.program, bundle.program);
    opened.program
}

fn folded(text: &str, program: &Prepared, expected: bool) {
    let person = world::person();
    let subject = person.subject();
    let mut state = State::default();
    for event in person.events.iter().rev() {
        state::fold(program, &mut state, event, NOW_MS);
    }
    let slice = Slice {
        attributes: subject.attributes,
        identities: subject.identities,
        memberships: subject.memberships,
        state: &state,
    };
    assert_eq!(eval::answer(program, slice, NOW_MS), [Some(expected)], "{text}");
    let next_ms = state::next_deadline(program, slice, NOW_MS);
    assert!(next_ms.is_none_or(|next_ms| next_ms > NOW_MS), "{text}");
    if let Some(next_ms) = next_ms {
        assert_eq!(eval::answer(program, slice, next_ms - 1), [Some(expected)], "{text} before {next_ms}");
        let run = eval::run(program, subject, next_ms);
        assert_eq!(eval::answer(program, slice, next_ms), [Some(run[0])], "{text} at {next_ms}");
    }
    let mut expired = state.clone();
    state::expire(program, &mut expired, NOW_MS);
    let slice = Slice { state: &expired, ..slice };
    assert_eq!(eval::answer(program, slice, NOW_MS), [Some(expected)], "{text}");
}
