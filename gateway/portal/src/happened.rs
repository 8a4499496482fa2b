//! What happened, in the words of people: of an event of the log, by its kind and its opaque
//! particulars, as far as whoever reads may know them.

mod flag;

use std::collections::BTreeMap;

use gateway_core::event::EventKind;

use crate::words;

/// Opaque particulars of an event.
type Detail = BTreeMap<String, String>;

/// Kinds of event that people ask for together.
pub(crate) struct Group {
    /// Its word in an address.
    pub(crate) word: &'static str,
    /// What it is called.
    pub(crate) name: &'static str,
    /// The kinds.
    pub(crate) kinds: &'static [EventKind],
}

/// What a nominal's timeline is asked for.
pub(crate) const OF_NOMINAL: [&Group; 10] = [
    &SHARING,
    &DELIVERIES,
    &DECISIONS,
    &READINGS,
    &RECORDS,
    &FORMS,
    &HEALTH,
    &flag::FLAGS,
    &CUSTODY,
    &QUESTIONS,
];

/// What the whole log is asked for.
pub(crate) const OF_LOG: [&Group; 12] = [
    &SHARING,
    &DELIVERIES,
    &DECISIONS,
    &READINGS,
    &RECORDS,
    &FORMS,
    &HEALTH,
    &flag::FLAGS,
    &CUSTODY,
    &QUESTIONS,
    &SIGN_INS,
    &ARRANGEMENTS,
];

const SHARING: Group = Group {
    word: "sharing",
    name: "Sharing",
    kinds: &[
        EventKind::ExchangeRecorded,
        EventKind::ExchangeIncomplete,
        EventKind::ExchangeCompleted,
        EventKind::ExchangeQuarantined,
        EventKind::ExchangeWithdrawn,
        EventKind::Corrected,
    ],
};
const DELIVERIES: Group = Group {
    word: "deliveries",
    name: "Deliveries and notices",
    kinds: &[EventKind::DeliveryMoved, EventKind::Notified],
};
const DECISIONS: Group = Group {
    word: "decisions",
    name: "Decisions",
    kinds: &[
        EventKind::HoldApproved,
        EventKind::HoldRefused,
        EventKind::HoldReminded,
        EventKind::HoldClocked,
        EventKind::HoldEscalated,
        EventKind::AskedBack,
        EventKind::AnsweredBack,
    ],
};
const READINGS: Group = Group {
    word: "readings",
    name: "Readings",
    kinds: &[
        EventKind::ItemRead,
        EventKind::BulkDownloaded,
        EventKind::RecordRead,
        EventKind::PeopleRead,
        EventKind::LogRead,
    ],
};
const RECORDS: Group = Group {
    word: "record",
    name: "Changes of the record",
    kinds: &[
        EventKind::NominalChanged,
        EventKind::MeetingChanged,
        EventKind::Matched,
        EventKind::NoneMatched,
    ],
};
const FORMS: Group = Group {
    word: "forms",
    name: "Forms asked for and used",
    kinds: &[
        EventKind::FormAsked,
        EventKind::FormReminded,
        EventKind::FormLate,
        EventKind::FormAnswered,
        EventKind::FormConsidered,
        EventKind::FormRequestMoved,
    ],
};
const HEALTH: Group = Group {
    word: "health",
    name: "Health information requests",
    kinds: &[
        EventKind::HealthAsked,
        EventKind::HealthAccepted,
        EventKind::HealthAssigned,
        EventKind::HealthSigned,
        EventKind::HealthAnswered,
        EventKind::HealthRefused,
        EventKind::HealthRedirected,
        EventKind::HealthUpheld,
        EventKind::HealthReopened,
        EventKind::HealthWrongPatient,
        EventKind::HealthReminded,
        EventKind::HealthLate,
        EventKind::HealthEscalated,
        EventKind::HealthClosed,
    ],
};
const CUSTODY: Group = Group {
    word: "custody",
    name: "Custody and hand-over",
    kinds: &[
        EventKind::CustodyClaimed,
        EventKind::CustodyConfirmed,
        EventKind::CustodyDisputed,
        EventKind::CustodySettled,
        EventKind::CustodyWithdrawn,
        EventKind::CustodyOverdue,
        EventKind::CustodyTried,
        EventKind::FormCarried,
        EventKind::HandOverOpened,
        EventKind::HandOverReminded,
        EventKind::HandOverLate,
        EventKind::HandOverEnded,
    ],
};
const QUESTIONS: Group = Group {
    word: "questions",
    name: "Questions without sending",
    kinds: &[EventKind::Previewed],
};
const SIGN_INS: Group = Group {
    word: "sign-ins",
    name: "Signing in",
    kinds: &[
        EventKind::SignedIn,
        EventKind::SignInLocked,
        EventKind::SessionEnded,
        EventKind::SessionMoved,
    ],
};
const ARRANGEMENTS: Group = Group {
    word: "arrangements",
    name: "Agencies, people, keys and rules",
    kinds: &[
        EventKind::AreaChanged,
        EventKind::AgencyChanged,
        EventKind::PersonChanged,
        EventKind::KeyChanged,
        EventKind::PolicyChanged,
        EventKind::EpochOpened,
    ],
};

