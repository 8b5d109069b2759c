//! Keys and bytes of a stored profile: `head`, `projection`, `incoming`, `objection`, `carried`, `tail/<number>` for every tail event,
//! and `owed/<number>` for every event that endpoints wait for. An event is one new row; the head is only written when it
//! says what the tail does not.

use acquaint_core::wire::{self, open, seal};

use super::tail::hash;
use super::{Dirty, EdgeProfile};

const HEAD: &str = "head";
const PROJECTION: &str = "projection";
const INCOMING: &str = "incoming";
const OBJECTION: &str = "objection";
const CARRIED: &str = "carried";
const TAIL: &str = "tail/";
const OWED: &str = "owed/";

/// One change of the storage. All changes of one step belong into one atomic write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub key: String,
    /// What; absent: remove.
    pub bytes: Option<Vec<u8>>,
}

/// A stored value that could not be read. It is left where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where.
    pub key: String,
    /// Why.
    pub error: wire::Error,
}

impl EdgeProfile {
    /// Reads a profile from everything that is stored. An unreadable projection is as good as none: the control plane
    /// sends another. An unreadable tail event stays in the storage, and is told.
    pub fn load(entries: impl IntoIterator<Item = (String, Vec<u8>)>) -> (Self, Vec<Unreadable>) {
        let mut profile = Self::default();
        let mut unreadable = Vec::new();
        for (key, bytes) in entries {
            if let Err(error) = profile.load_entry(&key, &bytes) {
                unreadable.push(Unreadable { key, error });
            }
        }
        let last = profile.tail.events().last_key_value().map_or(0, |(sequence, _)| *sequence);
        profile.head.next_sequence = profile.head.next_sequence.max(last);
        for tail in profile.tail.events().values() {
            let id = tail.event.id();
            if !profile.head.recent.contains(&hash(id)) {
                profile.head.remember(id);
            }
        }
        profile.sent_through = last;
        (profile, unreadable)
    }

    fn load_entry(&mut self, key: &str, bytes: &[u8]) -> Result<(), wire::Error> {
        match key {
            HEAD => self.head = open(bytes)?,
            PROJECTION => self.projection = open(bytes)?,
            INCOMING => self.incoming = Some(open(bytes)?),
            OBJECTION => self.objection = Some(open(bytes)?),
            CARRIED => self.carried = Some(open(bytes)?),
            other => {
                let number = |prefix| u64::from_str_radix(other.strip_prefix(prefix)?, 16).ok();
                if let Some(sequence) = number(TAIL) {
                    self.tail.insert(sequence, open(bytes)?);
                } else if let Some(number) = number(OWED) {
                    self.owed.insert(number, open(bytes)?);
                }
            }
        }
        Ok(())
    }

    /// What has to be stored, and forgets that it has.
    pub fn take_writes(&mut self) -> Result<Vec<Write>, wire::Error> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut writes = Vec::new();
        self.write_singles(&dirty, &mut writes)?;
        for sequence in dirty.tail {
            writes.push(Write {
                key: format!("{TAIL}{sequence:016x}"),
                bytes: self.tail.events().get(&sequence).map(seal).transpose()?,
            });
        }
        for number in dirty.owed {
            writes.push(Write {
                key: format!("{OWED}{number:016x}"),
                bytes: self.owed.get(&number).map(seal).transpose()?,
            });
        }
        Ok(writes)
    }

    fn write_singles(&self, dirty: &Dirty, writes: &mut Vec<Write>) -> Result<(), wire::Error> {
        if dirty.head {
            writes.push(Write { key: HEAD.into(), bytes: Some(seal(&self.head)?) });
        }
        if dirty.projection {
            writes.push(Write { key: PROJECTION.into(), bytes: Some(seal(&self.projection)?) });
        }
        if dirty.incoming {
            writes.push(Write { key: INCOMING.into(), bytes: self.incoming.as_ref().map(seal).transpose()? });
        }
        if dirty.objection {
            writes
                .push(Write { key: OBJECTION.into(), bytes: self.objection.as_ref().map(seal).transpose()? });
        }
        if dirty.carried {
            writes.push(Write { key: CARRIED.into(), bytes: self.carried.as_ref().map(seal).transpose()? });
        }
        Ok(())
    }
}
