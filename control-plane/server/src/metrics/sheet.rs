//! Figures that are looked up when somebody asks: families of rows, written by the same library as the counters.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::gauge::ConstGauge;

/// Name and value of a label.
pub(crate) type Label = (&'static str, String);

/// One name with all its rows.
#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    rows: Vec<(Vec<Label>, f64)>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Sheet(Vec<Family>);

impl Sheet {
    /// One figure.
    pub(crate) fn one(&mut self, name: &'static str, help: &'static str, value: impl Into<f64>) {
        self.many(name, help, [(Vec::new(), value.into())]);
    }

    /// Figures that labels tell apart.
    pub(crate) fn many(
        &mut self,
        name: &'static str,
        help: &'static str,
        rows: impl IntoIterator<Item = (Vec<Label>, f64)>,
    ) {
        self.0.push(Family { name, help, rows: rows.into_iter().collect() });
    }
}

impl Collector for Sheet {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for family in &self.0 {
            let kind = ConstGauge::<f64>::TYPE;
            let mut of_family = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            match family.rows.as_slice() {
                [(labels, value)] if labels.is_empty() => ConstGauge::new(*value).encode(of_family)?,
                rows => {
                    for (labels, value) in rows {
                        ConstGauge::new(*value).encode(of_family.encode_family(labels)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A count as a figure; beyond 2^53 the last digits do not matter.
pub(crate) fn figure(count: u64) -> f64 {
    count as f64
}
