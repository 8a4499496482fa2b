//! Counts as Prometheus text: numbers, states and areas, nothing about anybody.

use std::fmt::{Display, Write};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gateway_flow::clockwork::Counts;

use crate::Api;
use crate::error::Refused;

/// The version 0.0.4 text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`.
pub(super) async fn metrics(State(api): State<Api>) -> Result<Response, Refused> {
    let counts = api.flow.counts().await?;
    Ok(([(CONTENT_TYPE, PROMETHEUS)], text(&counts)).into_response())
}

fn text(counts: &Counts) -> String {
    let mut out = String::new();
    gauge(
        &mut out,
        "gateway_exchanges",
        "Exchanges by state.",
        "state",
        &counts.exchanges,
    );
    gauge(
        &mut out,
        "gateway_deliveries",
        "Deliveries by state.",
        "state",
        &counts.deliveries,
    );
    gauge(
        &mut out,
        "gateway_mails_out",
        "Mails out by state.",
        "state",
        &counts.mails,
    );
    gauge(
        &mut out,
        "gateway_mesh_out",
        "Messages out by NHS MESH, by state.",
        "state",
        &counts.mesh,
    );
    gauge(
        &mut out,
        "gateway_quarantine",
        "What is kept apart, by reason.",
        "reason",
        &counts.quarantine,
    );
    head(
        &mut out,
        "gateway_open_holds",
        "Holds that wait for a reviewer.",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(out, "gateway_open_holds {}", counts.open_holds);
    gauge(
        &mut out,
        "gateway_ledger_entries",
        "Entries of each area's log.",
        "area",
        &counts.log_size,
    );
    out
}

fn head(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn gauge<N: Display>(out: &mut String, name: &str, help: &str, label: &str, of: &[(String, N)]) {
    head(out, name, help);
    for (value, count) in of {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let _ = writeln!(out, "{name}{{{label}=\"{value}\"}} {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_a_line() {
        let text = text(&Counts {
            exchanges: vec![("released".to_owned(), 3)],
            deliveries: vec![("sent".to_owned(), 2)],
            mails: vec![("queued".to_owned(), 3)],
            mesh: vec![("sent".to_owned(), 2)],
            quarantine: vec![("unreadable".to_owned(), 4)],
            open_holds: 1,
            log_size: vec![("lon\"don".to_owned(), 40)],
        });
        for line in [
            "# TYPE gateway_exchanges gauge",
            "gateway_exchanges{state=\"released\"} 3",
            "gateway_deliveries{state=\"sent\"} 2",
            "gateway_mails_out{state=\"queued\"} 3",
            "gateway_mesh_out{state=\"sent\"} 2",
            "gateway_quarantine{reason=\"unreadable\"} 4",
            "gateway_open_holds 1",
            "gateway_ledger_entries{area=\"lon\\\"don\"} 40",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in {text}");
        }
    }
}
