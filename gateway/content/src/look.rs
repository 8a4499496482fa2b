//! Looks into a document and what lies in it, and keeps account of the work.

use std::collections::BTreeSet;

use crate::kind::{self, Family, Form, Kind};
use crate::{Finding, Limits, gzip, names, ole, pdf, rar, rtf, seven, tar, zip};

/// What has been found, and what may still be spent.
pub(crate) struct Look {
    pub(crate) findings: BTreeSet<Finding>,
    depth: usize,
    members: usize,
    member_bytes: usize,
    bytes: usize,
}

impl Look {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            findings: BTreeSet::new(),
            depth: limits.depth.min(Limits::DEEPEST),
            members: limits.members,
            member_bytes: limits.member_bytes,
            bytes: limits.total_bytes,
        }
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        self.findings.insert(finding);
    }

    /// Looks into a document that lies so deep, the outermost at 0.
    pub(crate) fn document(&mut self, name: &str, bytes: &[u8], depth: usize) -> Kind {
        let mut kind = kind::of(bytes);
        if kind.family == Family::Program || names::is_program(name) {
            self.find(Finding::Executable);
        }
        if kind.form != Form::Plain && depth > self.depth {
            self.find(Finding::TooDeep);
            return kind;
        }
        match kind.form {
            Form::Zip => kind = zip::look(self, bytes, depth),
            Form::Ole => kind = ole::look(self, bytes, depth),
            Form::Pdf => pdf::look(self, bytes, depth),
            Form::Rtf => rtf::look(self, bytes),
            Form::Seven => seven::look(self, bytes),
            Form::Rar => rar::look(self, bytes),
            Form::Tar => tar::look(self, &mut { bytes }, depth),
            Form::Gzip => gzip::look(self, name, bytes, depth),
            Form::Closed => self.find(Finding::Unreadable),
            Form::Plain => {}
        }
        if kind.form != Form::Tar && tar::is_one(bytes) {
            // It is two things at once, and only one of them has been looked into.
            self.find(Finding::Unreadable);
        }
        if depth > 0 && kind.family == Family::Archive {
            self.find(Finding::ArchiveInside);
        }
        kind
    }

    /// Takes one member from what may be read; without, the finding is made.
    pub(crate) fn member(&mut self) -> bool {
        let left = self.members.checked_sub(1);
        if left.is_none() {
            self.find(Finding::TooDeep);
        }
        self.members = left.unwrap_or(0);
        left.is_some()
    }

    /// How many bytes of the next member may be read.
    pub(crate) fn room(&self) -> usize {
        self.member_bytes.min(self.bytes)
    }

    /// How many members may still be read.
    pub(crate) fn members_left(&self) -> usize {
        self.members
    }

    /// How many bytes may be read at all.
    pub(crate) fn left(&self) -> usize {
        self.bytes
    }

    /// Counts bytes that were read.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}