/// What happened, as a heading.
#[expect(clippy::too_many_lines, reason = "a line a kind of event")]
pub(crate) fn label(kind: EventKind, detail: &Detail) -> &'static str {
    let said = |name: &str| detail.get(name).map_or("", String::as_str);
    match kind {
        EventKind::ExchangeRecorded => "Information was sent",
        EventKind::ExchangeIncomplete => "Something incomplete came in",
        EventKind::ExchangeCompleted => "Something incomplete was completed",
        EventKind::ExchangeQuarantined => "Something was kept apart",
        EventKind::Previewed => "Somebody asked what may be shared",
        EventKind::HoldApproved => "A reviewer approved",
        EventKind::HoldRefused => "A reviewer refused",
        EventKind::HoldReminded => "A reviewer was reminded",
        EventKind::HoldClocked => "The time for a look afterwards began",
        EventKind::HoldEscalated if said("late") == "countersignature" => {
            "A countersignature after an emergency is late"
        }
        EventKind::HoldEscalated => "A decision was overdue and went further",
        EventKind::AskedBack => "A reviewer asked the sender something",
        EventKind::AnsweredBack => "The sender answered a reviewer",
        EventKind::DeliveryMoved => delivery(said("state")),
        EventKind::ItemRead if detail.contains_key("carried-by") => "An item was sent on its way",
        EventKind::ItemRead if detail.contains_key("hold") => "A held item was opened",
        EventKind::ItemRead => "An item was opened",
        EventKind::BulkDownloaded => "Messages were downloaded together",
        EventKind::RecordRead => reading(said("what")),
        EventKind::PeopleRead => "The list of an agency's people was read",
        EventKind::LogRead => "The log was read",
        EventKind::Matched => "Something was matched to a person",
        EventKind::NoneMatched => "Something was found to be about none of the candidates",
        EventKind::Notified => "Somebody was told",
        EventKind::ExchangeWithdrawn => "Its sender withdrew what was sent",
        EventKind::Corrected => "A correction was sent",
        EventKind::FormAsked => "A form was asked for",
        EventKind::FormReminded => "An agency was reminded of a form",
        EventKind::FormLate => "A form is late",
        EventKind::FormAnswered if said("late") == "true" => "A form that was asked for came late",
        EventKind::FormAnswered => "A form that was asked for came",
        EventKind::FormConsidered => "It was noted how a meeting used a form",
        EventKind::FormRequestMoved => "A form that was asked for passed to another prison",
        EventKind::FormCarried => "What an earlier prison reported was opened to the next",
        EventKind::CustodyClaimed => "A prison said that the person is with it",
        EventKind::CustodyConfirmed => "A claim of custody was confirmed",
        EventKind::CustodyDisputed => "A claim of custody is disputed",
        EventKind::CustodySettled => settled(said("outcome")),
        EventKind::CustodyWithdrawn => "A claim of custody was taken back",
        EventKind::CustodyOverdue => "A claim of custody is overdue",
        EventKind::CustodyTried => "A claim of custody named nobody on record",
        EventKind::HandOverOpened => "A hand-over began",
        EventKind::HandOverReminded => "A prison was reminded of a hand-over",
        EventKind::HandOverLate => "A hand-over is late",
        EventKind::HandOverEnded => hand_over(said("because"), said("late")),
        EventKind::HealthAsked => "Health information was asked for",
        EventKind::HealthAccepted => "A health body agreed to answer",
        EventKind::HealthAssigned => "A question was given to a colleague at the health body",
        EventKind::HealthSigned => "A colleague at the health body answered a question",
        EventKind::HealthAnswered => answered(said("outcome"), said("interim"), said("late")),
        EventKind::HealthRefused => "A health information request was refused",
        EventKind::HealthRedirected => "A health information request passed to another body",
        EventKind::HealthUpheld => "The Caldicott guardian stands by a refusal",
        EventKind::HealthReopened => "A health information request waits for an answer again",
        EventKind::HealthWrongPatient => {
            "An answer was about the wrong patient, and was called back"
        }
        EventKind::HealthReminded => "A health body was reminded of a request",
        EventKind::HealthLate => "An answer from a health body is late",
        EventKind::HealthEscalated => "A refusal that nobody looked at passed to the chair",
        EventKind::HealthClosed => "The chair took note of a refusal",
        EventKind::FlagSet
        | EventKind::FlagAttended
        | EventKind::FlagRenewed
        | EventKind::FlagEnded
        | EventKind::FlagLapsed
        | EventKind::FlagReminded
        | EventKind::FlagCleared
        | EventKind::FlagUncleared => flag::label(kind, said("because")),
        EventKind::AreaChanged => "The area was changed",
        EventKind::AgencyChanged => "An agency was changed",
        EventKind::PersonChanged => "A person's account was changed",
        EventKind::SignedIn if said("again") == "true" => "Somebody signed in once more",
        EventKind::SignedIn => "Somebody signed in",
        EventKind::SignInLocked => "Signing in was locked after failures",
        EventKind::SessionEnded => "A session ended",
        EventKind::SessionMoved => "A session was used from elsewhere",
        EventKind::NominalChanged => change(said("change")),
        EventKind::MeetingChanged => "A meeting was entered",
        EventKind::KeyChanged => "A key or certificate was changed",
        EventKind::PolicyChanged => "Other rules came into force",
        EventKind::EpochOpened => "The log began anew after a restore",
    }
}

