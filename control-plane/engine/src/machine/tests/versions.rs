//! Staged rules: a shadow that nobody is told of, and a switch that is told once, wherever the engine is stopped.

use std::sync::Arc;

use acquaint_core::id::AudienceId;
use acquaint_core::profile::Status;
use acquaint_store::catalog::version::{self, shadow};
use acquaint_store::catalog::{Audience, Definition, Edit};
use serde_json::json;

use super::{HOUR, NOW, World};
use crate::machine::Engine;
use crate::testing::{audience, event, identity};

fn rule(count: u32) -> String {
    format!("xEvent[eventType = \"buy\" and timestamp occurs <= 2 hours before now].count() >= {count}")
}

/// Profile 1 has bought twice, profile 2 once.
fn world() -> World {
    let mut world = World::new(vec![audience("buyers", "continuous", &rule(1))]);
    let buy = |id: &str, who: &str| event(id, NOW, &[identity("crm", who)], &json!({"eventType": "buy"}));
    world.send(NOW, [buy("a", "ada"), buy("b", "ada"), buy("c", "bob")]);
    world
}

fn edit(world: &mut World, at_ms: i64, change: impl FnOnce(&mut Audience)) {
    let mut audience = world.catalog.audiences["buyers"].clone();
    change(&mut audience);
    world.edit(vec![Edit::Put(Definition::Audience(audience))], at_ms);
}

fn stage(world: &mut World, count: u32) {
    edit(world, NOW + 1, |audience| {
        let mut expression = audience.expression.clone();
        expression.value = rule(count);
        audience.versions = audience.versions.stage(expression, NOW + 1);
    });
}

fn switch(world: &mut World) {
    edit(world, NOW + 2, |audience| {
        (audience.versions, audience.expression) = audience.versions.switch().unwrap();
    });
}

#[test]
fn a_shadow_is_kept_up_to_date_and_told_to_nobody() {
    let mut world = world();
    let told = world.told();
    stage(&mut world, 2);
    world.drain();
    let bob = identity("crm", "bob");
    assert!(!world.audiences(&bob).contains(&shadow("buyers", 2).to_string()));
    world.send(NOW + 1, [event("d", NOW, std::slice::from_ref(&bob), &json!({"eventType": "buy"}))]);
    assert_eq!(world.profile(&bob).memberships[&shadow("buyers", 2)].status, Status::Realized);
    assert_eq!(world.told(), told);
    // It ends with its window, as every membership does.
    world.send(NOW + 3 * HOUR, [acquaint_store::record::Body::Advance]);
    assert_eq!(world.profile(&bob).memberships[&shadow("buyers", 2)].status, Status::Exited);
}

#[test]
fn a_switch_is_read_at_once_and_told_once() {
    let mut world = world();
    stage(&mut world, 2);
    world.drain();
    let told = world.told().len();
    switch(&mut world);
    // The catalogue says so, and the engine has not even come to it.
    let bob = world.profile(&identity("crm", "bob"));
    let visible = version::visible(&bob.memberships, &world.catalog);
    assert_eq!(visible[&AudienceId::from("buyers")].status, Status::Exited);
    world.drain();
    assert_eq!(world.told()[told..], ["2 -buyers @2"]);
    assert_eq!(world.audiences(&identity("crm", "ada")), ["buyers"]);
    let bob = world.profile(&identity("crm", "bob"));
    assert_eq!(bob.memberships.keys().map(ToString::to_string).collect::<Vec<_>>(), ["buyers"]);
}

#[test]
fn the_engine_may_be_stopped_anywhere() {
    let work = |world: &mut World, stopped: bool| {
        if !stopped {
            return world.drain();
        }
        loop {
            world.engine = Engine::open(Arc::clone(&world.store)).unwrap();
            if world.engine.step(1).unwrap() == 0 {
                return;
            }
        }
    };
    let all = |world: &mut World, stopped: bool| {
        stage(world, 2);
        work(world, stopped);
        switch(world);
        work(world, stopped);
    };
    let (mut whole, mut stopped) = (world(), world());
    all(&mut whole, false);
    all(&mut stopped, true);
    assert_eq!(stopped.told(), whole.told());
    assert_eq!(stopped.tables(), whole.tables());
}
