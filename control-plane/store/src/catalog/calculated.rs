//! What the expressions of a catalogue are compiled against, and calculated fields, which are compiled in two rooms: where
//! they are published and where they are delivered.

use acquaint_core::lang::diagnostic::code::{NEEDS_DECISION, NEEDS_EVENTS};
use acquaint_core::lang::schema::{Class, Error as SchemaError, Source, UnionSchema, standard};
use acquaint_core::lang::{AudienceDirectory, Checked, Diagnostic, Dialect, Severity, compile_in};
use acquaint_core::plan::{reads_context, reads_events};

use super::{Catalog, Schema, SchemaClass};

/// The audiences of a catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Audiences<'a>(pub &'a Catalog);

impl AudienceDirectory for Audiences<'_> {
    fn contains(&self, id: &str) -> bool {
        self.0.audiences.contains_key(id)
    }
}

/// The union of schemas.
pub fn union_of<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Result<UnionSchema, SchemaError> {
    let schemas: Vec<&Schema> = schemas.into_iter().collect();
    let mut groups = Vec::new();
    for schema in &schemas {
        groups.push(standard::fields_of(&schema.id, class_of(schema.class), &schema.field_groups)?);
    }
    // The groups first: where a schema's own field does not fit, it is the schema that is named.
    let sources = schemas.iter().zip(&groups).flat_map(|(schema, fields)| {
        let source =
            |properties| Source { id: schema.id.as_str(), class: class_of(schema.class), properties };
        [source(fields), source(&schema.properties)]
    });
    let mut union = UnionSchema::from_json_schemas(sources)?;
    for schema in schemas.iter().filter(|schema| schema.additional_properties) {
        union.open_class(class_of(schema.class));
    }
    Ok(union)
}

/// The class as the language has it.
pub fn class_of(class: SchemaClass) -> Class {
    match class {
        SchemaClass::Profile => Class::Profile,
        SchemaClass::Event => Class::Event,
    }
}

/// Compiles a calculated field. It may read what is at hand where it is delivered: attributes, identities and memberships.
///
/// # Errors
///
/// What is wrong with the text, at least one of it an error.
pub fn compile(catalog: &Catalog, schema: &UnionSchema, text: &str) -> Result<Checked, Vec<Diagnostic>> {
    let checked = compile_in(Dialect::CalculatedField, text, schema, &Audiences(catalog))?;
    let refuse = |code: &str, message: &str| {
        Err(vec![Diagnostic {
            code: code.into(),
            severity: Severity::Error,
            span: checked.expr.span,
            message: message.into(),
            help: Some("read attributes or identities instead".into()),
        }])
    };
    if reads_events(&checked.expr) {
        let message =
            "a calculated field cannot read events: only the profile is at hand where it is delivered";
        return refuse(NEEDS_EVENTS, message);
    }
    if reads_context(&checked.expr) {
        let message = "a calculated field cannot read what only a decision knows";
        return refuse(NEEDS_DECISION, message);
    }
    Ok(checked)
}
