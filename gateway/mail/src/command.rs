//! Command lines (RFC 5321 section 4.1.1, RFC 2033, RFC 3030, RFC 3461). `smtp-proto` reads
//! them; it forgives much that two servers could read in two ways, so what it is given is
//! checked before, and what it says is held against the line after.

use smtp_proto::{
    Error, MAIL_BODY_8BITMIME, MAIL_BODY_BINARYMIME, MAIL_RET_FULL, MAIL_RET_HDRS, MAIL_SMTPUTF8,
    MailFrom, RCPT_NOTIFY_DELAY, RCPT_NOTIFY_FAILURE, RCPT_NOTIFY_NEVER, RCPT_NOTIFY_SUCCESS,
    RcptTo, Request,
};

use crate::envelope::{Body, Notify, Recipient, Return, Xtext};
use crate::{Address, Reply};

/// The longest ENVID and ORCPT, in octets (RFC 3461 section 4).
const LONGEST_ENVELOPE_ID: usize = 100;
const LONGEST_ORIGINAL: usize = 500;

/// How a web client begins: one that was sent here by a page could carry commands in its body.
const FOREIGN: [&str; 7] = ["CONNECT", "GET", "HEAD", "OPTIONS", "POST", "PRI", "PUT"];

/// A command that can be acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// EHLO, HELO or LHLO, with the client's name.
    Hello(Hello, String),
    Mail(Mail),
    Rcpt(Recipient),
    Data,
    Bdat {
        size: u64,
        last: bool,
    },
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
    StartTls,
}

/// The three ways to say hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hello {
    Ehlo,
    Helo,
    Lhlo,
}

/// What MAIL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// None is the null path, of a notice that no answer is wanted to.
    pub sender: Option<Address>,
    pub size: Option<u64>,
    pub body: Body,
    pub utf8: bool,
    pub ret: Option<Return>,
    pub envelope_id: Option<Xtext>,
    /// Whether it had any parameter.
    pub extended: bool,
}

/// Why a line is not acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Answered, and the next line is read.
    Line(Reply),
    /// What follows the line cannot be told from commands: answered, and the end.
    End(Reply),
}

impl From<Reply> for Refusal {
    fn from(reply: Reply) -> Self {
        Self::Line(reply)
    }
}

/// The reply to a line that breaks the rules of lines.
pub(crate) fn bad_line() -> Reply {
    Reply::new(
        500,
        (5, 2),
        "a command is one line of printable text that ends in CRLF",
    )
}

fn syntax(text: &'static str) -> Reply {
    Reply::new(501, (5, 4), text)
}

/// Reads a line, given without its CRLF. `utf8` lets other than ASCII addresses in RCPT.
pub(crate) fn parse(line: &[u8], utf8: bool) -> Result<Command, Refusal> {
    let text = std::str::from_utf8(line).map_err(|_| bad_line())?;
    if text.chars().any(char::is_control) {
        return Err(bad_line().into());
    }
    if text.starts_with(' ') {
        return Err(bad_line().into());
    }
    let text = text.trim_end_matches(' ');
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    if FOREIGN
        .iter()
        .any(|foreign| verb.eq_ignore_ascii_case(foreign))
    {
        return Err(Refusal::End(Reply::new(
            500,
            (5, 1),
            "this is mail; closing",
        )));
    }
    if verb.eq_ignore_ascii_case("BDAT") {
        return bdat(rest).map_err(Refusal::End);
    }
    let whole = format!("{}\r\n", without_original(text));
    let request = Request::parse(&mut whole.as_bytes().iter()).map_err(|error| refusal(&error))?;
    let bare = |command| match rest {
        "" => Ok(command),
        _ => Err(syntax("this command stands alone").into()),
    };
    match request {
        Request::Ehlo { host } => hello(Hello::Ehlo, &host, rest),
        Request::Helo { host } => hello(Hello::Helo, &host, rest),
        Request::Lhlo { host } => hello(Hello::Lhlo, &host, rest),
        Request::Mail { from } => Ok(Command::Mail(mail(&from, text)?)),
        Request::Rcpt { to } => Ok(Command::Rcpt(recipient(&to, text, utf8)?)),
        Request::Data => bare(Command::Data),
        Request::Rset => bare(Command::Rset),
        Request::Quit => bare(Command::Quit),
        Request::StartTls => bare(Command::StartTls),
        Request::Noop { .. } => Ok(Command::Noop),
        Request::Vrfy { .. } => Ok(Command::Vrfy),
        Request::Help { .. } => Ok(Command::Help),
        Request::Bdat { .. }
        | Request::Auth { .. }
        | Request::Expn { .. }
        | Request::Etrn { .. }
        | Request::Atrn { .. }
        | Request::Burl { .. } => {
            Err(Reply::new(502, (5, 1), "this command is not offered here").into())
        }
    }
}

