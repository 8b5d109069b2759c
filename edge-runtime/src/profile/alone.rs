//! A profile without a control plane: on a visitor's own device.

use acquaint_core::value::Fields;
use acquaint_core::wire::Receipt;

use super::EdgeProfile;

impl EdgeProfile {
    /// What is known of the person, as there is no projection that would say it.
    pub(crate) fn set_attributes(&mut self, attributes: Fields) {
        if self.projection.attributes != attributes {
            self.projection.attributes = attributes;
            self.dirty.projection = true;
        }
    }

    /// Nobody waits for the events: they count as acknowledged, in the order in which they came. They are kept for a
    /// while, so that another edition of the bundle can be answered from them, and then folded into the state.
    pub(crate) fn take_as_acknowledged(&mut self) {
        let positions = self.tail.acknowledged().map(|(_, position, _)| position);
        let last = positions.max().unwrap_or(0).max(self.projection.position);
        let mut next = last.saturating_add(1)..;
        while let Some(forward) = self.next_forward() {
            let ids = forward.events.into_iter().map(|event| event.id().to_owned());
            self.acknowledge(&Receipt { accepted: ids.zip(&mut next).collect(), refused: Vec::new() });
        }
    }
}
