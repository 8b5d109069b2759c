//! One program has one form, and survives its bytes.

use std::collections::BTreeSet;

use acquaint_core::plan::Program;

use super::{Law, Seen};
use crate::choices::Choices;
use crate::world::World;

pub(super) fn bytes_survive(world: &World, _: &mut Choices, seen: &mut Seen) -> Law {
    let build = || Program::build(&world.audiences.definitions).unwrap();
    let program = build();
    let bytes = postcard::to_allocvec(&program).unwrap();
    seen.add(&bytes);
    if postcard::to_allocvec(&build()).unwrap() != bytes {
        return Err("the same audiences make two programs".into());
    }
    match postcard::from_bytes::<Program>(&bytes) {
        Ok(read) if read == program => {}
        Ok(_) => return Err("the program changes when it is stored".into()),
        Err(error) => return Err(format!("the stored program cannot be read: {error}")),
    }
    let identities: BTreeSet<_> = program.leaves.iter().map(|leaf| leaf.id).collect();
    if identities.len() == program.leaves.len() { Ok(()) } else { Err("two leaves have one identity".into()) }
}
