//! The people, all invented: surnames that nobody takes for a real one.

use gateway_core::Role;

use super::agencies::AgencyData;

/// One person.
#[derive(Debug, Clone, Copy)]
pub struct PersonData {
    /// The name.
    pub name: &'static str,
    /// The role.
    pub role: Role,
}

impl PersonData {
    /// The address: first letter, surname, the agency's domain.
    pub fn email(&self, domain: &str) -> String {
        let (given, family) = self.name.split_once(' ').unwrap_or((self.name, ""));
        let initial: String = given.chars().take(1).collect();
        format!("{initial}.{family}@{domain}")
            .to_lowercase()
            .replace('\'', "")
    }
}

const fn is(role: Role, name: &'static str) -> PersonData {
    PersonData { name, role }
}

use Role::{
    Auditor, Caldicott, Chair, Clinician, Coordinator, DeputySpoc, Dpo, Manager, Practitioner,
    Security, Spoc, Vlo,
};

/// Who works where.
const PEOPLE: &[(&str, &[PersonData])] = &[
    (
        "met-police",
        &[
            is(Spoc, "Priya Fixture"),
            is(DeputySpoc, "Owen Sampleton"),
            is(Practitioner, "Grace Mockridge"),
            is(Dpo, "Tomas Testwell"),
            is(Manager, "Ruth Demoworth"),
        ],
    ),
    (
        "london-probation",
        &[
            is(Spoc, "Samira Ali-Test"),
            is(DeputySpoc, "Marcus Placeholder"),
            is(Practitioner, "Helen Specimen"),
            is(Vlo, "Joan Exampleby"),
        ],
    ),
    (
        "hmp-northgate",
        &[
            is(Spoc, "Dev Testwell"),
            is(DeputySpoc, "Lena Fixture"),
            is(Practitioner, "Colin Mockridge"),
            is(Manager, "Fiona Sampleton"),
            is(Security, "Victor Dummett-Test"),
        ],
    ),
    (
        "hmp-southfield",
        &[
            is(Spoc, "Ivy Specimen"),
            is(Practitioner, "Harold Fixture"),
            is(Manager, "Nadia Testwell"),
            is(Security, "Gareth Placeholder"),
        ],
    ),
    (
        "hmp-eastmoor",
        &[
            is(Spoc, "Clara Mockridge"),
            is(Practitioner, "Ewan Testwell"),
            is(Manager, "Judith Exampleby"),
            is(Security, "Barry Specimen"),
        ],
    ),
    (
        "hmp-westbrook",
        &[
            is(Spoc, "Nigel Demoworth"),
            is(Practitioner, "Wendy Sampleton"),
            is(Manager, "Abel Fixture"),
            is(Security, "Donna Placeholder"),
        ],
    ),
    (
        "southwark-children",
        &[
            is(Spoc, "Maya Exampleby"),
            is(DeputySpoc, "Louis Testwell"),
            is(Practitioner, "Anita Sampleton"),
        ],
    ),
    (
        "southwark-adults",
        &[
            is(Spoc, "Bernard Mockridge"),
            is(Practitioner, "Chloe Demoworth"),
        ],
    ),
    (
        "london-mental-health",
        &[
            is(Spoc, "Aisha Specimen"),
            is(DeputySpoc, "Peter Fixture"),
            is(Practitioner, "Rosa Testwell"),
            is(Caldicott, "Edmund Placeholder"),
            is(Clinician, "Farah Sampleton"),
            is(Dpo, "Simon Exampleby"),
        ],
    ),
    (
        "guys-acute",
        &[
            is(Spoc, "Leo Demoworth"),
            is(Caldicott, "Nora Mockridge"),
            is(Clinician, "Isaac Specimen"),
        ],
    ),
    (
        "southwark-housing",
        &[
            is(Spoc, "Beth Testwell"),
            is(DeputySpoc, "Kwame Fixture"),
            is(Practitioner, "Zoe Placeholder"),
        ],
    ),
    (
        "southwark-jobcentre",
        &[
            is(Spoc, "Alan Sampleton"),
            is(Practitioner, "Mei Exampleby"),
        ],
    ),
    (
        "capital-tagging",
        &[
            is(Spoc, "Ravi Mockridge"),
            is(DeputySpoc, "Sally Specimen"),
            is(Practitioner, "Ian Testwell"),
        ],
    ),
    (
        "southwark-youth",
        &[
            is(Spoc, "Tara Fixture"),
            is(DeputySpoc, "Joel Demoworth"),
            is(Practitioner, "Amy Placeholder"),
        ],
    ),
    (
        "elm-house",
        &[is(Spoc, "Frank Exampleby"), is(Manager, "Doris Sampleton")],
    ),
    (
        "southwark-education",
        &[
            is(Spoc, "Hilary Testwell"),
            is(Practitioner, "Sean Mockridge"),
        ],
    ),
    (
        "lane-surgery",
        &[
            is(Spoc, "Meera Placeholder"),
            is(Clinician, "Hugh Specimen"),
            is(Caldicott, "Olga Fixture"),
        ],
    ),
    (
        "london-coordination",
        &[
            is(Coordinator, "Eleanor Testwell"),
            is(Chair, "Adrian Sampleton"),
            is(Vlo, "Paula Mockridge"),
            is(Auditor, "Winston Exampleby"),
            is(Spoc, "Carol Fixture"),
        ],
    ),
    (
        "essex-police",
        &[
            is(Spoc, "Derek Specimen"),
            is(Practitioner, "Jean Placeholder"),
            is(Dpo, "Norman Demoworth"),
        ],
    ),
    (
        "essex-probation",
        &[
            is(Spoc, "Shirley Sampleton"),
            is(Practitioner, "Ken Testwell"),
        ],
    ),
    (
        "essex-coordination",
        &[
            is(Coordinator, "Rita Exampleby"),
            is(Chair, "Malcolm Fixture"),
            is(Spoc, "Vera Mockridge"),
        ],
    ),
];

/// The people of an agency.
pub fn of(agency: &AgencyData) -> Vec<PersonData> {
    let entry = PEOPLE.iter().find(|(id, _)| *id == agency.id);
    entry.map(|(_, people)| people.to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gateway_core::AgencyKind;

    use super::super::agencies::AGENCIES;
    use super::*;

    #[test]
    fn every_agency_has_a_spoc_and_the_reviewers_that_rules_name_are_there() {
        for agency in AGENCIES {
            let roles: BTreeSet<Role> = of(agency).iter().map(|p| p.role).collect();
            assert!(roles.contains(&Spoc), "{}", agency.id);
            let needed: &[Role] = if agency.kind == AgencyKind::Prison {
                &[Manager, Security]
            } else if agency.kind == AgencyKind::MentalHealthTrust {
                &[Caldicott, Clinician, Dpo]
            } else if agency.kind == AgencyKind::Police {
                &[Dpo]
            } else if agency.kind == AgencyKind::Coordination {
                &[Coordinator, Chair]
            } else {
                &[]
            };
            assert!(
                needed.iter().all(|role| roles.contains(role)),
                "{}",
                agency.id
            );
        }
    }

    #[test]
    fn no_two_people_have_one_address_and_each_is_an_example() {
        let mut seen = BTreeSet::new();
        for agency in AGENCIES {
            for person in of(agency) {
                let email = person.email(agency.domain);
                assert!(email.ends_with(".example") && email.is_ascii(), "{email}");
                assert!(seen.insert(email), "{}", person.name);
            }
        }
    }
}
