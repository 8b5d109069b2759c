//! Attributes: one fragment for each dataset and primary identity, patched by every upsert.

use acquaint_core::id::DatasetId;
use acquaint_core::profile::{Fragment, Identity, LinkKind};
use acquaint_core::value::{Fields, fields};
use acquaint_store::ProfileDocument;
use acquaint_store::record::ChangeKind;

use super::cache::Entry;
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
        let wanted = self.rules.linkable(identities);
        let (entry, linked) = self.resolve(&wanted, LinkKind::Attributes)?;
        self.upsert_of(entry, linked, dataset, primary.clone(), attributes)
    }

    /// Attributes of a profile, whose identities may just have changed.
    pub(crate) fn upsert_of(
        &mut self,
        mut entry: Entry,
        linked: bool,
        dataset: DatasetId,
        primary: Identity,
        attributes: Fields,
    ) -> Result<()> {
        let fragment = Fragment::of_record(dataset, primary, attributes, self.progress.now_ms);
        add_fragment(&mut entry.document, fragment);
        entry.merge(&self.rules.policy);
        self.conclude(entry, linked)
    }

    /// Identities belong to one person.
    pub(crate) fn link(&mut self, message: Option<&str>, identities: &[Identity]) -> Result<()> {
        if identities.is_empty() || self.again(message)? {
            return Ok(());
        }
        let wanted = self.rules.linkable(identities);
        let (entry, linked) = self.resolve(&wanted, LinkKind::Declared)?;
        self.link_of(entry, linked)
    }

    /// Identities of a profile were linked, which may just have become its own.
    pub(crate) fn link_of(&mut self, entry: Entry, linked: bool) -> Result<()> {
        if linked {
            return self.conclude(entry, linked);
        }
        self.put(entry);
        Ok(())
    }

    pub(crate) fn again(&mut self, message: Option<&str>) -> Result<bool> {
        message.map_or(Ok(false), |message| self.seen(message))
    }

    /// Attributes or identities have changed.
    pub(crate) fn conclude(&mut self, mut entry: Entry, linked: bool) -> Result<()> {
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

/// Adds a fragment; one of the same dataset and identity takes it in.
fn add_fragment(document: &mut ProfileDocument, fragment: Fragment) {
    match document.fragments.iter_mut().find(|known| known.is_beside(&fragment)) {
        Some(known) => known.take_in(fragment),
        None => {
            let attributes = fields::without_nulls(fragment.attributes);
            document.fragments.push(Fragment { attributes, ..fragment });
        }
    }
}
