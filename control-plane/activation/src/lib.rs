//! The ledger of desired and delivered memberships, schedules and destinations.