/// Whether an event is an exchange's own, by which it came onto a record.
pub(crate) const fn is_exchange(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::ExchangeRecorded | EventKind::ExchangeCompleted | EventKind::Matched
    )
}

fn settled(outcome: &str) -> &'static str {
    match outcome {
        "confirmed" => "A claim of custody was settled for the prison that made it",
        "refused" => "A claim of custody was settled for the prison on record",
        _ => "A claim of custody was settled",
    }
}

fn hand_over(because: &str, late: &str) -> &'static str {
    match (because, late) {
        ("custody-ended", _) => "A hand-over ended as the person moved on",
        (_, "true") => "A hand-over was done late",
        _ => "A hand-over was done",
    }
}

fn delivery(state: &str) -> &'static str {
    match state {
        "queued" => "A delivery was made ready",
        "waiting" => "A delivery waits to be collected",
        "sent" => "A delivery was sent",
        "delivered" => "A delivery arrived",
        "opened" => "A delivery was opened",
        "acknowledged" => "A delivery was acknowledged",
        "failed" => "A delivery could not be sent",
        "expired" => "A delivery's time ran out",
        "recalled" => "A delivery was called back",
        _ => "A delivery went on its way",
    }
}

fn reading(what: &str) -> &'static str {
    match what {
        "reason" => "A reason for reading was given",
        "proof" => "The proof of an event was taken",
        "timeline" => "The timeline was read",
        "candidates" => "The list of unmatched messages was read",
        "quarantine" => "The list of what is kept apart was read",
        "nominals" => "The list of records was read",
        "custody" => "The list of who is in custody was read",
        "form" => "A form was filled in from the record",
        _ => "The record was read",
    }
}

fn change(what: &str) -> &'static str {
    match what {
        "added" => "The record was opened",
        "provisional-opened" => "A provisional record was opened in an emergency",
        "provisional-identified" => "Who the person is was found out",
        "lead" => "The lead agency was changed",
        "level" => "The level was changed",
        "category" => "The category was changed",
        "trust" => "The mental health trust was changed",
        "gp" => "The general practitioner was changed",
        "partner-added" => "A partner was added",
        "partner-ended" => "A partner's part ended",
        "associate-added" => "An Associate was added",
        "associate-ended" => "An Associate's part ended",
        "custody" => "Custody began",
        "custody-ended" => "Custody ended",
        "identifier-added" => "An identifier was added",
        "identifier-ended" => "An identifier was taken away",
        "merged" => "A duplicate record was joined to this one",
        "exchange-moved-here" => "A message was moved to this record",
        "exchange-moved-away" => "A message was moved to another record",
        _ => "The record was changed",
    }
}

/// What more there is to say of an event, a line each.
pub(crate) fn more(detail: &Detail, rules: &[String]) -> Vec<String> {
    let said = |name: &str| detail.get(name).map(String::as_str);
    let mut lines = Vec::new();
    if let Some(state) = said("permitted").and(said("state")) {
        lines.push(outcome(detail, state));
    }
    if said("emergency") == Some("yes") {
        lines.push("Sent as an emergency.".to_owned());
    }
    if let Some(role) = said("role") {
        lines.push(format!("Role: {}.", words::role(role)));
    }
    if let Some(notice) = said("notice") {
        lines.push(format!("Told: {}.", told(notice)));
    }
    if let Some(channel) = said("channel") {
        lines.push(format!("By way of: {}.", words::channel(channel)));
    }
    if let Some(messages) = said("messages") {
        lines.push(format!("Messages: {messages}."));
    }
    if let Some(differs) = said("differs") {
        let where_from = match differs {
            "browser" => "another browser",
            "network" => "another network",
            _ => "another browser on another network",
        };
        lines.push(format!("From {where_from}: it was ended."));
    }
    if !rules.is_empty() {
        lines.push(format!("Rules: {}.", rules.join(", ")));
    }
    lines
}

