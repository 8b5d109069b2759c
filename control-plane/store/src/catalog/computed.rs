//! Computed attributes, as they are written and as they are compiled (`pql.md` section 7).

use acquaint_core::lang::diagnostic::code::UNKNOWN_FIELD;
use acquaint_core::lang::schema::{Error as SchemaError, Type, UnionSchema};
use acquaint_core::lang::typed::Expr;
use acquaint_core::lang::{Checked, Diagnostic, Severity, Span, compile};
use acquaint_core::plan::computed::{COMPUTED_ATTRIBUTES, Computed, inline, with_computed};
use serde::{Deserialize, Serialize};

use super::calculated::{Audiences, union_of};
use super::{Catalog, Expression};

/// A computed attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ComputedAttribute {
    /// Its id.
    pub id: String,
    /// The name of the field, unique: it is read as `computedAttributes.NAME`.
    pub name: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// One aggregate of events.
    pub expression: Expression,
    /// How far back events count; all that are stored when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// Whoever follows the profile is told of a new value at once, although no dataflow delivers it.
    #[serde(default)]
    pub keep_current: bool,
    /// Whether it is computed.
    #[serde(default)]
    pub status: ComputedStatus,
    /// When it was made and last changed: milliseconds since the epoch.
    #[serde(default)]
    pub creation_time: i64,
    /// See `creation_time`.
    #[serde(default)]
    pub update_time: i64,
}

/// Whether an attribute is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ComputedStatus {
    /// Not yet: it can be changed, and nothing can read it.
    Draft,
    /// It is.
    #[default]
    New,
}

/// A window that slides with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duration {
    /// So many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// Units of a [`Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the units")]
pub enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
}

impl Unit {
    /// So many of it a duration may have (`pql.md` section 7).
    pub const fn count_max(self) -> u32 {
        match self {
            Self::Hours => 24,
            Self::Days => 7,
            Self::Weeks => 4,
            Self::Months => 6,
        }
    }

    /// As the language has it.
    const fn word(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
        }
    }
}

impl ComputedAttribute {
    /// Whether it is computed.
    pub fn is_published(&self) -> bool {
        match self.status {
            ComputedStatus::Draft => false,
            ComputedStatus::New => true,
        }
    }

    /// The path under which it is read.
    pub fn path(&self) -> String {
        format!("{COMPUTED_ATTRIBUTES}.{}", self.name)
    }

    /// Compiles it against the union of the schemas.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, at least one of it an error.
    pub fn compile(&self, catalog: &Catalog, schema: &UnionSchema) -> Result<Computed, Vec<Diagnostic>> {
        let window = match self.duration {
            None => None,
            Some(Duration { count, unit }) => {
                let unit = unit.word();
                let text = format!("xEvent[timestamp occurs <= {count} {unit} before now]");
                Some(compile(&text, schema, &Audiences(catalog))?.expr)
            }
        };
        let checked = compile(&self.expression.value, schema, &Audiences(catalog))?;
        Computed::of(&checked, window.as_ref()).map_err(|refused| vec![refused])
    }
}

/// Everything that an expression of the catalogue can name: the union of its schemas and of those of external audiences,
/// and its computed attributes.
///
/// # Errors
///
/// Schemas that make no union. An attribute that does not compile is left out.
pub fn schema_of(catalog: &Catalog) -> Result<UnionSchema, SchemaError> {
    let implied = catalog.implied_schemas();
    let mut schema = union_of(catalog.schemas.values().chain(&implied))?;
    let published = catalog.computed_attributes.values().filter(|attribute| attribute.is_published());
    let typed: Vec<(String, Type)> = published
        .filter_map(|attribute| {
            let computed = attribute.compile(catalog, &schema).ok()?;
            Some((attribute.name.clone(), computed.value.result))
        })
        .collect();
    with_computed(&mut schema, typed);
    Ok(schema)
}

/// Compiles a text that is answered from events: what it reads of computed attributes is put in its place.
///
/// # Errors
///
/// What is wrong with the text, at least one of it an error.
pub fn compile_inlined(
    catalog: &Catalog,
    schema: &UnionSchema,
    text: &str,
) -> Result<Checked, Vec<Diagnostic>> {
    let mut checked = compile(text, schema, &Audiences(catalog))?;
    let mut missing = None;
    let value = |name: &str| -> Option<Expr> {
        let mut all = catalog.computed_attributes.values();
        let attribute = all.find(|attribute| attribute.is_published() && attribute.name == name)?;
        Some(attribute.compile(catalog, schema).ok()?.value.expr)
    };
    inline(&mut checked.expr, &mut |name| {
        let found = value(name);
        if found.is_none() {
            missing.get_or_insert_with(|| name.to_owned());
        }
        found
    });
    match missing {
        None => Ok(checked),
        // Where a schema leaves everything open, or has a field of that name.
        Some(name) => Err(vec![Diagnostic {
            code: UNKNOWN_FIELD.into(),
            severity: Severity::Error,
            span: Span::default(),
            message: format!("there is no computed attribute `{name}`"),
            help: None,
        }]),
    }
}
