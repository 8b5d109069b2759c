//! The function library: one table. Adding a function is adding a row.

use serde::{Deserialize, Serialize};

/// A row of the table, by its stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Function(pub u16);
