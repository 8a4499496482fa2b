//! The nominals, all invented: NHS numbers from the 999 block, which is for tests.

use gateway_core::IdentifierKind;

/// One nominal.
#[derive(Debug)]
pub struct NominalData {
    /// The name.
    pub name: &'static str,
    /// The date of birth, ISO.
    pub born: &'static str,
    /// Unique identifiers.
    pub unique: &'static [(IdentifierKind, &'static str)],
    /// The MAPPA category.
    pub category: u8,
    /// The MAPPA level.
    pub level: u8,
    /// The lead agency.
    pub lead: &'static str,
    /// The partners beside the lead agency.
    pub partners: &'static [&'static str],
    /// The prison that holds the person.
    pub custody: Option<&'static str>,
    /// The mental health trust.
    pub trust: Option<&'static str>,
    /// The general practice, in words.
    pub gp: Option<&'static str>,
    /// The area.
    pub area: &'static str,
    /// The meetings.
    pub meetings: &'static [MeetingData],
}

/// One meeting.
#[derive(Debug)]
pub struct MeetingData {
    /// So many days before the nominal was entered.
    pub days_ago: i64,
    /// Who attended, and how.
    pub attendance: &'static [(&'static str, &'static str)],
}

impl NominalData {
    /// All identifiers.
    pub fn identifiers(&self) -> impl Iterator<Item = (IdentifierKind, &'static str)> {
        let known = [
            (IdentifierKind::Dob, self.born),
            (IdentifierKind::Name, self.name),
        ];
        self.unique.iter().copied().chain(known)
    }
}

use IdentifierKind::{Crn, Nhs, Pnc, Prison};

const TRUST: Option<&str> = Some("london-mental-health");
/// What the contract asks of at least four.
const CORE: &[&str] = &[
    "london-probation",
    "southwark-housing",
    "london-mental-health",
    "southwark-children",
];
const BLANK: NominalData = NominalData {
    name: "",
    born: "",
    unique: &[],
    category: 1,
    level: 1,
    lead: "met-police",
    partners: &[],
    custody: None,
    trust: None,
    gp: None,
    area: "london",
    meetings: &[],
};

/// Index of the nominals that the month's exchanges are about.
pub mod who {
    /// At level 2, in the community.
    pub const DANIEL: usize = 0;
    /// At level 3, in custody at Northgate.
    pub const OSCAR: usize = 1;
    /// At level 2, with a tag.
    pub const LEONARD: usize = 2;
    /// At level 2, an adult at risk about.
    pub const RACHEL: usize = 3;
    /// A young person, led by youth justice.
    pub const KIERAN: usize = 5;
    /// In custody at Southfield, to be released.
    pub const STUART: usize = 6;
    /// At approved premises.
    pub const EDWIN: usize = 7;
    /// At level 1.
    pub const MARTIN: usize = 8;
    /// In Essex.
    pub const CLIVE: usize = 11;
}

