//! One figure, beside its limit or peer.

use serde::Serialize;

use super::times::Times;
use crate::say;

/// How this binary was built. Figures are stated for `release`.
pub const PROFILE: &str = if cfg!(debug_assertions) {
    "dev (own code at opt-level 0 and 1, its busiest crates at 2 and 3; dependencies at 2 and 3)"
} else {
    "release"
};

/// One figure.
#[expect(
    clippy::struct_field_names,
    reason = "the fields are the JSON's, for people who see one row"
)]
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// The measurement.
    pub name: &'static str,
    /// What of it.
    pub case: String,
    /// The figure that is compared, in `unit`.
    pub figure: f64,
    /// Unit of `figure` and `peer_figure`.
    pub unit: &'static str,
    /// Median, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median: Option<f64>,
    /// 99th percentile, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// How many a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// What it stands beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The peer's figure, in `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_figure: Option<f64>,
    /// `figure` divided by `peer_figure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// What it is meant to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// How this binary was built.
    pub profile: &'static str,
}

impl Figure {
    /// A value.
    pub fn value(
        name: &'static str,
        case: impl Into<String>,
        figure: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            name,
            case: case.into(),
            figure: rounded(figure),
            unit,
            median: None,
            p99: None,
            rate: None,
            peer: None,
            peer_figure: None,
            ratio: None,
            target: None,
            holds: None,
            profile: PROFILE,
        }
    }

    /// A rate, in so many a second.
    pub fn rate(
        name: &'static str,
        case: impl Into<String>,
        rate: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            rate: Some(rounded(rate)),
            ..Self::value(name, case, rate, unit)
        }
    }

    /// Times of one thing; their median is compared.
    pub fn times(name: &'static str, case: impl Into<String>, times: &Times) -> Self {
        Self {
            rate: Some(rounded(times.rate())),
            ..Self::value(name, case, times.median(), "µs").with_times(times)
        }
    }

    /// With the median and the 99th percentile as well.
    pub fn with_times(self, times: &Times) -> Self {
        Self {
            median: Some(rounded(times.median())),
            p99: Some(rounded(times.p99())),
            ..self
        }
    }

    /// Whether it is not what it is meant to be.
    pub fn falls_short(&self) -> bool {
        self.holds == Some(false)
    }

    /// Beside a limit or a peer.
    pub fn beside(self, peer: impl Into<String>, figure: f64) -> Self {
        Self {
            peer: Some(peer.into()),
            peer_figure: Some(rounded(figure)),
            ratio: Some(rounded(self.figure / figure)),
            ..self
        }
    }

    /// With what it is meant to be, and whether it is.
    pub fn target(self, target: impl Into<String>, holds: bool) -> Self {
        Self {
            target: Some(target.into()),
            holds: Some(holds),
            ..self
        }
    }

    /// The ratio is meant to be at least so much.
    pub fn at_least(self, target: f64) -> Self {
        let holds = self.ratio.is_some_and(|ratio| ratio >= target);
        self.target(format!("ratio ≥ {target}"), holds)
    }
}

/// Four figures are enough for anything measured.
fn rounded(figure: f64) -> f64 {
    if figure == 0.0 || !figure.is_finite() {
        return figure;
    }
    let scale = 10f64.powf(3.0 - figure.abs().log10().floor());
    (figure * scale).round() / scale
}

/// The figures of one measurement, for people.
pub fn table(name: &str, figures: &[Figure]) {
    let words = |figure: Option<f64>| figure.map(plain).unwrap_or_default();
    let rows: Vec<[String; 9]> = figures
        .iter()
        .map(|f| {
            let peer = f.peer.as_ref().zip(f.peer_figure);
            let holds = f.holds.map(|holds| if holds { "yes" } else { "NO" });
            [
                f.case.clone(),
                format!("{} {}", plain(f.figure), f.unit),
                words(f.median),
                words(f.p99),
                words(f.rate),
                peer.map_or_else(String::new, |(what, n)| format!("{} {what}", plain(n))),
                words(f.ratio),
                f.target.clone().unwrap_or_default(),
                holds.unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    let header = [
        name,
        "figure",
        "median µs",
        "p99 µs",
        "a second",
        "beside",
        "ratio",
        "target",
        "holds",
    ];
    say::table(header, &rows);
    say::line("");
}

fn plain(figure: f64) -> String {
    let decimals = match figure.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 10.0 => 1,
        _ => 3,
    };
    format!("{figure:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_keeps_four_places_and_its_ratio_is_that_to_its_peer() {
        let times = Times::of(vec![10.0, 20.0, 30.0]);
        let figure = Figure::times("decide", "a case", &times).beside("the engine", 8.0);
        assert_eq!(
            (figure.median, figure.p99, figure.ratio),
            (Some(20.0), Some(30.0), Some(2.5))
        );
        assert_eq!(figure.clone().at_least(2.5).holds, Some(true));
        assert_eq!(figure.at_least(2.6).holds, Some(false));
        assert_eq!(
            (rounded(123_456.0), rounded(0.012_345_6)),
            (123_500.0, 0.01235)
        );
        assert_eq!(
            (plain(123_500.0), plain(0.01235)),
            ("123500".to_owned(), "0.012".to_owned())
        );
    }
}