/// The parser knows no other type of ORCPT than `rfc822` (RFC 6533 has `utf-8`): it is not asked.
fn without_original(line: &str) -> String {
    let original = |word: &&str| {
        let key = word.split_once('=').map_or("", |(key, _)| key);
        key.eq_ignore_ascii_case("ORCPT")
    };
    let words: Vec<&str> = line.split(' ').filter(|word| !original(word)).collect();
    words.join(" ")
}

fn refusal(error: &Error) -> Reply {
    match error {
        Error::UnknownCommand => Reply::new(500, (5, 1), "no such command; see HELP"),
        Error::InvalidSenderAddress => bad_sender(),
        Error::InvalidRecipientAddress => bad_recipient(),
        Error::UnsupportedParameter { .. } => unsupported(),
        Error::SyntaxError { .. }
        | Error::InvalidParameter { .. }
        | Error::NeedsMoreData { .. }
        | Error::ResponseTooLong
        | Error::InvalidResponse { .. } => syntax("the command's arguments cannot be read"),
    }
}

fn bad_sender() -> Reply {
    Reply::new(
        501,
        (1, 7),
        "the sender is not an address of the form local@domain",
    )
}

fn bad_recipient() -> Reply {
    Reply::new(
        501,
        (1, 3),
        "the recipient is not an address of the form local@domain",
    )
}

fn unsupported() -> Reply {
    Reply::new(555, (5, 4), "a parameter is unknown here or stands twice")
}

fn needs_utf8() -> Reply {
    Reply::new(
        553,
        (6, 7),
        "an address beyond ASCII needs SMTPUTF8 said with MAIL",
    )
}

fn hello(kind: Hello, host: &str, rest: &str) -> Result<Command, Refusal> {
    if host != rest {
        return Err(syntax("say your host's name, and nothing after it").into());
    }
    Ok(Command::Hello(kind, host.to_owned()))
}

