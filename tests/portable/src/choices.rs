//! The numbers that decide everything generated: drawn from a seed, or given as a list, so that shrinking the list
//! shrinks the case. When a list is used up every choice is the first, simplest one.

/// Draws numbers.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Where more numbers come from, if from anywhere.
    state: Option<u64>,
    drawn: Vec<u32>,
    next: usize,
}

impl Choices {
    /// The numbers of a seed, without end.
    pub fn of_seed(seed: u64) -> Self {
        Self { state: Some(seed), drawn: Vec::new(), next: 0 }
    }

    /// The numbers of a list, and then zeros.
    pub fn of_list(list: &[u32]) -> Self {
        Self { state: None, drawn: list.to_vec(), next: 0 }
    }

    /// The numbers drawn so far: as a list they give the same case again.
    pub fn drawn(&self) -> &[u32] {
        &self.drawn[..self.next]
    }

    fn draw(&mut self) -> u32 {
        if self.next == self.drawn.len() {
            let Some(state) = &mut self.state else { return 0 };
            self.drawn.push(split_mix(state));
        }
        self.next += 1;
        self.drawn[self.next - 1]
    }

    /// A number below `count`.
    pub fn pick(&mut self, count: usize) -> usize {
        self.draw() as usize % count
    }

    /// Either.
    pub fn flip(&mut self) -> bool {
        self.pick(2) == 1
    }

    /// One of several.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.pick(of.len())].clone()
    }

    /// A stretch of time, from nothing to a few months.
    pub fn step_ms(&mut self) -> i64 {
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
    pub fn between(&mut self, first_ms: i64, last_ms: i64) -> i64 {
        let part = self.pick(1_000) as i64;
        first_ms + (last_ms - first_ms) / 1_000 * part
    }
}

/// SplitMix64: the upper half of its next number.
fn split_mix(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 32) as u32
}