/// All nominals.
pub const NOMINALS: &[NominalData] = &[
    NominalData {
        name: "Daniel Marlowe-Test",
        born: "1980-02-01",
        unique: &[
            (Pnc, "1999/0123456X"),
            (Nhs, "9990000018"),
            (Crn, "X100001"),
        ],
        level: 2,
        partners: CORE,
        trust: TRUST,
        gp: Some("The Lane Surgery"),
        meetings: &[MeetingData {
            days_ago: 12,
            attendance: &[
                ("met-police", "attended"),
                ("london-probation", "attended"),
                ("southwark-housing", "attended"),
                ("southwark-children", "attended"),
                ("london-mental-health", "report"),
                ("southwark-jobcentre", "invited"),
            ],
        }],
        ..BLANK
    },
    NominalData {
        name: "Oscar Tindale-Sample",
        born: "1974-11-23",
        unique: &[
            (Pnc, "2003/0218744K"),
            (Nhs, "9990000085"),
            (Prison, "A1234BC"),
            (Crn, "X100002"),
        ],
        category: 2,
        level: 3,
        lead: "london-probation",
        partners: &[
            "met-police",
            "southwark-housing",
            "london-mental-health",
            "southwark-children",
        ],
        custody: Some("hmp-northgate"),
        trust: TRUST,
        meetings: &[MeetingData {
            days_ago: 9,
            attendance: &[
                ("met-police", "attended"),
                ("london-probation", "attended"),
                ("hmp-northgate", "report"),
                ("london-mental-health", "attended"),
                ("southwark-housing", "absent"),
            ],
        }],
        ..BLANK
    },
    NominalData {
        name: "Leonard Brakespeare-Test",
        born: "1988-06-14",
        unique: &[
            (Pnc, "2008/0345678H"),
            (Nhs, "9990000158"),
            (Crn, "X100003"),
        ],
        level: 2,
        partners: &[
            "london-probation",
            "southwark-housing",
            "london-mental-health",
            "capital-tagging",
        ],
        trust: TRUST,
        meetings: &[MeetingData {
            days_ago: 5,
            attendance: &[
                ("met-police", "attended"),
                ("london-probation", "attended"),
                ("capital-tagging", "attended"),
            ],
        }],
        ..BLANK
    },
    NominalData {
        name: "Rachel Oakhanger-Sample",
        born: "1991-09-30",
        unique: &[
            (Pnc, "2011/0400213F"),
            (Nhs, "9990000220"),
            (Crn, "X100004"),
        ],
        category: 2,
        level: 2,
        lead: "london-probation",
        partners: &[
            "met-police",
            "southwark-housing",
            "london-mental-health",
            "southwark-adults",
            "southwark-children",
        ],
        trust: TRUST,
        ..BLANK
    },
    NominalData {
        name: "Gordon Fenwick-Test",
        born: "1966-03-17",
        unique: &[(Pnc, "1997/0055102U"), (Nhs, "9990000298")],
        level: 1,
        partners: &["london-probation"],
        ..BLANK
    },
    NominalData {
        name: "Kieran Woodrow-Sample",
        born: "2009-05-08",
        unique: &[(Pnc, "2014/0010077Q"), (Nhs, "9990000360")],
        level: 2,
        lead: "southwark-youth",
        partners: &["met-police", "southwark-children", "southwark-education"],
        ..BLANK
    },
    NominalData {
        name: "Stuart Pellow-Test",
        born: "1983-12-02",
        unique: &[
            (Pnc, "2006/0771230J"),
            (Nhs, "9990000433"),
            (Prison, "A4321CB"),
        ],
        category: 2,
        level: 2,
        lead: "london-probation",
        partners: &["met-police", "southwark-housing", "london-mental-health"],
        custody: Some("hmp-southfield"),
        trust: TRUST,
        ..BLANK
    },
    NominalData {
        name: "Edwin Calloway-Sample",
        born: "1959-07-21",
        unique: &[
            (Pnc, "2001/0090112M"),
            (Nhs, "9990000506"),
            (Crn, "X100008"),
        ],
        category: 3,
        level: 2,
        lead: "london-probation",
        partners: &["met-police", "elm-house", "lane-surgery"],
        gp: Some("The Lane Surgery"),
        ..BLANK
    },
    NominalData {
        name: "Martin Ashdown-Test",
        born: "1995-01-11",
        unique: &[(Pnc, "2012/0008123L"), (Nhs, "9990000573")],
        level: 1,
        partners: &["london-probation", "southwark-jobcentre"],
        ..BLANK
    },
    NominalData {
        name: "Yvonne Kestrel-Sample",
        born: "1978-08-05",
        unique: &[(Pnc, "2005/0610098A"), (Nhs, "9990000646")],
        category: 2,
        level: 1,
        lead: "london-probation",
        partners: &["met-police"],
        ..BLANK
    },
    NominalData {
        name: "Trevor Longacre-Test",
        born: "1986-04-26",
        unique: &[(Pnc, "2009/0120034H"), (Prison, "A5678DE")],
        category: 2,
        level: 1,
        lead: "london-probation",
        partners: &["met-police"],
        custody: Some("hmp-northgate"),
        ..BLANK
    },
    NominalData {
        name: "Clive Saltmarsh-Sample",
        born: "1970-10-19",
        unique: &[(Pnc, "2016/0930415N"), (Nhs, "9990000719")],
        level: 2,
        lead: "essex-police",
        partners: &["essex-probation"],
        area: "essex",
        ..BLANK
    },
];

#[cfg(test)]
mod tests {
    use gateway_core::Identifier;

    use super::*;

    #[test]
    fn every_identifier_passes_its_check_rule() {
        for nominal in NOMINALS {
            for (kind, value) in nominal.identifiers() {
                let read = Identifier::parse(kind, value, jiff::civil::date(2026, 2, 1));
                assert_eq!(
                    read.map(|r| r.value().reveal().clone()),
                    Ok(value.to_owned())
                );
            }
        }
    }

    #[test]
    fn four_have_what_scripts_look_for() {
        let fits = |n: &&NominalData| {
            let has = |kind| n.unique.iter().any(|(k, _)| *k == kind);
            let part = |id: &str| n.lead == id || n.partners.contains(&id);
            n.level >= 2
                && has(Pnc)
                && has(Nhs)
                && [
                    "met-police",
                    "london-probation",
                    "southwark-housing",
                    "london-mental-health",
                ]
                .into_iter()
                .all(part)
        };
        assert!(NOMINALS.iter().filter(fits).count() >= 4);
    }
}
