//! Many conditions on one object, decided together: the tests of a field are one [`column`], in which its value finds a
//! row of answers; a [`decision`] is a boolean formula over such answers, and is only looked at if the answer that it
//! most rarely gets is yes.

pub(crate) mod ask;
pub(crate) mod bits;
pub(crate) mod column;
pub(crate) mod columns;
pub(crate) mod decision;
pub(crate) mod numbers;
pub(crate) mod part;
pub(crate) mod paths;
pub(crate) mod rows;
pub(crate) mod texts;
