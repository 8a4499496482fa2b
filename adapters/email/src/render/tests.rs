use gateway_core::{Clock, ExchangeState, Id, Outcome, Role};

use super::*;
use crate::thread::ThreadRef;

fn frame(thread: &ThreadRef) -> Frame<'_> {
    Frame {
        domain: "gw.example",
        thread: Some(thread),
        checkpoint: Some("bm90ZQ=="),
    }
}

fn thread() -> ThreadRef {
    "k7m2-p9q4".parse().unwrap()
}

fn id() -> Id {
    Id::new(&Clock::manual("2026-03-02T09:00:00Z".parse().unwrap()))
}

const LINK: &str = "https://gw.example/x/k7m2-p9q4";

#[test]
fn a_notice_says_that_something_waits_and_nothing_else() {
    let thread = thread();
    let routine = notice(&frame(&thread), Urgency::Routine, LINK);
    assert_eq!(
        routine.subject,
        "Something waits for you: routine [ref k7m2-p9q4]"
    );
    assert_eq!(
        routine.text,
        "Something waits for you at the gateway.\n\nThis is routine.\n\nSign in here to read it:\n\nhttps://gw.example/x/k7m2-p9q4\n"
    );
    let urgent = Urgency::ActBy("2026-07-01T16:00:00Z".parse().unwrap());
    let urgent = notice(&frame(&thread), urgent, LINK);
    assert!(
        urgent
            .subject
            .starts_with("Something waits for you: act by 17:00 on Wednesday 1 July 2026")
    );
    assert!(
        urgent
            .text
            .contains("Please act by 17:00 on Wednesday 1 July 2026, London time.")
    );
    assert!(urgent.files.is_empty());
}

#[test]
fn a_notice_about_a_form_or_custody_says_the_kind_by_when_and_where_and_nothing_else() {
    let thread = thread();
    let alone = Frame {
        thread: None,
        ..frame(&thread)
    };
    let due = Urgency::ActBy("2026-07-01T16:00:00Z".parse().unwrap());
    let mail = matter_notice(&alone, Matter::FormAsked, due, LINK);
    assert_eq!(
        mail.subject,
        "A form is asked for: act by 17:00 on Wednesday 1 July 2026"
    );
    assert_eq!(
        mail.text,
        "Your agency is asked for a form for a meeting.\n\nPlease act by 17:00 on Wednesday 1 July 2026, London time.\n\nSign in here to see it:\n\nhttps://gw.example/x/k7m2-p9q4\n"
    );
    let told = matter_notice(&alone, Matter::FormConsidered, Urgency::Routine, LINK);
    assert_eq!(told.subject, "A meeting used a form: routine");
    assert!(told.text.contains("This is routine.") && told.files.is_empty());
}

#[test]
fn a_notice_of_a_hold_says_that_a_decision_is_waited_for_and_nothing_else() {
    let thread = thread();
    let alone = Frame {
        thread: None,
        ..frame(&thread)
    };
    let urgency = Urgency::ActBy("2026-07-01T16:00:00Z".parse().unwrap());
    let mail = hold_notice(&alone, urgency, LINK);
    assert_eq!(
        mail.subject,
        "Something waits for your decision: act by 17:00 on Wednesday 1 July 2026"
    );
    assert_eq!(
        mail.text,
        "Something waits for your decision at the gateway.\n\nPlease act by 17:00 on Wednesday 1 July 2026, London time.\n\nSign in here to see it and to decide:\n\nhttps://gw.example/x/k7m2-p9q4\n"
    );
    let routine = hold_notice(&alone, Urgency::Routine, LINK);
    assert_eq!(
        routine.subject,
        "Something waits for your decision: routine"
    );
    assert!(mail.files.is_empty() && mail.headers.iter().all(|(name, _)| *name != "References"));
}

#[test]
fn a_notice_of_a_key_says_what_happened_and_what_to_do_if_it_was_somebody_else() {
    let thread = thread();
    let alone = Frame {
        thread: None,
        ..frame(&thread)
    };
    let added = key_notice(&alone, FactorChange::KeyAdded, LINK);
    assert_eq!(added.subject, "A security key was added");
    assert!(added.text.contains("was added to how you sign in"));
    let removed = key_notice(&alone, FactorChange::KeyRemoved, LINK);
    assert_eq!(removed.subject, "A security key was removed");
    assert!(removed.text.contains("was removed from how you sign in"));
    let app = key_notice(&alone, FactorChange::AppAdded, LINK);
    assert_eq!(app.subject, "An authenticator app was added");
    assert!(app.text.contains("was added to how you sign in"));
    for mail in [added, removed, app] {
        let words = mail.text.replace('\n', " ");
        assert!(
            words.contains("tell your single point of contact"),
            "{words}"
        );
        assert!(mail.text.contains(LINK) && mail.files.is_empty());
    }
}

#[test]
fn an_invitation_says_whose_it_is_and_until_when_and_names_nobody() {
    let thread = thread();
    let alone = Frame {
        thread: None,
        ..frame(&thread)
    };
    let mail = invitation(
        &alone,
        &Invitation {
            agency: "Southwark Housing",
            joins: true,
            until: "2026-07-01T16:00:00Z".parse().unwrap(),
            link: LINK,
        },
    );
    assert_eq!(mail.subject, "Your invitation to the gateway");
    for words in [
        "Southwark Housing invites you",
        LINK,
        "good once, until 17:00 on Wednesday 1 July 2026, London time",
    ] {
        assert!(
            mail.text.replace('\n', " ").contains(words),
            "{}",
            mail.text
        );
    }
    let again = invitation(
        &alone,
        &Invitation {
            agency: "Southwark Housing",
            joins: false,
            until: "2026-07-01T16:00:00Z".parse().unwrap(),
            link: LINK,
        },
    );
    assert_eq!(again.subject, "Set your sign-in up again");
    assert!(again.headers.iter().all(|(name, _)| *name != "References"));
}

