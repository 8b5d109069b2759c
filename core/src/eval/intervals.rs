//! The windows of a program at one instant, each worked out once.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use crate::plan::Prepared;
use crate::state::entries::inside_all;
use crate::time::{Interval, Occurs};

/// The windows.
#[derive(Clone, Debug)]
pub(crate) struct Intervals<'a> {
    windows: &'a [Vec<Occurs<Interval>>],
    known: Vec<Cell<Option<Interval>>>,
    pub(crate) now_ms: i64,
}

impl<'a> Intervals<'a> {
    pub(crate) fn new(program: &'a Prepared, now_ms: i64) -> Self {
        let windows = program.windows();
        Self { windows, known: vec![Cell::new(None); windows.len()], now_ms }
    }

    /// The tests of a window.
    pub(crate) fn tests(&self, window: u32) -> &'a [Occurs<Interval>] {
        self.windows.get(window as usize).map_or(&[], Vec::as_slice)
    }

    /// The interval that a window now is.
    pub(crate) fn get(&self, window: u32) -> Interval {
        let Some(known) = self.known.get(window as usize) else { return Interval::ALWAYS };
        known.get().unwrap_or_else(|| {
            let inside = inside_all(self.tests(window), self.now_ms);
            known.set(Some(inside));
            inside
        })
    }
}
