//! What data may be used for: which labels come along with what a dataflow sends, and which policies do not allow that.
//! Pure: definitions in, violations out. Order of reading: [`labels`], [`lineage`], [`evaluate`], [`violation`];
//! [`constraints`] answers what somebody asks beforehand.

pub(crate) mod constraints;
mod evaluate;
mod labels;
mod lineage;
#[cfg(test)]
mod testing;
mod violation;

pub(crate) use evaluate::new_violations;
pub(crate) use labels::has_field;
pub(crate) use violation::Violation;
