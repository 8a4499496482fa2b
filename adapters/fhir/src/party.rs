//! Agencies, trusts and the people there: `Organization` and `PractitionerRole`.

use gateway_core::Personal;

use crate::issue::Cause;
use crate::json::{Json, Object};
use crate::model::{Agency, Contact, Requester, Trust};
use crate::node::Node;
use crate::patient::settled;
use crate::reading::Reading;
use crate::systems::{ODS_CODE, name};
use crate::write::{Places, Writer, identifier, telecom};

pub(crate) const LINE: usize = 200;
const ADDRESS: usize = 254;

impl Writer {
    pub(crate) fn agency(&self, places: &mut Places, key: &str, agency: &Agency) -> Json {
        self.organization(places, key, agency, None)
    }

    pub(crate) fn trust(&self, places: &mut Places, trust: &Trust) -> Json {
        self.organization(places, "trust", &trust.agency, trust.ods_code.as_deref())
    }

    fn organization(
        &self,
        places: &mut Places,
        key: &str,
        agency: &Agency,
        ods: Option<&str>,
    ) -> Json {
        let mut identifiers = vec![self.identifier(name::AGENCY_ID, agency.id.as_str()).into()];
        identifiers.extend(ods.map(|code| identifier(ODS_CODE, code).into()));
        let elements = self
            .profiled("Organization")
            .with("identifier", identifiers)
            .with("name", agency.name.as_str());
        places.put(key, "Organization", elements)
    }

    /// A person at an organisation. The person is named, and is no resource of its own.
    pub(crate) fn role(
        &self,
        places: &mut Places,
        key: &str,
        (person, role): (&str, Option<&str>),
        telecom: Vec<Json>,
        organization: Json,
    ) -> Json {
        let role = role.map(|role| vec![Object::new().with("text", role).into()]);
        let elements = self
            .profiled("PractitionerRole")
            .with("practitioner", Object::new().with("display", person))
            .with("organization", organization)
            .with_list("code", role.unwrap_or_default())
            .with_list("telecom", telecom);
        places.put(key, "PractitionerRole", elements)
    }

    pub(crate) fn requester(&self, places: &mut Places, requester: &Requester) -> (Json, Json) {
        let agency = self.agency(places, "requester-agency", &requester.agency);
        let Some(contact) = &requester.contact else {
            return (agency.clone(), agency);
        };
        let person = (contact.name.reveal().as_str(), requester.role.as_deref());
        let reached = reached(contact);
        let role = self.role(places, "requester", person, reached, agency.clone());
        (role, agency)
    }
}

/// A `ContactDetail`.
pub(crate) fn contact_detail(contact: &Contact) -> Object {
    Object::new()
        .with("name", contact.name.reveal().as_str())
        .with_list("telecom", reached(contact))
}

/// How a person is reached.
pub(crate) fn reached(contact: &Contact) -> Vec<Json> {
    let ways = [("email", &contact.address), ("phone", &contact.phone)];
    let ways = ways.into_iter();
    ways.filter_map(|(system, value)| Some(telecom(system, value.as_ref()?.reveal())))
        .collect()
}

impl<'a> Reading<'a> {
    /// An agency, of an `Organization`.
    pub(crate) fn agency(&mut self, node: &Node<'a>) -> Option<Agency> {
        self.active(node);
        let system = self.systems.identifier(name::AGENCY_ID);
        let id = self.identifier(node, &system);
        if id.is_none() {
            let words = format!(
                "has none of the system {system}: give the agency's short name at the gateway"
            );
            self.issues
                .add(Cause::Missing, node.path_of("identifier"), words);
        }
        let id = id.and_then(|id| self.agency_id(&id));
        let name = self.must(node, "name", "give the agency's name");
        let name = name.and_then(|name| self.line(&name, LINE));
        Some(Agency {
            id: id?,
            name: name?,
        })
    }

    /// A trust, of an `Organization`.
    pub(crate) fn trust(&mut self, node: &Node<'a>) -> Option<Trust> {
        let agency = self.agency(node);
        let code = self.identifier(node, ODS_CODE);
        let ods_code = match &code {
            Some(code) => Some(self.ods_code(code)?),
            None => None,
        };
        Some(Trust {
            agency: agency?,
            ods_code,
        })
    }

    /// The trust, and the person there, that a reference means: by an `Organization`, by a
    /// `PractitionerRole` of one, or by the agency's identifier alone (a logical reference).
    pub(crate) fn trust_and_role(
        &mut self,
        reference: &Node<'a>,
    ) -> Option<(Trust, Option<Node<'a>>)> {
        if reference.text_of("reference").is_none()
            && let Some(identifier) = reference.child("identifier")
        {
            return Some((self.trust_by_identifier(reference, &identifier)?, None));
        }
        let found = self.resolve(reference, &["PractitionerRole", "Organization"])?;
        if found.kind() == "Organization" {
            return Some((self.trust(&found)?, None));
        }
        let organization = self.organization_of(&found)?;
        Some((self.trust(&organization)?, Some(found)))
    }

