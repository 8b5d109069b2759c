//! The audiences of a world: written, read, checked, and read back from every form they have.

use acquaint_core::id::AudienceId;
use acquaint_core::lang::ast::Expr;
use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{self, AudienceDirectory, Checked, Diagnostic};
use acquaint_core::plan::Mode;
use acquaint_core::plan::program::Definition;

use crate::choices::Choices;
use crate::vocabulary::schema;
use crate::write;

/// A generated text and what came of it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The text.
    pub text: String,
    /// What it means, or what is wrong with it.
    pub checked: Result<Checked, Vec<Diagnostic>>,
}

/// The generated audiences, and some values that are no audiences.
#[derive(Clone, Debug, Default)]
pub struct Audiences {
    /// Every text.
    pub written: Vec<Written>,
    /// Those that are audiences and without error.
    pub definitions: Vec<Definition>,
    /// Those that give any value.
    pub values: Vec<Checked>,
    /// The canonical text of each, for the digest.
    pub printed: Vec<String>,
    /// Where a form did not lead back to the same tree.
    pub broken: Vec<String>,
}

/// The ids that may be referred to.
struct Known(Vec<String>);

impl AudienceDirectory for Known {
    fn contains(&self, id: &str) -> bool {
        id == "external" || self.0.iter().any(|known| known == id)
    }
}

impl Audiences {
    /// Draws some.
    pub fn new(choices: &mut Choices) -> Self {
        let mut audiences = Self::default();
        let mut known = Known(Vec::new());
        let schema = schema();
        for number in 0..2 + choices.pick(4) {
            let text = write::audience(choices, &known.0);
            let mode =
                choices.one(&[Mode::Streaming, Mode::Streaming, Mode::Streaming, Mode::Edge, Mode::Batch]);
            if let Some(checked) = audiences.add(text, &schema, &known) {
                let id = format!("a{number}");
                audiences.definitions.push(Definition { id: AudienceId::new(id.as_str()), mode, checked });
                known.0.push(id);
            }
        }
        let text = write::value(choices, &known.0);
        let checked = audiences.add(text, &schema, &known);
        audiences.values.extend(checked);
        audiences
    }

    /// Whether an audience may refer to one that runs in batch.
    pub fn refers_to_batch(&self) -> bool {
        let batch = self.definitions.iter().filter(|definition| definition.mode == Mode::Batch);
        let mut references = batch.map(|definition| format!("inSegment(\"{}\")", definition.id));
        references.any(|reference| self.written.iter().any(|written| written.text.contains(&reference)))
    }

    fn add(&mut self, text: String, schema: &UnionSchema, known: &Known) -> Option<Checked> {
        let parsed = lang::parse(&text);
        let checked = lang::compile(&text, schema, known);
        if !parsed.has_errors() {
            self.printed.push(lang::print(&parsed.tree));
            if let Err(broken) = round_trips(&parsed.tree, schema, known, &checked) {
                self.broken.push(format!("`{text}` {broken}"));
            }
        }
        self.written.push(Written { text, checked: checked.clone() });
        checked.ok()
    }
}

/// A tree is read back the same from its canonical text, and with the same meaning from its JSON form.
fn round_trips(
    tree: &Expr,
    schema: &UnionSchema,
    known: &Known,
    checked: &Result<Checked, Vec<Diagnostic>>,
) -> Result<(), String> {
    let printed = lang::print(tree);
    let again = lang::parse(&printed);
    if again.has_errors() || again.tree != *tree {
        return Err(format!("is printed as `{printed}`, which is read as something else"));
    }
    let meaning =
        |checked: &Result<Checked, Vec<Diagnostic>>| checked.as_ref().ok().map(|it| it.expr.clone());
    if meaning(checked) != meaning(&lang::check(&again.tree, schema, known)) {
        return Err(format!("is printed as `{printed}`, which means something else"));
    }
    let json = lang::json::to_json(tree).map_err(|error| format!("has no JSON form: {error}"))?;
    // Through bytes, because numbers may change there.
    let json =
        serde_json::from_str(&json.to_string()).map_err(|error| format!("has no JSON text: {error}"))?;
    let read = lang::json::from_json(&json)
        .map_err(|error| format!("is not read from its JSON form, {error}: {json}"))?;
    // The form has one way to write what the text has several ways to.
    if lang::json::to_json(&read).as_ref() != Ok(&json) {
        return Err(format!(
            "is read from its JSON form as `{}`, which has another: {json}",
            lang::print(&read)
        ));
    }
    if meaning(checked) != meaning(&lang::check(&read, schema, known)) {
        return Err(format!(
            "is read from its JSON form as `{}`, which means something else",
            lang::print(&read)
        ));
    }
    Ok(())
}
