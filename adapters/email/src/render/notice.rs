//! A notice in clear, to an agency without secure mail or to a sender: that something waits,
//! how urgent it is, and where: an address with an id in it that tells nothing of anybody. Nothing
//! else, so that it says the same whatever it is about
//! (ISP-36; report paragraphs 4.10 and 5.30). What concerns a form or custody is named by its kind,
//! for it is somebody's task by a day; about whom, no mail says.

use jiff::Timestamp;

use super::words::{paragraphs, time};
use super::{Frame, Outgoing};

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// In the course of the day.
    Routine,
    /// By then.
    ActBy(Timestamp),
}

impl Urgency {
    fn subject(self, words: &str) -> String {
        match self {
            Self::Routine => format!("{words}: routine"),
            Self::ActBy(at) => format!("{words}: act by {}", time(at)),
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Routine => "This is routine.".to_owned(),
            Self::ActBy(at) => format!("Please act by {}, London time.", time(at)),
        }
    }
}

/// Something waits for an agency.
pub fn notice(frame: &Frame<'_>, urgency: Urgency, link: &str) -> Outgoing {
    let text = paragraphs([
        "Something waits for you at the gateway.",
        &urgency.sentence(),
        "Sign in here to read it:",
        link,
    ]);
    frame.mail(
        &urgency.subject("Something waits for you"),
        text,
        Vec::new(),
    )
}

/// Something waits for a decision of whoever this is to. It is the same whatever is held, and
/// for whom.
pub fn hold_notice(frame: &Frame<'_>, urgency: Urgency, link: &str) -> Outgoing {
    let text = paragraphs([
        "Something waits for your decision at the gateway.",
        &urgency.sentence(),
        "Sign in here to see it and to decide:",
        link,
    ]);
    let subject = urgency.subject("Something waits for your decision");
    frame.mail(&subject, text, Vec::new())
}

/// A kind of thing that concerns a form, custody, a health request or a hospital flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// A form is asked for.
    FormAsked,
    /// It is due soon.
    FormReminded,
    /// It is late.
    FormLate,
    /// One that a coordinator asked for is late.
    FormOverdue,
    /// It is asked for again.
    FormOpenAgain,
    /// It is asked of another prison now.
    FormMoved,
    /// A meeting used a form.
    FormConsidered,
    /// A first form is owed.
    HandOver,
    /// It is due soon.
    HandOverReminded,
    /// It is late.
    HandOverLate,
    /// A claim waits to be confirmed or disputed.
    CustodyClaimed,
    /// Nobody answered one.
    CustodyOverdue,
    /// One is disputed.
    CustodyDisputed,
    /// One was answered, settled or taken back.
    CustodyAnswered,
    /// A person is at another prison.
    CustodyMoved,
    /// Somebody tries claims that match nobody.
    CustodyTried,
    /// A health information request.
    Health(HealthMatter),
    /// A hospital flag.
    Flag(FlagMatter),
}

impl Matter {
    /// Its subject, and what the mail says of it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::FormAsked => (
                "A form is asked for",
                "Your agency is asked for a form for a meeting.",
            ),
            Self::FormReminded => (
                "A form is due soon",
                "A form that your agency is asked for is due soon.",
            ),
            Self::FormLate => (
                "A form is late",
                "A form that your agency is asked for is late.",
            ),
            Self::FormOverdue => (
                "A form has not come",
                "A form that you asked an agency for has not come in time.",
            ),
            Self::FormOpenAgain => (
                "A form is asked for again",
                "Your agency is asked for a form again, because it withdrew the one that it had sent.",
            ),
            Self::FormMoved => (
                "A form is no longer asked of you",
                "A form that your prison was asked for is now asked of another prison.",
            ),
            Self::FormConsidered => (
                "A meeting used a form",
                "How a meeting used a form that your agency sent was noted.",
            ),
            Self::HandOver => (
                "A first form is owed",
                "Your prison owes its first form on a person who came to it.",
            ),
            Self::HandOverReminded => (
                "A first form is due soon",
                "A first form on a person who came to a prison is due soon.",
            ),
            Self::HandOverLate => (
                "A first form is late",
                "A first form on a person who came to a prison is late.",
            ),
            Self::CustodyClaimed => (
                "A claim of custody waits",
                "A prison says that a person is with it. The claim waits for your answer.",
            ),
            Self::CustodyOverdue => (
                "A claim of custody is not answered",
                "Nobody has answered a claim of custody in time. It waits for the coordination unit.",
            ),
            Self::CustodyDisputed => (
                "A claim of custody is disputed",
                "A claim of custody is disputed. The coordination unit settles it.",
            ),
            Self::CustodyAnswered => (
                "A claim of custody was answered",
                "A claim of custody was confirmed, settled or taken back.",
            ),
            Self::CustodyMoved => (
                "A person was moved",
                "A person whose lead agency you are is at another prison.",
            ),
            Self::CustodyTried => (
                "Claims of custody match nobody",
                "Somebody at a prison has claimed custody several times with particulars that match no record.",
            ),
            Self::Health(matter) => matter.words(),
            Self::Flag(matter) => matter.words(),
        }
    }
}

