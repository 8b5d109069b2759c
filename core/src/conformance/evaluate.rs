//! One expression by every evaluator: the specification says the value, the others must agree with its truth.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::world::World;
use crate::eval::{self, Slice, Subject, ops};
use crate::id::AudienceId;
use crate::lang::schema::UnionSchema;
use crate::lang::{self, Checked};
use crate::plan::program::Definition;
use crate::plan::{Audience, Mode, Prepared, Program, Verdict};
use crate::profile::{Membership, Memberships, Status};
use crate::state::{self, State};
use crate::value::{Fields, Value};

/// The id of the case among the audiences of its world.
const CASE: &str = "the case itself";

/// A case ready to be evaluated.
pub(super) struct Evaluation<'a> {
    world: &'a World,
    definitions: Vec<Definition>,
    program: Prepared,
}

/// The audiences of a world.
pub(super) fn definitions_of(world: &World, schema: &UnionSchema) -> Result<Vec<Definition>, String> {
    let definition = |audience: &super::world::Audience| {
        let checked = lang::compile(&audience.text, schema, world).map_err(|found| {
            let shown: String = found.iter().map(|found| found.render(&audience.text)).collect();
            format!("audience `{}` is not in order: {shown}", audience.id)
        })?;
        Ok(Definition { id: audience.id.clone(), mode: audience.mode, checked })
    };
    world.audiences.iter().map(definition).collect()
}

/// What expressions are evaluated over.
pub(super) fn subject_of(world: &World) -> Subject<'_> {
    let World { attributes, identities, memberships, events, .. } = world;
    Subject { attributes, identities, memberships, events }
}

impl<'a> Evaluation<'a> {
    /// The program of the expression and of the audiences of the world.
    pub(super) fn new(world: &'a World, schema: &UnionSchema, checked: Checked) -> Result<Self, String> {
        let mut definitions = definitions_of(world, schema)?;
        definitions.push(Definition { id: AudienceId::from(CASE), mode: Mode::Streaming, checked });
        let program = Program::build(&definitions).map_err(|error| error.to_string())?;
        Ok(Self { world, definitions, program: Prepared::new(program) })
    }

    /// The case as it stands in the program.
    pub(super) fn audience(&self) -> Option<&Audience> {
        self.program.audiences.iter().find(|audience| audience.id.as_str() == CASE)
    }

    /// The value by the specification.
    pub(super) fn value(&self) -> Value {
        self.naive(&AudienceId::from(CASE), &self.world.context)
    }

    fn naive(&self, id: &AudienceId, context: &Fields) -> Value {
        let definition = self.definitions.iter().find(|definition| definition.id == *id);
        let value = |definition: &Definition| {
            let expr = &definition.checked.expr;
            eval::naive_in(expr, &self.definitions, self.subject(), context, self.world.now_ms)
        };
        definition.map(value).unwrap_or_default()
    }

    fn subject(&self) -> Subject<'_> {
        subject_of(self.world)
    }

    /// What the evaluators disagree about, if they do.
    pub(super) fn disagreement(&self) -> Option<String> {
        let audiences = &self.program.audiences;
        // An audience is decided where there is no decision to know more of.
        let nowhere = Fields::new();
        let expected: Vec<bool> =
            audiences.iter().map(|audience| ops::truth(&self.naive(&audience.id, &nowhere))).collect();
        let found = eval::run(&self.program, self.subject(), self.world.now_ms);
        if found != expected {
            return Some(format!(
                "the specification says {expected:?}, the program over the whole profile {found:?}"
            ));
        }
        let memberships = self.after_batch(&expected);
        for state in self.states() {
            let World { attributes, identities, now_ms, .. } = self.world;
            let slice = Slice { attributes, identities, memberships: &memberships, state: &state };
            let answers = eval::answer(&self.program, slice, *now_ms);
            for ((audience, expected), answer) in audiences.iter().zip(&expected).zip(answers) {
                let must_know =
                    audience.mode != Mode::Batch && matches!(audience.native.streaming, Verdict::Ok { .. });
                if answer != Some(*expected) && (must_know || answer.is_some()) {
                    return Some(format!("the specification says {expected}, folded state {answer:?}"));
                }
            }
        }
        None
    }

    /// The memberships once the batch audiences were decided: from folded state they are what they were then.
    fn after_batch(&self, answers: &[bool]) -> Memberships {
        let mut memberships = self.world.memberships.clone();
        for (audience, answer) in self.program.audiences.iter().zip(answers) {
            if audience.mode == Mode::Batch {
                let status = if *answer { Status::Realized } else { Status::Exited };
                memberships.insert(audience.id.clone(), Membership { status, since_ms: self.world.now_ms });
            }
        }
        memberships
    }

    /// The state as the events come: each when it happens, and all at once the other way round.
    fn states(&self) -> [State; 2] {
        let World { events, now_ms, .. } = self.world;
        let (mut as_they_come, mut backwards) = (State::default(), State::default());
        for event in events {
            state::fold(&self.program, &mut as_they_come, event, event.timestamp_ms.min(*now_ms));
        }
        state::expire(&self.program, &mut as_they_come, *now_ms);
        for event in events.iter().rev() {
            state::fold(&self.program, &mut backwards, event, *now_ms);
        }
        [as_they_come, backwards]
    }
}