/// A chunk whose size is not certain would leave message and commands mixed.
fn bdat(rest: &str) -> Result<Command, Reply> {
    let bad = || syntax("BDAT says a size in octets, and LAST or nothing; closing");
    let (size, last) = match rest.split_once(' ') {
        None => (rest, false),
        Some((size, word)) if word.eq_ignore_ascii_case("LAST") => (size, true),
        Some(_) => return Err(bad()),
    };
    let size = number(size).ok_or_else(bad)?;
    Ok(Command::Bdat { size, last })
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn mail(from: &MailFrom<std::borrow::Cow<'_, str>>, line: &str) -> Result<Mail, Reply> {
    let (path, parameters) = path(line).ok_or_else(bad_sender)?;
    let parameters = Parameters::read(parameters, &["SIZE", "BODY", "SMTPUTF8", "RET", "ENVID"])?;
    let utf8 = from.flags & MAIL_SMTPUTF8 != 0;
    let sender = match path {
        "" => None,
        path => Some(address(path, &from.address, utf8, bad_sender)?),
    };
    if from.flags & MAIL_BODY_BINARYMIME != 0 {
        return Err(syntax("BODY is 7BIT or 8BITMIME here"));
    }
    let size = match parameters.value("SIZE") {
        None => None,
        Some(value) => Some(number(value).ok_or_else(|| syntax("SIZE is a number of octets"))?),
    };
    let eight_bit = from.flags & MAIL_BODY_8BITMIME != 0;
    let ret = match from.flags & (MAIL_RET_FULL | MAIL_RET_HDRS) {
        0 => None,
        MAIL_RET_FULL => Some(Return::Full),
        _ => Some(Return::Headers),
    };
    Ok(Mail {
        sender,
        size,
        body: if eight_bit {
            Body::EightBit
        } else {
            Body::SevenBit
        },
        utf8,
        ret,
        envelope_id: xtext(parameters.value("ENVID"), LONGEST_ENVELOPE_ID)?,
        extended: !parameters.0.is_empty(),
    })
}

fn recipient(
    to: &RcptTo<std::borrow::Cow<'_, str>>,
    line: &str,
    utf8: bool,
) -> Result<Recipient, Reply> {
    let (path, parameters) = path(line).ok_or_else(bad_recipient)?;
    let parameters = Parameters::read(parameters, &["NOTIFY", "ORCPT"])?;
    let address = address(path, &to.address, utf8, bad_recipient)?;
    let original = parameters.value("ORCPT");
    let typed = |value: &str| {
        let parts = value.split_once(';');
        parts.is_some_and(|(kind, of)| !kind.is_empty() && !of.is_empty())
    };
    if original.is_some_and(|value| !typed(value)) {
        return Err(syntax("ORCPT is a type, a semicolon and an address"));
    }
    let has = |flag: u64| to.flags & flag != 0;
    let (success, failure, delay) = (
        has(RCPT_NOTIFY_SUCCESS),
        has(RCPT_NOTIFY_FAILURE),
        has(RCPT_NOTIFY_DELAY),
    );
    let notify = match (parameters.value("NOTIFY"), has(RCPT_NOTIFY_NEVER)) {
        (None, _) => Notify::Default,
        (Some(_), true) if !(success || failure || delay) => Notify::Never,
        (Some(_), false) if success || failure || delay => Notify::On {
            success,
            failure,
            delay,
        },
        (Some(_), _) => return Err(syntax("NOTIFY is NEVER, or of SUCCESS, FAILURE and DELAY")),
    };
    Ok(Recipient {
        address,
        notify,
        original: xtext(original, LONGEST_ORIGINAL)?,
    })
}

/// The address between the brackets, where the parser found the same one there.
fn address(path: &str, parsed: &str, utf8: bool, bad: fn() -> Reply) -> Result<Address, Reply> {
    let address = Address::parse(path, true).ok_or_else(bad)?;
    // The parser turns the bare postmaster into nothing.
    if parsed != path && address.domain().is_some() {
        return Err(bad());
    }
    if !utf8 && !path.is_ascii() {
        return Err(needs_utf8());
    }
    Ok(address)
}

/// What stands in the line's first angle brackets, and what follows them.
fn path(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>')
}

/// ENVID and ORCPT stay as they came.
fn xtext(value: Option<&str>, longest: usize) -> Result<Option<Xtext>, Reply> {
    let Some(value) = value else {
        return Ok(None);
    };
    let good = (1..=longest).contains(&value.len()) && !value.contains('=');
    if good {
        Ok(Some(Xtext(value.to_owned())))
    } else {
        Err(syntax(
            "ENVID or ORCPT is empty, too long or not encoded as RFC 3461 has it",
        ))
    }
}

/// The parameters after a path, as they stand.
struct Parameters<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Parameters<'a> {
    /// Each of `known` at most once, and nothing else.
    fn read(text: &'a str, known: &[&str]) -> Result<Self, Reply> {
        if !text.is_empty() && !text.starts_with(' ') {
            return Err(syntax("a space parts the address from the parameters"));
        }
        let mut found = Self(Vec::new());
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let (key, value) = match word.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (word, None),
            };
            let expected = known.iter().any(|known| known.eq_ignore_ascii_case(key));
            if !expected || found.get(key).is_some() {
                return Err(unsupported());
            }
            if value.is_none() != key.eq_ignore_ascii_case("SMTPUTF8") {
                return Err(syntax(
                    "a parameter lacks its value, or has one it cannot have",
                ));
            }
            found.0.push((key, value));
        }
        Ok(found)
    }

    fn get(&self, key: &str) -> Option<&(&'a str, Option<&'a str>)> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(|(_, value)| *value)
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
