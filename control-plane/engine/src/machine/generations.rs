//! A cache in two generations: what was used lately is in the young one; when that is full it becomes the old one, and
//! what is still in the old one then is forgotten. Nothing is ever forgotten between two calls of [`Generations::age`].

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// The cache.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    young_max: usize,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    /// Holds about `entries_max` entries.
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), young_max: entries_max / 2 }
    }

    /// Takes an entry out.
    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Looks an entry up without making it younger.
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// As [`Self::get`], to change it.
    pub(crate) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// Puts an entry in.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Forgets the old generation if the young one is full. To be called when nothing in here is yet to be written.
    pub(crate) fn age(&mut self) {
        if self.young.len() > self.young_max {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_survives_and_what_is_not_is_forgotten() {
        let mut cache = Generations::new(4);
        for key in 0..3 {
            cache.insert(key, key);
        }
        cache.age();
        let used = cache.remove(&0).unwrap();
        cache.insert(0, used);
        for key in 3..6 {
            cache.insert(key, key);
        }
        cache.age();
        assert_eq!(cache.get(&0), Some(&0));
        assert_eq!(cache.get(&1), None);
        assert_eq!(cache.get(&5), Some(&5));
    }

    #[test]
    fn an_entry_is_never_in_there_twice() {
        let mut cache = Generations::new(0);
        cache.insert("a", 1);
        cache.age();
        cache.insert("a", 2);
        assert_eq!(cache.remove("a"), Some(2));
        assert_eq!(cache.remove("a"), None);
    }
}
