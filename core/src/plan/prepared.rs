//! A program made ready to run: the look-ups that make the cost of one event depend on the leaves it touches. Built
//! once when a program is loaded, in milliseconds; never stored or shipped.

use alloc::vec::Vec;
use core::ops::Deref;

use super::program::Program;
use crate::id::LeafId;

/// A program with its look-ups. Wherever a [`Program`] is wanted, a reference to this will do.
#[derive(Clone, Debug)]
pub struct Prepared {
    program: Program,
}

impl Prepared {
    /// Builds the look-ups.
    pub fn new(program: Program) -> Self {
        Self { program }
    }

    /// The identities of the leaves that [`crate::state::fold`] keeps for this program, in order. What
    /// [`crate::state::migrate`] wants to know of the program that came before.
    pub fn folded(&self) -> Vec<LeafId> {
        todo!()
    }
}

impl Deref for Prepared {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}
