//! Why a file is not read as a form.

/// Why; with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is no Word file.
    #[error(
        "this is not a Word document (.docx): fill in the form as it was downloaded, and save it as .docx"
    )]
    NoWord,
    /// It is a Word file of before 2007, or another such file.
    #[error("this is an older Word document (.doc): open it in Word, and save it as .docx")]
    OldWord,
    /// It is protected by a password.
    #[error("this document is protected by a password: save it without one, and send it again")]
    Encrypted,
    /// Its end is missing.
    #[error("this document is cut off: save it again, and send it again")]
    Truncated,
    /// It does not read.
    #[error("this document is damaged: open it, save it as a new .docx, and send that")]
    Damaged,
    /// It has macros.
    #[error("this document has macros in it: save it as a Word document without macros (.docx)")]
    Macros,
    /// It names a document type, by which a file can bring in what is not in it.
    #[error(
        "this document points at things outside it: open it in Word, and save it as a new .docx"
    )]
    External,
    /// It is larger than a form can be.
    #[error("this document is larger than 25 MB: take pictures and attachments out of it")]
    TooLarge,
    /// It would be far larger unpacked than a form is.
    #[error(
        "this document unpacks to far more than a form is: fill in the form as it was downloaded"
    )]
    Bomb,
    /// It is a Word file, and none of the gateway's.
    #[error("this Word document is not a form of the gateway: download the form, and fill in that")]
    NoForm,
    /// It is another form, or another version of it.
    #[error(
        "this is the form {found}, and not {wanted}: download the form again, and fill in that"
    )]
    OtherForm {
        /// The form that it is.
        found: String,
        /// The form that it should be.
        wanted: String,
    },
}
