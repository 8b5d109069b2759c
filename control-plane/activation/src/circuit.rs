//! The circuit of a destination: after failures in a row it is left alone for a while, then probed with one message, so
//! that what is owed to it waits instead of being tried to death. Kept in memory: a restart probes again.

use serde::Serialize;

/// Failures in a row that open the circuit.
const FAILURES_MAX: u32 = 5;
/// The first pause; each further failed probe doubles it.
const PAUSE_MS_MIN: i64 = 5_000;
/// The longest pause.
const PAUSE_MS_MAX: i64 = 5 * 60_000;

/// What may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// As much as there is.
    Open,
    /// One message, to see whether the destination is back.
    Probe,
    /// Nothing until then.
    Closed {
        /// When it may be probed.
        until_ms: i64,
    },
}

/// What is known of a destination's health.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Circuit {
    /// Failures since the last success.
    pub failures: u32,
    /// Nothing is sent before then.
    pub paused_until_ms: Option<i64>,
    /// The last failure.
    pub last_error: Option<String>,
}

impl Circuit {
    pub(crate) fn gate(&self, now_ms: i64) -> Gate {
        match self.paused_until_ms {
            Some(until_ms) if until_ms > now_ms => Gate::Closed { until_ms },
            Some(_) | None if self.failures >= FAILURES_MAX => Gate::Probe,
            Some(_) | None => Gate::Open,
        }
    }

    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A failure that says something about the destination. `after_ms`: what it asked for.
    pub(crate) fn failed(&mut self, reason: &str, after_ms: Option<i64>, now_ms: i64) {
        self.failures = self.failures.saturating_add(1);
        self.last_error = Some(reason.to_owned());
        let doublings = self.failures.checked_sub(FAILURES_MAX);
        let pause_ms = doublings.map(|n| {
            let factor = 1_i64.checked_shl(n.min(16)).unwrap_or(i64::MAX);
            PAUSE_MS_MIN.saturating_mul(factor).min(PAUSE_MS_MAX)
        });
        if let Some(pause_ms) = pause_ms.max(after_ms) {
            let until_ms = now_ms.saturating_add(pause_ms);
            self.paused_until_ms = Some(self.paused_until_ms.map_or(until_ms, |before| before.max(until_ms)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(times: u32) -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..times {
            circuit.failed("no", None, 0);
        }
        circuit
    }

    #[test]
    fn failures_in_a_row_close_the_gate_for_longer_and_longer() {
        assert_eq!(failing(4).gate(0), Gate::Open);
        assert_eq!(failing(5).gate(0), Gate::Closed { until_ms: 5_000 });
        assert_eq!(failing(7).gate(0), Gate::Closed { until_ms: 20_000 });
        assert_eq!(failing(100).gate(0), Gate::Closed { until_ms: 300_000 });
        assert_eq!(failing(5).gate(5_000), Gate::Probe);
    }

    #[test]
    fn one_success_opens_it() {
        let mut circuit = failing(9);
        circuit.succeeded();
        assert_eq!((circuit.gate(0), circuit.last_error), (Gate::Open, None));
    }

    #[test]
    fn what_the_destination_asks_for_is_granted_at_once() {
        let mut circuit = Circuit::default();
        circuit.failed("busy", Some(30_000), 1_000);
        assert_eq!(circuit.gate(30_999), Gate::Closed { until_ms: 31_000 });
        assert_eq!(circuit.gate(31_000), Gate::Open);
    }
}
