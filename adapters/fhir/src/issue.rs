//! What is wrong with something from outside, and the `OperationOutcome` that says so.

use std::fmt;
use std::io;

use crate::json::{Json, Object};

/// How bad an issue is (R4, issue-severity).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing could be read.
    Fatal,
    /// It was refused.
    Error,
    /// It was done, not quite as asked.
    Warning,
    /// It was done.
    Information,
}

impl Severity {
    /// The code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// Why something was refused. Each has its code of R4's issue-type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Not JSON, or not as FHIR writes it.
    Syntax,
    /// Larger, deeper or more than is read.
    TooMuch,
    /// A string that is too long.
    TooLong,
    /// A value of another type, or an array where there is one, or the other way round.
    WrongType,
    /// Something that must be there is not.
    Missing,
    /// A value that is not of its form.
    BadValue,
    /// A code that its list does not have.
    UnknownCode,
    /// A `modifierExtension`, or an element that changes what others mean, which the gateway does
    /// not know (R4, extensibility 2.4.0.1.2).
    Modifier,
    /// A right resource which is not a health information request or answer.
    NotOurs,
    /// Something of FHIR that the gateway does not do.
    NotSupported,
    /// A reference that leads to another server. It is never followed.
    ForeignReference,
    /// A reference that leads nowhere in what was sent.
    BrokenReference,
    /// Two things that cannot both be so.
    Contradiction,
    /// A search parameter that is not known.
    UnknownParameter,
    /// Nobody knows who calls.
    Unknown,
    /// The caller may not.
    Forbidden,
    /// There is nothing there for the caller.
    NotThere,
    /// It does not fit the present state.
    Conflict,
    /// Content that does harm.
    Security,
    /// Too much in too short a time.
    Throttled,
    /// Something is away for the moment.
    Transient,
    /// A fault of the gateway's own.
    Exception,
}

impl Cause {
    /// The code of R4's issue-type.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax | Self::WrongType => "structure",
            Self::TooMuch => "too-costly",
            Self::TooLong => "too-long",
            Self::Missing => "required",
            Self::BadValue => "value",
            Self::UnknownCode => "code-invalid",
            Self::Modifier => "extension",
            Self::NotOurs
            | Self::NotSupported
            | Self::ForeignReference
            | Self::UnknownParameter => "not-supported",
            Self::BrokenReference | Self::NotThere => "not-found",
            Self::Unknown => "login",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::Security => "security",
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Exception => "exception",
            Self::Contradiction => "invariant",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// Why.
    pub cause: Cause,
    /// Where, in simple `FHIRPath`: `Task.input[2].valueCode`. Empty where it is the whole.
    pub expression: String,
    /// What would be right, in words. Never a value that came from outside.
    pub diagnostics: String,
}

impl Issue {
    /// An error at a place.
    pub fn error(
        cause: Cause,
        expression: impl Into<String>,
        diagnostics: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            cause,
            expression: expression.into(),
            diagnostics: diagnostics.into(),
        }
    }

    fn json(&self) -> Json {
        let expression = match self.expression.as_str() {
            "" => Vec::new(),
            at => vec![Json::from(at)],
        };
        Object::new()
            .with("severity", self.severity.as_str())
            .with("code", self.cause.code())
            .with("diagnostics", self.diagnostics.as_str())
            .with_list("expression", expression)
            .into()
    }
}

/// Issues are not listed beyond so many.
const MOST: usize = 50;

/// What is wrong with one message: at least one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome(Vec<Issue>);

impl Outcome {
    /// One issue.
    pub fn of(issue: Issue) -> Self {
        Self(vec![issue])
    }

    /// These issues, where there are any.
    pub fn of_all(issues: Vec<Issue>) -> Option<Self> {
        (!issues.is_empty()).then_some(Self(issues))
    }

    /// The issues.
    pub fn issues(&self) -> &[Issue] {
        &self.0
    }

    /// Whether an issue has this cause.
    pub fn has(&self, cause: Cause) -> bool {
        self.0.iter().any(|issue| issue.cause == cause)
    }

    /// The `OperationOutcome`.
    pub fn resource(&self) -> Json {
        operation_outcome(&self.0)
    }
}

/// An `OperationOutcome` of these issues, for an error that somebody else found, or for what went
/// well. There must be one at least (R4).
pub fn operation_outcome(issues: &[Issue]) -> Json {
    Object::resource("OperationOutcome")
        .with_list("issue", issues.iter().map(Issue::json).collect())
        .into()
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, issue) in self.0.iter().enumerate() {
            let gap = if n > 0 { "; " } else { "" };
            let at = match issue.expression.as_str() {
                "" => "the message",
                at => at,
            };
            write!(f, "{gap}`{at}` {}", issue.diagnostics)?;
        }
        Ok(())
    }
}

impl std::error::Error for Outcome {}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What came is not right: answer with [`Outcome::resource`].
    #[error("the message is refused: {0}")]
    Refused(#[from] Outcome),
    /// The reader or the sink failed; what came may be right.
    #[error("the message could not be read to its end: send it again")]
    Io(#[from] io::Error),
}

/// The issues that are found while something is read.
#[derive(Default)]
pub(crate) struct Issues(Vec<Issue>);

impl Issues {
    pub(crate) fn add(
        &mut self,
        cause: Cause,
        expression: impl Into<String>,
        diagnostics: impl Into<String>,
    ) {
        if self.0.len() < MOST {
            self.0.push(Issue::error(cause, expression, diagnostics));
        }
    }

    /// Nothing, or what was found.
    pub(crate) fn settle(self) -> Result<(), Outcome> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Outcome(self.0))
        }
    }

    /// What was read, where nothing was found. Where a reader gave nothing, it said why.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Outcome> {
        self.settle()?;
        read.ok_or_else(|| {
            Outcome::of(Issue::error(
                Cause::Syntax,
                "",
                "is not read as a health information request or answer",
            ))
        })
    }
}
