//! Attributes: one fragment for each dataset and primary identity, patched by every upsert.

use acquaint_core::id::DatasetId;
use acquaint_core::profile::{Fragment, Identity};
use acquaint_core::value::Fields;
use acquaint_store::record::ChangeKind;

use super::cache::Entry;
use super::merge::add_fragment;
use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// Attributes of a person. Fields that the patch does not name stay; `Null` removes one.
    pub(crate) fn upsert(
        &mut self,
        message: Option<&str>,
        dataset: DatasetId,
        identities: &[Identity],
        attributes: Fields,
    ) -> Result<()> {
        let Some(primary) = identities.first() else { return Ok(()) };
        if self.again(message)? {
            return Ok(());
        }
        let (mut entry, linked) = self.resolve(identities)?;
        let updated_ms = self.progress.now_ms;
        let identity = primary.clone();
        add_fragment(&mut entry.document, Fragment { dataset, identity, updated_ms, attributes });
        entry.merge(&self.rules.policy);
        self.conclude(entry, linked)
    }

    /// Identities belong to one person.
    pub(crate) fn link(&mut self, message: Option<&str>, identities: &[Identity]) -> Result<()> {
        if identities.is_empty() || self.again(message)? {
            return Ok(());
        }
        let (entry, linked) = self.resolve(identities)?;
        if linked {
            return self.conclude(entry, linked);
        }
        self.put(entry);
        Ok(())
    }

    fn again(&mut self, message: Option<&str>) -> Result<bool> {
        message.map_or(Ok(false), |message| self.seen(message))
    }

    /// Attributes or identities have changed.
    fn conclude(&mut self, mut entry: Entry, linked: bool) -> Result<()> {
        let rules = self.rules;
        let now_ms = self.progress.now_ms;
        self.tell(&entry.document, ChangeKind::Profile)?;
        if linked {
            self.answer_all(&mut entry, now_ms)?;
        } else {
            self.answer_some(&mut entry, &rules.attribute_audiences, now_ms)?;
        }
        self.schedule(&mut entry, now_ms);
        self.owe(&entry.document);
        self.put(entry);
        Ok(())
    }
}