/// A kind of thing that concerns a health information request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthMatter {
    /// Health information is asked for again.
    Again,
    /// An answer is due soon.
    Reminded,
    /// An answer is late.
    Late,
    /// One has not come that was asked for.
    Overdue,
    /// The chair took note of a refusal.
    Noted,
    /// A refusal waits for a look at it.
    Review,
    /// An answer was about the wrong patient.
    WrongPatient,
    /// A health body could not be told that a request was withdrawn.
    Untold,
    /// A question of one was given to whoever reads this.
    Question,
}

impl HealthMatter {
    /// Its subject, and what the mail says of it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Again => (
                "Health information is asked for again",
                "A health information request waits for your agency's answer again.",
            ),
            Self::Reminded => (
                "An answer is due soon",
                "An answer to a health information request is due soon.",
            ),
            Self::Late => (
                "An answer is late",
                "An answer to a health information request is late.",
            ),
            Self::Overdue => (
                "A request is not answered",
                "A health information request has not been answered in time.",
            ),
            Self::Noted => (
                "A refusal stands",
                "The chair took note of a refusal of a health information request: nothing more is asked.",
            ),
            Self::Review => (
                "A refusal waits for a look at it",
                "A health information request was refused. The refusal waits for you to stand by it, or to have the request answered.",
            ),
            Self::WrongPatient => (
                "An answer is called back",
                "An answer to a health information request was about the wrong patient. Nobody can open it any more: destroy what was taken from it.",
            ),
            Self::Untold => (
                "A health body could not be told",
                "A health body could not be told that a request was withdrawn. Ring it, so that nobody there answers.",
            ),
            Self::Question => (
                "A question waits for you",
                "A question of a health information request was given to you. It waits for your answer.",
            ),
        }
    }
}

/// Something about a form, custody, a health request or a hospital flag waits, or is told; not about whom.
pub fn matter_notice(frame: &Frame<'_>, matter: Matter, urgency: Urgency, link: &str) -> Outgoing {
    let (subject, what) = matter.words();
    let text = paragraphs([what, &urgency.sentence(), "Sign in here to see it:", link]);
    frame.mail(&urgency.subject(subject), text, Vec::new())
}

/// A kind of thing that concerns a hospital flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagMatter {
    /// The hospital says that the person came.
    Attended,
    /// Its review is soon.
    Reminded,
    /// Its review passed.
    Lapsed,
    /// It was ended.
    Ended,
    /// The hospital is to clear it.
    Clear,
    /// The hospital has not said that it has.
    Uncleared,
    /// Nobody at the hospital opened it in time.
    Unopened,
}

impl FlagMatter {
    /// Its subject, and what the mail says of it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Attended => (
                "A hospital says that somebody came",
                "A hospital says that somebody came of whom a flag is set there.",
            ),
            Self::Reminded => (
                "A hospital flag is to be reviewed",
                "The review of a hospital flag that your agency set is soon. It ends by itself then, unless it is renewed.",
            ),
            Self::Lapsed => (
                "A hospital flag is over",
                "The review of a hospital flag has passed, and the flag is over.",
            ),
            Self::Ended => ("A hospital flag is over", "A hospital flag was ended."),
            Self::Clear => (
                "A hospital flag is to be cleared",
                "A hospital flag that your agency was given is over. Clear it from your own systems, and say here that you have.",
            ),
            Self::Uncleared => (
                "A hospital flag is not cleared",
                "A hospital has not said in time that it has cleared a flag that is over.",
            ),
            Self::Unopened => (
                "A hospital flag was not opened",
                "Nobody at a hospital opened a flag in the time that there was, and the flag is over. Ring the hospital.",
            ),
        }
    }
}

/// What changed in how somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorChange {
    /// A security key or passkey came.
    KeyAdded,
    /// One went.
    KeyRemoved,
    /// An authenticator app came.
    AppAdded,
}

/// How whoever this is to signs in was changed, which they did themself or else have to know.
pub fn key_notice(frame: &Frame<'_>, change: FactorChange, link: &str) -> Outgoing {
    let (subject, what) = match change {
        FactorChange::KeyAdded => (
            "A security key was added",
            "A security key or passkey was added to how you sign in to the MAPPA gateway.",
        ),
        FactorChange::AppAdded => (
            "An authenticator app was added",
            "An authenticator app was added to how you sign in to the MAPPA gateway.",
        ),
        FactorChange::KeyRemoved => (
            "A security key was removed",
            "A security key or passkey was removed from how you sign in to the MAPPA gateway.",
        ),
    };
    let text = paragraphs([
        what,
        "If it was you, there is nothing to do. If it was not, tell your single point of contact or the coordination unit at once. You can see how you sign in here:",
        link,
    ]);
    frame.mail(subject, text, Vec::new())
}

/// A sender's mail is kept and wants completing. It is the same whatever is missing, and
/// whether or not anybody was found.
pub fn incomplete_notice(frame: &Frame<'_>, link: &str) -> Outgoing {
    let text = paragraphs([
        "Your mail has come and is kept. It is not sent on yet, because it is not complete.",
        "Sign in here to see what is missing:",
        link,
        "Then send it again with that, and withdraw this one. Whom it is about, where nothing else is missing, the coordination unit finds out.",
    ]);
    frame.mail("Your mail waits to be completed: routine", text, Vec::new())
}
