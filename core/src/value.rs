//! The value model shared by profiles, events, literals and evaluation. JSON-shaped, plus instants.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Fields by name. Ordered, so that the same value always has the same bytes.
pub type Fields = BTreeMap<String, Value>;

/// One value. Objects never hold `Null`: a missing field and a null field are the same thing (`pql.md` 1.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Missing.
    #[default]
    Null,
    /// true or false.
    Boolean(bool),
    /// Any whole XDM number.
    Integer(i64),
    /// Any other XDM number; never NaN or infinite.
    Double(f64),
    /// Milliseconds since the epoch, UTC. Only expressions make it: stored date-times are text or integers.
    Time(i64),
    /// Text.
    String(String),
    /// An array.
    List(Vec<Value>),
    /// An object or a map.
    Object(Fields),
}
