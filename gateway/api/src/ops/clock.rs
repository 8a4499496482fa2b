//! The hand of a manual clock: in a demo, time goes where the operator moves it.

use axum::body::Bytes;
use axum::extract::State;
use gateway_core::Clock;
use gateway_http::json::from_slice;
use gateway_http::{Fault, Json};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Api;
use crate::error::Refused;

/// What the clock is to do: one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// Go to this time, RFC 3339.
    now: Option<String>,
    /// Go forward by this much, an ISO 8601 duration.
    advance: Option<String>,
}

/// What the clock shows.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// RFC 3339 UTC.
    now: String,
}

/// `GET /clock`.
pub(super) async fn get(State(api): State<Api>) -> Result<Json<Shown>, Refused> {
    manual(&api.flow.clock)?;
    Ok(shown(&api.flow.clock))
}

/// `POST /clock`: moves it, and does what has come due.
pub(super) async fn set(State(api): State<Api>, body: Bytes) -> Result<Json<Shown>, Refused> {
    let clock = &api.flow.clock;
    manual(clock)?;
    let asked: Move = from_slice(&body)?;
    let (pointer, to) = asked.target(clock.now())?;
    if !clock.set(to) {
        let detail = "would take the clock back: give a time that is not past";
        return Err(Fault::field(pointer, detail).into());
    }
    api.flow.tick().await?;
    Ok(shown(clock))
}

fn manual(clock: &Clock) -> Result<(), Fault> {
    match clock {
        Clock::Manual(_) => Ok(()),
        Clock::System => Err(Fault::NotFound),
    }
}

fn shown(clock: &Clock) -> Json<Shown> {
    Json(Shown {
        now: clock.now().to_string(),
    })
}

impl Move {
    /// Where the clock is to go, and which field said so.
    fn target(&self, now: Timestamp) -> Result<(&'static str, Timestamp), Fault> {
        match (&self.now, &self.advance) {
            (Some(to), None) => {
                let to = to.parse().map_err(|_| {
                    Fault::field("/now", "is no time: write it as 2026-03-02T09:00:00Z")
                })?;
                Ok(("/now", to))
            }
            (None, Some(by)) => {
                let to = by
                    .parse::<Span>()
                    .and_then(|by| now.to_zoned_datetime(TimeZone::UTC).checked_add(by));
                let to = to.map_err(|_| {
                    Fault::field("/advance", "is no duration: write it as PT20M or P1DT2H")
                })?;
                Ok(("/advance", to.timestamp()))
            }
            (Some(_), Some(_)) | (None, None) => {
                Err(Fault::field("", "give one of `now` and `advance`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<String, Fault> {
        let now = "2026-03-27T12:00:00Z".parse().unwrap();
        from_slice::<Move>(text.as_bytes())?
            .target(now)
            .map(|(_, to)| to.to_string())
    }

    #[test]
    fn the_clock_goes_to_a_time_or_forward_by_a_duration() {
        assert_eq!(
            target(r#"{"now": "2026-04-01T09:00:00Z"}"#).unwrap(),
            "2026-04-01T09:00:00Z"
        );
        assert_eq!(
            target(r#"{"advance": "PT20M"}"#).unwrap(),
            "2026-03-27T12:20:00Z"
        );
        assert_eq!(
            target(r#"{"advance": "P3D"}"#).unwrap(),
            "2026-03-30T12:00:00Z"
        );
    }

    #[test]
    fn anything_else_names_its_field() {
        for (text, pointer) in [
            (r#"{"now": "soon"}"#, "/now"),
            (r#"{"advance": "a while"}"#, "/advance"),
            (r#"{"advance": "P99999Y"}"#, "/advance"),
            ("{}", ""),
            (r#"{"now": "2026-04-01T09:00:00Z", "advance": "PT1S"}"#, ""),
        ] {
            let Err(Fault::Unprocessable(faults)) = target(text) else {
                panic!("{text} is taken")
            };
            assert_eq!(faults[0].pointer, pointer, "{text}");
        }
    }
}
