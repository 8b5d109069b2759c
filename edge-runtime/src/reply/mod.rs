//! What goes back: handles in a JSON body, cookies, and the headers that browsers insist on.

pub mod handles;
pub mod headers;

pub use handles::Handles;
pub use headers::{Answering, of_problem, preflight};
