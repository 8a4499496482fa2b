//! The agencies.

use gateway_core::{AgencyKind, Channel, Custody};

/// One agency.
#[derive(Debug)]
pub struct AgencyData {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: AgencyKind,
    /// How it receives.
    pub channel: Channel,
    /// Who holds its private key.
    pub custody: Custody,
    /// The domain of its addresses.
    pub domain: &'static str,
    /// Its area.
    pub area: &'static str,
}

const fn london(
    id: &'static str,
    name: &'static str,
    kind: AgencyKind,
    channel: Channel,
    domain: &'static str,
) -> AgencyData {
    AgencyData {
        id,
        name,
        kind,
        channel,
        custody: Custody::Gateway,
        domain,
        area: "london",
    }
}

const fn essex(
    id: &'static str,
    name: &'static str,
    kind: AgencyKind,
    domain: &'static str,
) -> AgencyData {
    let mut data = london(id, name, kind, Channel::Portal, domain);
    data.area = "essex";
    data
}

const fn own_key(mut data: AgencyData) -> AgencyData {
    data.custody = Custody::Agency;
    data
}

use AgencyKind as Kind;
use Channel::{Api, Portal, SecureEmail};

/// All agencies.
pub const AGENCIES: &[AgencyData] = &[
    london(
        "met-police",
        "London Police (demo)",
        Kind::Police,
        SecureEmail,
        "police.example",
    ),
    london(
        "london-probation",
        "London Probation (demo)",
        Kind::Probation,
        SecureEmail,
        "probation.example",
    ),
    london(
        "hmp-northgate",
        "HMP Northgate (demo)",
        Kind::Prison,
        SecureEmail,
        "northgate.example",
    ),
    london(
        "hmp-southfield",
        "HMP Southfield (demo)",
        Kind::Prison,
        SecureEmail,
        "southfield.example",
    ),
    london(
        "hmp-eastmoor",
        "HMP Eastmoor (demo)",
        Kind::Prison,
        Portal,
        "eastmoor.example",
    ),
    london(
        "hmp-westbrook",
        "HMP Westbrook (demo)",
        Kind::Prison,
        Portal,
        "westbrook.example",
    ),
    london(
        "southwark-children",
        "Southwark Children's Services (demo)",
        Kind::ChildrenSocialCare,
        SecureEmail,
        "children.example",
    ),
    london(
        "southwark-adults",
        "Southwark Adult Social Care (demo)",
        Kind::AdultSocialCare,
        SecureEmail,
        "adults.example",
    ),
    london(
        "london-mental-health",
        "London Mental Health Trust (demo)",
        Kind::MentalHealthTrust,
        SecureEmail,
        "trust.example",
    ),
    london(
        "guys-acute",
        "Bridge Street Acute Trust (demo)",
        Kind::Health,
        SecureEmail,
        "acute.example",
    ),
    london(
        "southwark-housing",
        "Southwark Housing (demo)",
        Kind::Housing,
        Portal,
        "housing.example",
    ),
    london(
        "southwark-jobcentre",
        "Southwark Jobcentre (demo)",
        Kind::Jobcentre,
        Portal,
        "jobcentre.example",
    ),
    own_key(london(
        "capital-tagging",
        "Capital Tagging (demo)",
        Kind::ElectronicMonitoring,
        Api,
        "tagging.example",
    )),
    london(
        "southwark-youth",
        "Southwark Youth Justice (demo)",
        Kind::YouthJustice,
        SecureEmail,
        "youth.example",
    ),
    london(
        "elm-house",
        "Elm House Approved Premises (demo)",
        Kind::ApprovedPremises,
        Portal,
        "elmhouse.example",
    ),
    london(
        "southwark-education",
        "Southwark Education (demo)",
        Kind::Education,
        Portal,
        "education.example",
    ),
    london(
        "lane-surgery",
        "The Lane Surgery (demo)",
        Kind::Gp,
        Portal,
        "surgery.example",
    ),
    london(
        "london-coordination",
        "London MAPPA Coordination Unit (demo)",
        Kind::Coordination,
        Portal,
        "coordination.example",
    ),
    essex(
        "essex-police",
        "Essex Police (demo)",
        Kind::Police,
        "essex-police.example",
    ),
    essex(
        "essex-probation",
        "Essex Probation (demo)",
        Kind::Probation,
        "essex-probation.example",
    ),
    essex(
        "essex-coordination",
        "Essex MAPPA Coordination Unit (demo)",
        Kind::Coordination,
        "essex-coordination.example",
    ),
];
