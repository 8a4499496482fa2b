//! What a person has to know of a document, in plain words.

/// Something in a document. The order is by gravity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// A program, script or shortcut, by its content or by its name.
    Executable,
    /// The name or the declared type says one thing, the content another.
    TypeLies {
        /// The media type that the name or the declaration stands for.
        declared: String,
        /// The media type of the content.
        real: String,
    },
    /// VBA, Excel 4 or Basic macros.
    Macros,
    /// An embedded object that a viewer may start (OLE packages, RTF objects).
    EmbeddedObject,
    /// An archive, some or all of which is under a password.
    EncryptedArchive,
    /// A document under a password.
    EncryptedDocument,
    /// An archive or document that cannot be looked into: damaged, or of a kind that is not
    /// read here.
    Unreadable,
    /// More, or nested deeper, than is looked into.
    TooDeep,
    /// A PDF with JavaScript, or with an action that starts a program (ISO 32000-1, 12.6.4.5
    /// and 12.6.4.16).
    ActivePdf,
    /// An archive within an archive, or within a document.
    ArchiveInside,
}

impl Finding {
    /// What it is, to follow the name of an item: "`minutes.doc` …".
    pub fn words(&self) -> String {
        let words = match self {
            Self::Executable => "is or holds a program, script or shortcut that could run",
            Self::TypeLies { declared, real } => {
                let (declared, real) = (named(declared), named(real));
                return format!("is called {declared} but its content is {real}");
            }
            Self::Macros => "holds macros, which could run when it is opened",
            Self::EmbeddedObject => "holds an embedded object, which could run when it is opened",
            Self::EncryptedArchive => {
                "is or holds an archive under a password, so that it cannot be checked"
            }
            Self::EncryptedDocument => {
                "is or holds a document under a password, so that it cannot be checked"
            }
            Self::Unreadable => {
                "is or holds an archive or document that cannot be looked into: it is damaged or of a kind that is not read here"
            }
            Self::TooDeep => "holds more, or is nested deeper, than can be checked",
            Self::ActivePdf => "is or holds a PDF that runs a script or starts a program",
            Self::ArchiveInside => "holds an archive",
        };
        words.to_owned()
    }

    /// Whether a person is to look at it before it goes on.
    ///
    /// What cannot be checked is held as what was found. A PDF's scripts are not: forms have
    /// them, and viewers confine them. Nor is an archive for being inside another, as long as
    /// it can be read.
    pub fn holds(&self) -> bool {
        match self {
            Self::Executable
            | Self::TypeLies { .. }
            | Self::Macros
            | Self::EmbeddedObject
            | Self::EncryptedArchive
            | Self::EncryptedDocument
            | Self::Unreadable
            | Self::TooDeep => true,
            Self::ActivePdf | Self::ArchiveInside => false,
        }
    }
}

/// What a media type is called by those who send such files; else itself.
fn named(media_type: &str) -> String {
    let name = match media_type {
        "application/pdf" => "a PDF",
        "application/msword"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            "a Word document"
        }
        "application/vnd.ms-excel"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
            "an Excel workbook"
        }
        "application/vnd.ms-powerpoint"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation" => {
            "a PowerPoint presentation"
        }
        "application/vnd.ms-outlook" => "an Outlook message",
        "application/rtf" => "a rich text document",
        "application/zip" => "a ZIP archive",
        "application/vnd.microsoft.portable-executable" => "a Windows program",
        "application/x-executable" | "application/x-mach-binary" => "a program",
        "application/x-msi" => "a Windows installer",
        "application/x-ms-shortcut" => "a Windows shortcut",
        "text/x-shellscript" => "a script",
        "text/plain" => "plain text",
        "text/html" => "a web page",
        "image/jpeg" => "a JPEG picture",
        "image/png" => "a PNG picture",
        "image/gif" => "a GIF picture",
        other => return format!("`{other}`"),
    };
    name.to_owned()
}
