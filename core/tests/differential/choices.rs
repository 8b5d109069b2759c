//! A list of numbers that decides everything generated, so that shrinking the list shrinks the case. When it is used up
//! every choice is the first, simplest one.

pub(crate) struct Choices<'a> {
    rest: &'a [u32],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(rest: &'a [u32]) -> Self {
        Self { rest }
    }

    /// A number below `count`.
    pub(crate) fn pick(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first as usize % count
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.pick(2) == 1
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.pick(of.len())].clone()
    }

    /// A stretch of time, from nothing to a few months.
    pub(crate) fn step_ms(&mut self) -> i64 {
        const HOUR_MS: i64 = 3_600_000;
        match self.pick(6) {
            0 => 0,
            1 => 1,
            2 => HOUR_MS * self.pick(48) as i64,
            3 => HOUR_MS * 24 * self.pick(20) as i64,
            4 => self.pick(10_000_000) as i64,
            _ => HOUR_MS * 24 * self.pick(100) as i64 + self.pick(100_000_000) as i64,
        }
    }

    /// An instant of a range, both ends included.
    pub(crate) fn between(&mut self, first_ms: i64, last_ms: i64) -> i64 {
        let part = self.pick(1_000) as i64;
        first_ms + (last_ms - first_ms) / 1_000 * part
    }
}
