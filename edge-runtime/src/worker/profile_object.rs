//! The keeper of one edge profile: a Durable Object per primary identity. It loads and stores, sets alarms and sends;
//! what to store, send and answer is decided by [`crate::profile`] and [`crate::decide`].
//!
//! A write is begun before the answer is given; the runtime holds the answer back until the write is on disk (output
//! gate), so nothing is promised that could be lost, and nothing is waited for here.

use std::cell::RefCell;

use serde_json::json;
use worker::wasm_bindgen;
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

use acquaint_core::time::format_instant;
use acquaint_core::wire::{Projection, open};

use super::convert::{failure, sealed};
use super::settings::{Settings, real_now_ms};
use super::{editions, forward, storage, waiting};
use crate::decide::decide;
use crate::limits;
use crate::profile::forward::backoff_ms;
use crate::profile::{EdgeProfile, Rate};
use crate::visit::{Outcome, Visit};

/// See the module.
#[durable_object(alarm)]
pub struct ProfileObject {
    state: State,
    env: Env,
    held: RefCell<Option<Held>>,
}

#[derive(Default)]
struct Held {
    profile: EdgeProfile,
    rate: Rate,
    /// Forwards that failed in a row.
    failures: u32,
    /// The alarm that is set, by the real clock.
    alarm_ms: Option<i64>,
}

impl DurableObject for ProfileObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, held: RefCell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        match path.strip_prefix("/visit/") {
            Some(tag) => self.visit(tag, &request.bytes().await?).await,
            None if path == "/projection" => self.project(&request.bytes().await?).await,
            None => self.inspect().await,
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.load().await?;
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.alarm_ms = None;
        }
        if !self.forward().await? {
            self.forget_or_wait().await?;
        }
        Response::empty()
    }
}

impl ProfileObject {
    /// Reads the profile, unless it is in memory.
    async fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let storage = self.state.storage();
        let entries = storage::read_all(&storage).await?;
        let alarm_ms = storage.get_alarm().await?;
        let (profile, unreadable) = EdgeProfile::load(entries);
        for one in unreadable {
            console_error!(
                "`{}` of an edge profile cannot be read and is left aside: {}",
                one.key,
                one.error
            );
        }
        let mut held = self.held.borrow_mut();
        if held.is_none() {
            *held = Some(Held { profile, alarm_ms, ..Held::default() });
        }
        Ok(())
    }

    async fn visit(&self, tag: &str, bytes: &[u8]) -> Result<Response> {
        let visit: Visit = open(bytes).map_err(|error| failure(&error))?;
        let Some(edition) = editions::tagged(&self.env, tag).await? else {
            return sealed(&Outcome::NoBundle);
        };
        self.load().await?;
        let now_ms = Settings::of(&self.env).now_ms();
        let outcome = {
            let mut held = self.held.borrow_mut();
            let held = held.get_or_insert_default();
            if !held.rate.take(real_now_ms()) {
                return sealed(&Outcome::TooManyRequests);
            }
            let (outcome, profile) = decide(&edition, std::mem::take(&mut held.profile), &visit, now_ms);
            held.profile = profile;
            outcome
        };
        self.store().await?;
        sealed(&outcome)
    }

    async fn project(&self, bytes: &[u8]) -> Result<Response> {
        let projection: Projection = open(bytes).map_err(|error| failure(&error))?;
        self.load().await?;
        let now_ms = Settings::of(&self.env).now_ms();
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.profile.project(projection, now_ms);
            // The control plane is there: what waits for it need not wait out its pause.
            held.failures = 0;
        }
        self.store().await?;
        Response::empty()
    }

    /// Forwards one batch. False if there is nothing to forward.
    async fn forward(&self) -> Result<bool> {
        let forward = self.held.borrow_mut().as_mut().and_then(|held| held.profile.next_forward());
        let Some(forward) = forward else { return Ok(false) };
        // That these events were sent is on disk before they are: the runtime holds back what goes out, too.
        self.write().await?;
        let answer = forward::send(&Settings::of(&self.env), &forward).await;
        {
            let mut held = self.held.borrow_mut();
            let held = held.get_or_insert_default();
            let waiting = held.profile.outbox_events();
            match answer {
                Ok(receipt) => held.profile.acknowledge(&receipt),
                Err(error) => console_error!("events could not be forwarded, they are kept: {error}"),
            }
            let progress = held.profile.outbox_events() < waiting;
            held.failures = if progress { 0 } else { held.failures.saturating_add(1) };
        }
        self.store().await?;
        Ok(true)
    }

    /// Forgets a profile that nobody has asked for in a long time; else waits on.
    async fn forget_or_wait(&self) -> Result<()> {
        let now_ms = Settings::of(&self.env).now_ms();
        let expired = self.held.borrow().as_ref().and_then(|held| held.profile.expires_ms());
        if expired.is_some_and(|expires_ms| expires_ms <= now_ms) {
            self.held.replace(None);
            return self.state.storage().delete_all().await;
        }
        self.store().await
    }

    /// Writes what has changed, and sees to it that an alarm is set for what is next.
    async fn store(&self) -> Result<()> {
        self.set_alarm();
        self.write().await
    }

    /// Begins the writes. If they fail, memory is as good as nothing: the storage is read again.
    async fn write(&self) -> Result<()> {
        let taken = match self.held.borrow_mut().as_mut() {
            Some(held) => {
                waiting::note(self.state.id().to_string(), held.profile.outbox_events());
                held.profile.take_writes().map(|writes| (writes, held.alarm_ms))
            }
            None => return Ok(()),
        };
        let result = match taken {
            Ok((writes, alarm_ms)) => storage::write(&self.state.storage(), writes, alarm_ms).await,
            Err(error) => Err(failure(&error)),
        };
        if result.is_err() {
            self.held.replace(None);
        }
        result
    }

    /// Decides when to wake next: soon if an event waits, after a pause if the control plane does not answer, and
    /// otherwise when the profile may be forgotten.
    fn set_alarm(&self) {
        let settings = Settings::of(&self.env);
        let mut held = self.held.borrow_mut();
        let Some(held) = held.as_mut() else { return };
        let delay_ms = match held.profile.expires_ms() {
            None if held.failures == 0 => limits::FORWARD_DELAY_MS,
            None => backoff_ms(held.failures),
            Some(expires_ms) => expires_ms.saturating_sub(settings.now_ms()).max(limits::FORWARD_DELAY_MS),
        };
        let target_ms = real_now_ms().saturating_add(delay_ms);
        // An alarm that rings too early looks again.
        if held.alarm_ms.is_none_or(|set_ms| set_ms > target_ms) {
            held.alarm_ms = Some(target_ms);
        }
    }

    async fn inspect(&self) -> Result<Response> {
        self.load().await?;
        let held = self.held.borrow();
        let Some(held) = held.as_ref() else { return Response::empty() };
        let profile = &held.profile;
        let tail: Vec<_> = profile
            .tail()
            .map(|tail| {
                json!({
                    "id": tail.event.event.id,
                    "timestamp": format_instant(tail.event.event.timestamp_ms),
                    "position": tail.position,
                })
            })
            .collect();
        Response::from_json(&json!({
            "position": profile.position(),
            "tail": tail,
            "outbox": profile.outbox_events(),
            "inDoubt": profile.is_in_doubt(),
            "memberships": profile.memberships(),
            "failures": held.failures,
        }))
    }
}