    /// Where no name stands beside the identifier, the agency's short name is the name.
    fn trust_by_identifier(
        &mut self,
        reference: &Node<'a>,
        identifier: &Node<'a>,
    ) -> Option<Trust> {
        let system = self.systems.identifier(name::AGENCY_ID);
        if identifier.text_of("system") != Some(system.as_str()) {
            let words = format!("is not {system}: give the agency's short name at the gateway");
            self.issues
                .add(Cause::Missing, identifier.path_of("system"), words);
            return None;
        }
        let value = self.must(identifier, "value", "give the agency's short name")?;
        let id = self.agency_id(&value)?;
        let name = match reference.child("display") {
            Some(display) => self.line(&display, LINE)?,
            None => id.to_string(),
        };
        Some(Trust {
            agency: Agency { id, name },
            ods_code: None,
        })
    }

    fn ods_code(&mut self, node: &Node<'a>) -> Option<String> {
        let text = node.text()?;
        let fits =
            (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            let words =
                "is not a code of the Organisation Data Service: up to 12 letters and digits";
            self.bad(Cause::BadValue, node, words);
        }
        fits.then(|| text.to_owned())
    }

    /// The organisation of a `PractitionerRole`.
    pub(crate) fn organization_of(&mut self, role: &Node<'a>) -> Option<Node<'a>> {
        let words = "refer to the person's organisation";
        let reference = self.must(role, "organization", words)?;
        self.resolve(&reference, &["Organization"])
    }

    /// The name of a `PractitionerRole`'s person.
    pub(crate) fn person(&mut self, role: &Node<'a>) -> Option<Personal<String>> {
        self.active(role);
        let person = self.must(role, "practitioner", "name the person in its `display`")?;
        let display = self.must(&person, "display", "name the person")?;
        self.line(&display, LINE).map(Personal::new)
    }

    /// The person of a `PractitionerRole` and the address.
    pub(crate) fn contact(&mut self, role: &Node<'a>) -> Option<Contact> {
        let name = self.person(role);
        self.reached(role, name)
    }

    /// A `ContactDetail`.
    pub(crate) fn contact_detail(&mut self, node: &Node<'a>) -> Option<Contact> {
        let name = self.must(node, "name", "name the person");
        let name = name.and_then(|name| self.line(&name, LINE));
        self.reached(node, name.map(Personal::new))
    }

    /// A person of that name, and how to reach that person: there is one way at least.
    fn reached(&mut self, node: &Node<'a>, name: Option<Personal<String>>) -> Option<Contact> {
        let telecom = node.children("telecom");
        let value = |system: &str| {
            let ours = |one: &&Node<'a>| {
                one.text_of("system") == Some(system) && one.text_of("use") != Some("old")
            };
            telecom.iter().find(ours).and_then(|one| one.child("value"))
        };
        let (mail, phone) = (value("email"), value("phone"));
        if mail.is_none() && phone.is_none() {
            let words = "has no way to reach the person: give one with the system `phone`, or \
                         `email`";
            self.issues
                .add(Cause::Missing, node.path_of("telecom"), words);
            return None;
        }
        let address = mail.map(|value| self.address(&value));
        let phone = phone.map(|value| self.line(&value, LINE).map(Personal::new));
        Some(Contact {
            name: name?,
            address: settled(address)?,
            phone: settled(phone)?,
        })
    }

    fn address(&mut self, value: &Node<'a>) -> Option<Personal<String>> {
        let text = self.line(value, ADDRESS)?;
        let (local, domain) = text.rsplit_once('@').unwrap_or_default();
        if local.is_empty() || domain.is_empty() || text.contains(char::is_whitespace) {
            let words = "is not an electronic mail address: write such as name@agency.example";
            self.bad(Cause::BadValue, value, words);
            return None;
        }
        Some(text.into())
    }

    /// The requester, of a `PractitionerRole`.
    pub(crate) fn requester(&mut self, role: &Node<'a>) -> Option<Requester> {
        let organization = self.organization_of(role);
        let agency = organization.and_then(|organization| self.agency(&organization));
        let contact = self.contact(role);
        let code = self.must_one(role, "code", "give the person's role in words");
        let code =
            code.and_then(|code| self.must(&code, "text", "give the person's role in words"));
        let words = code.and_then(|code| self.line(&code, LINE));
        Some(Requester {
            agency: agency?,
            contact: Some(contact?),
            role: Some(words?),
        })
    }
}