#[test]
fn every_mail_says_that_a_machine_wrote_it_and_carries_thread_and_checkpoint() {
    let thread = thread();
    let mail = incomplete_notice(&frame(&thread), LINK);
    for header in [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("References", "<ref.k7m2-p9q4@gw.example>"),
        ("X-Ledger-Checkpoint", "bm90ZQ=="),
    ] {
        assert!(
            mail.headers.contains(&(header.0, header.1.to_owned())),
            "{header:?}"
        );
    }
    let lines = mail.headers.iter().map(|(name, value)| {
        format!(
            "{name}: {value}
"
        )
    });
    let raw = lines.collect::<Vec<_>>().concat();
    let back = crate::read(
        format!("{raw}Subject: {}\n\nx", mail.subject).as_bytes(),
        &crate::Limits::default(),
    );
    let headers = back.unwrap().headers;
    assert_eq!(headers.threads("gw.example"), [thread]);
    assert!(headers.automatic.is_automatic());
}

#[test]
fn a_receipt_tells_each_recipient_and_item_in_words_and_attaches_the_proof() {
    let thread = thread();
    let rule = RuleWords {
        rule: "ISP-16".to_owned(),
        title: "Clinical records wait for the Caldicott guardian".to_owned(),
    };
    let item = |item, outcome, waits_for, rules| ItemLine {
        item,
        outcome,
        waits_for,
        rules,
    };
    let id = id();
    let mail = receipt(
        &frame(&thread),
        &Receipt {
            exchange: id,
            state: ExchangeState::Released,
            recipients: vec![RecipientLine {
                name: "Southwark\r\nHousing".to_owned(),
                items: vec![
                    item(1, Outcome::Permit, vec![], vec![]),
                    item(
                        2,
                        Outcome::Hold,
                        vec![Role::Caldicott, Role::Dpo],
                        vec![rule],
                    ),
                    item(3, Outcome::Refuse, vec![], vec![]),
                ],
            }],
            faults: vec!["line 2: `Purpose` is empty: write it behind the colon".to_owned()],
            link: Some(LINK),
            proof: Some("c2sp.org/tlog-proof@v1\n"),
        },
    );
    assert_eq!(mail.subject, "Receipt: recorded [ref k7m2-p9q4]");
    for line in [
        "For Southwark Housing:\n",
        "  Item 1: sent on.\n",
        "  Item 2: waits for a decision by the Caldicott guardian and the data\n  protection officer.",
        "  Item 3: not sent on.\n",
        "  line 2: `Purpose` is empty: write it behind the colon.\n",
    ] {
        assert!(mail.text.contains(line), "{line}\n{}", mail.text);
    }
    assert!(
        mail.text
            .replace("\n  ", " ")
            .contains("Rule ISP-16: Clinical records wait for the Caldicott guardian.")
    );
    assert_eq!(mail.files[0].name, format!("{id}.tlog-proof"));
    assert_eq!(mail.files[0].bytes, b"c2sp.org/tlog-proof@v1\n");
}

#[test]
fn every_state_has_its_words() {
    let thread = thread();
    let mut texts = std::collections::BTreeSet::new();
    for state in ExchangeState::ALL {
        let said = Receipt {
            exchange: id(),
            state: *state,
            recipients: vec![],
            faults: vec![],
            link: None,
            proof: None,
        };
        let mail = receipt(&frame(&thread), &said);
        assert!(mail.files.is_empty());
        assert!(texts.insert(mail.subject), "{state}");
    }
}

#[test]
fn non_delivery_says_why_and_where_it_waits_and_not_what_the_other_system_said() {
    let thread = thread();
    let say = |reason, waits| {
        let said = Failure {
            exchange: id(),
            recipient: "Leeds Prison",
            reason,
            waits,
            link: Some(LINK),
        };
        failure(&frame(&thread), &said).text
    };
    assert!(
        say(FailureReason::Refused(Some("5.1.1")), true).contains("refused it, with status 5.1.1.")
    );
    assert!(!say(FailureReason::Refused(Some("John Smith")), true).contains("Smith"));
    assert!(say(FailureReason::Expired, true).contains("portal"));
    assert!(
        say(FailureReason::Retired(Some("justice.gov.uk")), false)
            .contains("use justice.gov.uk instead")
    );
    let by_mesh = say(FailureReason::Mesh(MeshFailure::NotCollected), true);
    let by_mesh = by_mesh.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(by_mesh.contains("by NHS MESH to") && by_mesh.contains("Nobody collected it"));
    assert!(say(FailureReason::NotSecure, false).contains("kept at the gateway"));
    assert!(say(FailureReason::Retired(None), false).contains("new address"));
}

#[test]
fn lines_are_short_and_words_are_whole() {
    let text = wrap(&"word ".repeat(100));
    assert!(text.lines().all(|line| line.len() <= 72));
    assert_eq!(text.split_whitespace().count(), 100);
    assert_eq!(wrap(LINK), format!("{LINK}\n"));
}
