//! How far back what is kept of a stream has to reach: as far as the leaves and steps that are folded look.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::leaf::EventWindow;
use crate::limits::{EVENTS_PER_PROFILE_MAX, VALUES_PER_LEAF_MAX};

/// What is looked for in one stream; empty if it is not folded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Views {
    /// Each window once, those that need most first.
    pub(crate) list: Vec<View>,
    /// So many entries are kept at most.
    pub(crate) bound: usize,
}

/// One window of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Its number: see [`super::Prepared::windows`].
    pub(crate) window: u32,
    /// How many newest entries that have entered it must be there for every answer.
    pub(crate) needed: usize,
}

impl Views {
    /// Of the windows, with their numbers, of the leaves or steps that are folded.
    pub(crate) fn new<'a>(folded: impl Iterator<Item = (u32, &'a EventWindow)>) -> Self {
        let mut needed: BTreeMap<u32, usize> = BTreeMap::new();
        let mut bound = 0;
        for (number, window) in folded {
            bound = entries_max(window);
            let most = needed.entry(number).or_default();
            *most = self::needed(window).max(*most);
        }
        let mut list: Vec<View> =
            needed.into_iter().map(|(window, needed)| View { window, needed }).collect();
        list.sort_by_key(|view| Reverse(view.needed));
        Self { list, bound }
    }
}

/// The most entries that are kept where this is asked for.
fn entries_max(window: &EventWindow) -> usize {
    if window.value.is_some() { VALUES_PER_LEAF_MAX } else { EVENTS_PER_PROFILE_MAX }
}

/// How many newest entries that have entered the window must be there for every answer.
pub(crate) fn needed(window: &EventWindow) -> usize {
    (window.keep_max.unwrap_or(u32::MAX) as usize).min(entries_max(window))
}
