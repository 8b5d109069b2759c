//! The values of computed attributes of one profile at one instant. They are answered from what the engine has folded;
//! for a profile that is not folded for these definitions yet, from its stored events, with the same outcome.

use acquaint_core::eval::{Scores, Slice, Subject, naive};
use acquaint_core::lang::typed::Expr;
use acquaint_core::plan::computed::{COMPUTED_ATTRIBUTES, MergeFunction};
use acquaint_core::plan::{Prepared, Program};
use acquaint_core::profile::{Event, Memberships};
use acquaint_core::state::{self, State};
use acquaint_core::value::{Fields, Value};

use crate::catalog::Catalog;
use crate::catalog::computed::schema_of;
use crate::tables::Read;
use crate::{ProfileDocument, Result, StoredEvent};

static NO_ATTRIBUTES: Fields = Fields::new();
static NO_MEMBERSHIPS: Memberships = Memberships::new();

/// The computed attributes of a catalogue, ready for use.
#[derive(Debug)]
pub struct ComputedValues {
    attributes: Vec<Attribute>,
    /// Its scores are those of the attributes, in their order.
    program: Prepared,
    /// Streams that are folded when there is no state.
    folded: Vec<u32>,
    fingerprint: Option<u64>,
}

#[derive(Debug)]
struct Attribute {
    name: String,
    /// Absent: the score is the value. Else the score counts the events of which this takes one.
    most_recent: Option<Expr>,
}

impl Default for ComputedValues {
    fn default() -> Self {
        Self::of(&Catalog::default(), None)
    }
}

impl ComputedValues {
    /// Those of a catalogue. `fingerprint`: the program for which documents are folded when they are folded for this
    /// catalogue; where it is not known, events are read.
    pub fn of(catalog: &Catalog, fingerprint: Option<u64>) -> Self {
        let schema = schema_of(catalog).unwrap_or_default();
        let (mut attributes, mut folded) = (Vec::new(), Vec::new());
        for attribute in catalog.computed_attributes.values().filter(|attribute| attribute.is_published()) {
            // One that does not compile is never published.
            let Ok(computed) = attribute.compile(catalog, &schema) else { continue };
            let most_recent = (computed.function == MergeFunction::MostRecent).then_some(computed.value.expr);
            attributes.push(Attribute { name: attribute.name.clone(), most_recent });
            folded.push(computed.folded);
        }
        let formulas: Vec<_> = folded.iter().collect();
        let program = Program::build_scored(&[], &formulas).unwrap_or_else(|_| {
            attributes.clear();
            Program { leaves: Vec::new(), audiences: Vec::new(), scores: Vec::new() }
        });
        let program = Prepared::new(program);
        let folded = state::migrate(&program, &[], &mut State::default(), 0);
        Self { attributes, program, folded, fingerprint }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// Adds the values, under [`COMPUTED_ATTRIBUTES`], to the attributes of a profile; those without a value are absent.
    ///
    /// # Errors
    ///
    /// The store failed, or an event is damaged.
    pub fn add_to(
        &self,
        attributes: &mut Fields,
        tables: &(impl Read + ?Sized),
        document: &ProfileDocument,
        now_ms: i64,
    ) -> Result<()> {
        if !self.is_empty() {
            let values = self.values(tables, document, now_ms)?;
            attributes.insert(COMPUTED_ATTRIBUTES.into(), Value::Object(values));
        }
        Ok(())
    }

    /// The values by name.
    ///
    /// # Errors
    ///
    /// The store failed, or an event is damaged.
    pub fn values(
        &self,
        tables: &(impl Read + ?Sized),
        document: &ProfileDocument,
        now_ms: i64,
    ) -> Result<Fields> {
        let mut events = Lazy { tables, document, loaded: None };
        let rebuilt = match self.fingerprint {
            Some(fingerprint) if fingerprint == document.program => None,
            Some(_) | None => {
                let mut state = State::default();
                state::rebuild(&self.program, &self.folded, &mut state, events.load()?, now_ms);
                Some(state)
            }
        };
        let slice = Slice {
            attributes: &NO_ATTRIBUTES,
            identities: &document.identities,
            memberships: &NO_MEMBERSHIPS,
            state: rebuilt.as_ref().unwrap_or(&document.state),
        };
        let scores = Scores::new(&self.program, slice, now_ms);
        let mut values = Fields::new();
        for (attribute, number) in self.attributes.iter().zip(0..) {
            let score = scores.value(number);
            let value = match &attribute.most_recent {
                None => score,
                Some(_) if score == Value::Integer(0) => Value::Null,
                Some(expr) => {
                    let events = events.load()?;
                    let (identities, memberships) = (&document.identities, &NO_MEMBERSHIPS);
                    let subject = Subject { attributes: &NO_ATTRIBUTES, identities, memberships, events };
                    naive(expr, &[], subject, now_ms)
                }
            };
            if value != Value::Null {
                values.insert(attribute.name.clone(), value);
            }
        }
        Ok(values)
    }
}

/// The events of a profile, read when they are first needed.
struct Lazy<'a, T: ?Sized> {
    tables: &'a T,
    document: &'a ProfileDocument,
    loaded: Option<Vec<Event>>,
}

impl<T: Read + ?Sized> Lazy<'_, T> {
    fn load(&mut self) -> Result<&[Event]> {
        if self.loaded.is_none() {
            let stored = StoredEvent::load_all(self.tables, self.document.id)?;
            self.loaded = Some(stored.into_iter().map(|stored| stored.event).collect());
        }
        Ok(self.loaded.as_deref().unwrap_or_default())
    }
}