/// What a health body's answer was.
fn answered(outcome: &str, interim: &str, late: &str) -> &'static str {
    match (outcome, interim, late) {
        (_, "true", _) => "A health body answered, and more is to come",
        ("partial", ..) => "A health body answered in part",
        ("nil_held", ..) => "A health body holds nothing that bears on what was asked",
        ("not_known", ..) => "A health body does not know the person",
        (_, _, "true") => "A health body answered, late",
        _ => "A health body answered",
    }
}

fn outcome(detail: &Detail, state: &str) -> String {
    let count = |name: &str| detail.get(name).map_or("0", String::as_str);
    let (words, _) = words::exchange(state);
    format!(
        "{words}: {} shared, {} waiting for a decision, {} not shared.",
        count("permitted"),
        count("held"),
        count("refused")
    )
}

fn told(notice: &str) -> &str {
    match notice {
        "identified" => "who the person is was found out",
        "moved" => "it was moved to another person's record",
        "merged" => "two records of one person were joined",
        "hold-escalated" => "a decision is overdue",
        "form-asked" => "a form is asked for",
        "form-reminded" => "a form is due soon",
        "form-late" => "a form is late",
        "form-overdue" => "a form that was asked for has not come",
        "people-custody-tried" => "claims of custody name nobody on record",
        "form-considered" => "how a meeting used a form was noted",
        "form-request-moved" => "a form that was asked for passed to another prison",
        "custody-claimed" => "another prison says that the person is with it",
        "custody-confirmed" => "a claim of custody was confirmed",
        "custody-disputed" => "a claim of custody is disputed",
        "custody-settled" => "a claim of custody was settled",
        "custody-withdrawn" => "a claim of custody was taken back",
        "custody-overdue" => "a claim of custody is overdue",
        "custody-moved" => "the person is at another prison",
        "hand-over" => "a first form on the person is owed",
        "hand-over-reminded" => "a first form on the person is due soon",
        "hand-over-late" => "a first form on the person is late",
        "health-asked" => "health information is asked for",
        "health-reminded" => "an answer to a health information request is due soon",
        "health-late" => "an answer to a health information request is late",
        "health-overdue" => "a health information request has not been answered in time",
        "health-answered" => "a health information request was answered",
        "health-redirected" => "another body is asked for health information",
        "health-refused" => "a health information request was refused",
        "health-review" => "a refusal waits for a look at it",
        "health-reopened" => "a health information request waits for an answer again",
        "health-wrong-patient" => "an answer was about the wrong patient",
        "health-closed" => "a refusal stands",
        "health-untold" => "a health body could not be told that a request was withdrawn",
        "form-open-again" => "a form is asked for again, because the one that came was withdrawn",
        "withdrawn" => "something that was sent was withdrawn",
        other => flag::told(other).unwrap_or("what a rule obliges to"),
    }
}

/// The groups that an address names.
pub(crate) fn chosen<'g>(groups: &[&'g Group], words: &[String]) -> Vec<&'g Group> {
    let named = |group: &&&Group| words.iter().any(|word| word == group.word);
    groups.iter().filter(named).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_in_one_group_of_the_log_and_has_words() {
        for kind in EventKind::ALL {
            let groups = OF_LOG.iter().filter(|group| group.kinds.contains(kind));
            assert_eq!(groups.count(), 1, "{kind}");
            assert!(label(*kind, &Detail::new()).contains(' '), "{kind}");
        }
        for group in OF_NOMINAL {
            assert!(OF_LOG.iter().any(|other| other.word == group.word));
        }
    }

    #[test]
    fn what_a_reader_may_not_know_is_not_said() {
        assert_eq!(more(&Detail::new(), &[]), Vec::<String>::new());
        let detail = Detail::from([
            ("state".to_owned(), "held".to_owned()),
            ("permitted".to_owned(), "1".to_owned()),
            ("held".to_owned(), "2".to_owned()),
            ("refused".to_owned(), "0".to_owned()),
        ]);
        let lines = more(&detail, &["ISP-03".to_owned()]);
        assert_eq!(
            lines[0],
            "Waits for a decision: 1 shared, 2 waiting for a decision, 0 not shared."
        );
        assert_eq!(lines[1], "Rules: ISP-03.");
    }
}
