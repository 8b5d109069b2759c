//! The keeper of one edge profile: a Durable Object per primary identity. It loads and stores, sets alarms and sends;
//! what to store, send and answer is decided by [`crate::profile`] and [`crate::decide`].
//!
//! What is promised: an event that was answered is on disk. A write is begun before the answer is given; the runtime holds
//! the answer back until it is stored (output gate), so nothing is waited for here, and neither a killed process nor, as
//! far as the disk keeps its word, a power cut loses what was answered. Under `workerd serve` that is one `fsync` of the
//! object's journal for every commit, in the event loop, whatever is written: so a visit is one commit, of one row as a
//! rule. `allowUnconfirmed` is not used: there it saves nothing (the commit is synced in the same turn either way), and
//! elsewhere it would weaken the promise.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use worker::{Delay, Env, Result, State, console_error, worker_sys};

use acquaint_core::time::format_instant;
use acquaint_core::wire::{Forward, Projection, Receipt, Sealed, open, seal};

use super::convert::failure;
use super::exchange::Answer;
use super::forward::Sent;
use super::settings::{Settings, real_now_ms};
use super::{editions, forward, relay, storage, waiting};
use crate::decide::{decide, view};
use crate::profile::forward::backoff_ms;
use crate::profile::{EdgeProfile, Rate, Taken};
use crate::visit::{Outcome, Visit};
use crate::{json, limits};

/// See the module.
pub(crate) struct Keeper {
    state: State,
    env: Env,
    held: RefCell<Option<Held>>,
    /// Whether events are being forwarded right now.
    forwarding: Cell<bool>,
    /// The object's id.
    id: String,
}

#[derive(Default)]
struct Held {
    profile: EdgeProfile,
    rate: Rate,
    /// Forwards that failed in a row.
    failures: u32,
    /// Rounds in a row in which an endpoint did not take an event.
    relay_failures: u32,
    /// The alarm that is set, by the real clock.
    alarm_ms: Option<i64>,
    /// Whether that is yet to be stored.
    alarm_is_new: bool,
}

impl Held {
    /// Whether something waits that may be sent at once.
    fn has_to_send(&self) -> bool {
        (self.failures == 0 && self.profile.has_to_send())
            || (self.relay_failures == 0 && self.profile.owes())
    }

    /// How long to wait before it is seen to that everything was sent.
    fn pause_ms(&self) -> i64 {
        let forward = self.profile.has_to_send().then_some(self.failures);
        let relay = self.profile.owes().then_some(self.relay_failures);
        if forward.or(relay).is_none() {
            return limits::QUEUE_PATIENCE_MS;
        }
        let failures = forward.into_iter().chain(relay).filter(|failures| *failures > 0).min();
        failures.map_or(limits::FORWARD_WATCH_MS, backoff_ms)
    }
}

impl Keeper {
    pub(crate) fn new(state: worker_sys::DurableObjectState, env: Env) -> Self {
        let state = State::from(state);
        let id = state.id().to_string();
        Self { state, env, held: RefCell::new(None), forwarding: Cell::new(false), id }
    }

    /// Answers a question, and forwards what has come in with it, in a moment.
    pub(crate) async fn ask(self: &Rc<Self>, path: &str, body: &[u8]) -> Result<Answer> {
        let answer = self.answer(path, body).await;
        self.forward_soon();
        answer
    }

    async fn answer(&self, path: &str, body: &[u8]) -> Result<Answer> {
        match path.split_once('/') {
            Some(("visit", tag)) => self.visit(tag, body).await,
            Some(("view", tag)) => self.view(tag).await,
            Some(_) => Ok(Answer::status(404)),
            None => match path {
                "projection" => self.project(body).await,
                "forget" => self.forget().await,
                "receipt" => self.acknowledge(body).await,
                _ => self.inspect().await,
            },
        }
    }

