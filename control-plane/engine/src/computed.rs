//! What is folded for computed attributes: a score of the program for each.

use acquaint_core::lang::Checked;
use acquaint_core::lang::schema::UnionSchema;
use acquaint_store::catalog::{Catalog, ComputedAttribute};

/// The computed attributes of a catalogue, by id, and what is folded for each. A catalogue with one that does not compile
/// is refused by the API.
pub(crate) fn of_catalog(catalog: &Catalog, schema: &UnionSchema) -> (Vec<String>, Vec<Checked>) {
    let published = catalog.computed_attributes.values().filter(|attribute| attribute.is_published());
    let compiled = published.filter_map(|attribute| {
        let computed = attribute.compile(catalog, schema).ok()?;
        Some((attribute.id.clone(), computed.folded))
    });
    compiled.unzip()
}

/// Whether somebody has to hear of a new value at once: a dataflow delivers it, or it is asked to be kept current.
pub(crate) fn is_told(catalog: &Catalog, attribute: &ComputedAttribute) -> bool {
    let path = attribute.path();
    let delivered = |mapped: &str| mapped == path;
    attribute.keep_current
        || catalog
            .dataflows
            .values()
            .filter(|dataflow| dataflow.enabled)
            .flat_map(|dataflow| &dataflow.mapping)
            // What a calculated field reads of a profile is not taken apart here.
            .any(|field| field.path().is_none_or(delivered))
}
