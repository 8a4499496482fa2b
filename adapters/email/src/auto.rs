//! Mail that a machine wrote by itself: it is never answered, so that no two machines answer
//! each other for ever (RFC 3834; RFC 5230, section 4.6; [MS-OXCMAIL] 2.2.3.2.14).

use crate::entity::Entity;

/// What says that nobody wrote it, or that nobody wants an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five marks that are independent of each other"
)]
pub struct Automatic {
    /// `Auto-Submitted` other than `no` (RFC 3834, section 5), or `X-Autoreply` and its kin.
    pub submitted: bool,
    /// `X-Auto-Response-Suppress` asks for no answer; people's mail may have it too.
    pub suppress: bool,
    /// `Precedence` bulk, junk, list or `auto_reply`.
    pub bulk: bool,
    /// A `List-…` field: it came by a mailing list (RFC 2919, RFC 2369).
    pub list: bool,
    /// `Return-Path: <>`, as delivery reports have it (RFC 5321, 4.5.5).
    pub null_path: bool,
}

impl Automatic {
    /// No person wrote this to the gateway: it is no exchange.
    pub const fn is_automatic(self) -> bool {
        self.submitted || self.bulk || self.list || self.null_path
    }

    /// Nothing is to be sent in answer.
    pub const fn wants_no_answer(self) -> bool {
        self.is_automatic() || self.suppress
    }
}

pub(crate) fn read(entity: &Entity<'_>) -> Automatic {
    let word = |name: &str| {
        let value = entity.plain(name)?;
        let word = value.split([';', ' ', '(']).next().unwrap_or_default();
        Some(word.trim().to_ascii_lowercase())
    };
    let there = |name: &str| entity.all(name).next().is_some();
    let precedence = word("Precedence").unwrap_or_default();
    let suppress = entity.plain("X-Auto-Response-Suppress").unwrap_or_default();
    Automatic {
        submitted: word("Auto-Submitted").is_some_and(|word| word != "no")
            || there("X-Autoreply")
            || there("X-Autorespond"),
        suppress: suppress
            .split([',', ';'])
            .any(|word| !matches!(word.trim().to_ascii_lowercase().as_str(), "" | "none")),
        bulk: matches!(precedence.as_str(), "bulk" | "junk" | "list" | "auto_reply"),
        list: ["List-Id", "List-Unsubscribe", "List-Post"]
            .into_iter()
            .any(there),
        null_path: word("Return-Path").is_some_and(|path| path == "<>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(header: &str) -> Automatic {
        let raw = format!("{header}\n\n");
        read(&Entity::read(raw.as_bytes(), 999).unwrap())
    }

    #[test]
    fn machines_are_known_by_each_of_their_marks() {
        for header in [
            "Auto-Submitted: auto-replied",
            "auto-submitted: auto-generated; owner-email=x",
            "Precedence: bulk",
            "List-Id: <a.b>",
            "Return-Path: <>",
            "X-Autoreply: yes",
        ] {
            assert!(auto(header).is_automatic(), "{header}");
        }
    }

    #[test]
    fn a_person_is_not_taken_for_a_machine() {
        for header in [
            "Auto-Submitted: no",
            "Precedence: normal",
            "Return-Path: <a@b>",
            "X: y",
        ] {
            assert_eq!(auto(header), Automatic::default(), "{header}");
        }
    }

    #[test]
    fn who_wants_no_answer_gets_none_and_is_still_read() {
        let auto = auto("X-Auto-Response-Suppress: DR, OOF, AutoReply");
        assert!(auto.wants_no_answer() && !auto.is_automatic());
    }
}