    /// Reads the profile, unless it is in memory.
    async fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let storage = self.state.storage();
        let entries = storage::read_all(&storage).await?;
        let mut alarm_ms = storage.get_alarm().await?;
        let (mut profile, unreadable) = EdgeProfile::load(entries);
        for one in unreadable {
            console_error!(
                "`{}` of an edge profile cannot be read and is left aside: {}",
                one.key,
                one.error
            );
        }
        // Its alarm is late: what is too old to be kept must not be answered from.
        if profile.is_known() && profile.is_expired(Settings::of(&self.env).now_ms()) {
            storage.delete_all().await?;
            (profile, alarm_ms) = (EdgeProfile::default(), None);
        }
        let mut held = self.held.borrow_mut();
        if held.is_none() {
            *held = Some(Held { profile, alarm_ms, ..Held::default() });
        }
        Ok(())
    }

    async fn visit(&self, tag: &str, bytes: &[u8]) -> Result<Answer> {
        let visit: Visit = open(bytes).map_err(|error| failure(&error))?;
        let Some(edition) = editions::tagged(&self.env, tag).await? else {
            return sealed(&Outcome::OtherEdition);
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
        self.store()?;
        sealed(&outcome)
    }

    /// Shows the profile and leaves it as it is, in memory and in the storage.
    async fn view(&self, tag: &str) -> Result<Answer> {
        // Who looks names audiences, not their places in an edition: the newest one will do.
        let edition = match editions::tagged(&self.env, tag).await? {
            None => editions::newest(&self.env).await?,
            found => found,
        };
        let Some(edition) = edition else { return Ok(Answer::status(503)) };
        self.load().await?;
        let mut held = self.held.borrow_mut();
        let held = held.get_or_insert_default();
        if !held.rate.take(real_now_ms()) {
            return Ok(Answer::status(429));
        }
        sealed(&view(&edition, &held.profile, Settings::of(&self.env).now_ms()))
    }

    async fn project(&self, bytes: &[u8]) -> Result<Answer> {
        let projection: Projection = open(bytes).map_err(|error| failure(&error))?;
        self.load().await?;
        let now_ms = Settings::of(&self.env).now_ms();
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.profile.project(projection, now_ms);
            // The control plane is there: what waits for it need not wait out its pause.
            held.failures = 0;
        }
        self.store()?;
        Ok(Answer::status(200))
    }

    /// The person was erased. What the control plane has not acknowledged yet is still forwarded.
    async fn forget(&self) -> Result<Answer> {
        self.load().await?;
        let nothing_left = self.held.borrow_mut().as_mut().is_none_or(|held| held.profile.forget());
        if nothing_left {
            self.held.replace(None);
            self.state.storage().delete_all().await?;
        } else {
            self.store()?;
        }
        Ok(Answer::status(200))
    }

    /// The control plane has answered to what a queue carried there.
    async fn acknowledge(&self, bytes: &[u8]) -> Result<Answer> {
        let receipt: Receipt = open(bytes).map_err(|error| failure(&error))?;
        self.load().await?;
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.profile.acknowledge(&receipt);
        }
        self.store()?;
        Ok(Answer::status(200))
    }

    /// What the alarm is for: events that are still here, and profiles that nobody comes back to.
    pub(crate) async fn wake(&self) -> Result<()> {
        self.load().await?;
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.alarm_ms = None;
            held.profile.stop_waiting(real_now_ms());
        }
        if !self.forwarding.replace(true) {
            let forwarded = self.send_all().await;
            self.forwarding.set(false);
            forwarded?;
        }
        self.forget_or_wait().await
    }

    /// Forwards what has come in, in a moment, behind the answer. An alarm is set as well ([`Self::set_alarm`]), should
    /// this not come to its end.
    fn forward_soon(self: &Rc<Self>) {
        let to_control_plane = Settings::of(&self.env).control_plane_url.is_some();
        let held = self.held.borrow();
        let wanted =
            held.as_ref().is_some_and(|held| held.has_to_send() && (to_control_plane || held.profile.owes()));
        drop(held);
        if !wanted || self.forwarding.replace(true) {
            return;
        }
        let keeper = Rc::clone(self);
        self.state.wait_until(async move {
            Delay::from(Duration::from_millis(limits::FORWARD_DELAY_MS)).await;
            let forwarded = keeper.send_all().await;
            keeper.forwarding.set(false);
            if let Err(error) = forwarded {
                console_error!("forwarding ended: {error}");
            }
        });
    }

    /// Sends what waits: to the control plane, then to other endpoints.
    async fn send_all(&self) -> Result<()> {
        self.forward_all().await?;
        self.relay_all().await
    }

    /// Sends every event that endpoints wait for, once. An endpoint that does not take one is left for the next round.
    async fn relay_all(&self) -> Result<()> {
        if self.held.borrow().as_ref().is_none_or(|held| !held.profile.owes()) {
            return Ok(());
        }
        let Some(edition) = editions::newest(&self.env).await? else { return Ok(()) };
        let mut waiting: BTreeSet<String> = BTreeSet::new();
        let mut after = 0;
        loop {
            let next =
                self.held.borrow().as_ref().and_then(|held| {
                    held.profile.next_owed(after).map(|(number, owed)| (number, owed.clone()))
                });
            let Some((number, owed)) = next else { break };
            after = number;
            for id in owed.rules.iter().filter(|id| !waiting.contains(*id)).cloned().collect::<Vec<_>>() {
                let rule = edition.forwarding(&owed.event.datastream, &id);
                let taken = match rule {
                    Some(rule) => relay::send(rule, &owed).await,
                    None => Taken::Never,
                };
                let now_ms = Settings::of(&self.env).now_ms();
                let settled = self
                    .held
                    .borrow_mut()
                    .as_mut()
                    .is_none_or(|held| held.profile.settle_owed(number, &id, taken, now_ms));
                if !settled {
                    waiting.insert(id);
                }
            }
        }
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.relay_failures = if waiting.is_empty() { 0 } else { held.relay_failures.saturating_add(1) };
        }
        self.store()
    }

    /// Forwards batch after batch until nothing is left, or one fails. Without a control plane, events are kept.
    async fn forward_all(&self) -> Result<()> {
        if Settings::of(&self.env).control_plane_url.is_none() {
            return Ok(());
        }
        while self.forward().await? {
            if self.held.borrow().as_ref().is_none_or(|held| held.failures > 0) {
                break;
            }
        }
        Ok(())
    }

    /// Forwards one batch. False if there is nothing to forward.
    async fn forward(&self) -> Result<bool> {
        let forward = self.held.borrow_mut().as_mut().and_then(|held| held.profile.next_forward());
        let Some(forward) = forward else { return Ok(false) };
        let settings = Settings::of(&self.env);
        let forward = Forward { region: settings.config.region.hint.clone(), ..forward };
        let answer = forward::send(&self.env, &settings, &forward).await;
        {
            let mut held = self.held.borrow_mut();
            // A write failed meanwhile: whoever reads the profile again sends these events again.
            let Some(held) = held.as_mut() else { return Ok(false) };
            let waiting = held.profile.outbox_events();
            let carried = matches!(answer, Ok(Sent::Carried));
            match answer {
                Ok(Sent::Delivered(receipt)) => held.profile.acknowledge(&receipt),
                Ok(Sent::Carried) => held.profile.carry(&forward, real_now_ms()),
                Err(error) => console_error!("events could not be forwarded, they are kept: {error}"),
            }
            let progress = carried || held.profile.outbox_events() < waiting;
            held.failures = if progress { 0 } else { held.failures.saturating_add(1) };
            // Where the events lie in the log need not be stored: after a restart they are sent again, and the control
            // plane says it again. A projection that is adopted now must be.
            if !held.profile.has_urgent_writes() && held.failures == 0 {
                waiting::note(&self.id, held.profile.outbox_events());
                return Ok(true);
            }
        }
        self.store()?;
        Ok(true)
    }

    /// Forgets a profile that nobody has asked for in a long time; else waits on.
    async fn forget_or_wait(&self) -> Result<()> {
        let now_ms = Settings::of(&self.env).now_ms();
        if self.held.borrow().as_ref().is_some_and(|held| held.profile.is_expired(now_ms)) {
            self.held.replace(None);
            return self.state.storage().delete_all().await;
        }
        self.store()
    }

    /// Writes what has changed, and sees to it that an alarm is set for what is next.
    fn store(&self) -> Result<()> {
        self.set_alarm();
        self.write()
    }

    /// Writes. If that fails, memory is as good as nothing: the storage is read again.
    fn write(&self) -> Result<()> {
        let taken = match self.held.borrow_mut().as_mut() {
            Some(held) => {
                waiting::note(&self.id, held.profile.outbox_events());
                let alarm_ms = held.alarm_ms.filter(|_| std::mem::take(&mut held.alarm_is_new));
                held.profile.take_writes().map(|writes| (writes, alarm_ms))
            }
            None => return Ok(()),
        };
        let result = match taken {
            Ok((writes, alarm_ms)) => storage::write(&self.state, writes, alarm_ms),
            Err(error) => Err(failure(&error)),
        };
        if result.is_err() {
            self.held.replace(None);
        }
        result
    }

    /// Decides when to wake next: in a minute if an event waits (it is being forwarded already), after a pause if the
    /// control plane does not answer, and otherwise when the profile may be forgotten. Every change of the alarm is a
    /// write, so one that rings too early is left: it looks again.
    fn set_alarm(&self) {
        let settings = Settings::of(&self.env);
        let mut held = self.held.borrow_mut();
        let Some(held) = held.as_mut() else { return };
        let delay_ms = match held.profile.expires_ms() {
            None => held.pause_ms(),
            Some(expires_ms) => expires_ms.saturating_sub(settings.now_ms()).max(limits::FORWARD_WATCH_MS),
        };
        let target_ms = real_now_ms().saturating_add(delay_ms);
        if held.alarm_ms.is_none_or(|set_ms| set_ms > target_ms) {
            held.alarm_ms = Some(target_ms);
            held.alarm_is_new = true;
        }
    }

    async fn inspect(&self) -> Result<Answer> {
        self.load().await?;
        let held = self.held.borrow();
        let Some(held) = held.as_ref() else { return Ok(Answer::status(200)) };
        let profile = &held.profile;
        let tail: Vec<_> = profile
            .tail()
            .map(|tail| {
                json!({
                    "id": tail.event.id(),
                    "timestamp": format_instant(tail.event.at_ms()),
                    "position": tail.position,
                })
            })
            .collect();
        let seen = json!({
            "position": profile.position(),
            "tail": tail,
            "outbox": profile.outbox_events(),
            "toSend": profile.has_to_send(),
            "inDoubt": profile.is_in_doubt(),
            "memberships": profile.memberships(),
            "failures": held.failures,
        });
        Ok(Answer { status: 200, bytes: json::text(&seen).into_bytes() })
    }
}

fn sealed<T: Sealed>(value: &T) -> Result<Answer> {
    Ok(Answer { status: 200, bytes: seal(value).map_err(|error| failure(&error))? })
}
