//! Areas, agencies, their systems' certificates, their people.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{
    AbsenceRow, AgencyRow, AppointmentRow, AreaRow, CredentialRow, MembershipRow, PersonRow,
};

impl Tx {
    /// All areas, the oldest (the default) first.
    pub async fn areas(&mut self) -> Result<Vec<AreaRow>, StoreError> {
        self.select("order by created_at, id", &[]).await
    }

    /// All agencies by id.
    pub async fn agencies(&mut self) -> Result<Vec<AgencyRow>, StoreError> {
        self.select("order by id", &[]).await
    }

    /// An agency's areas now, the oldest membership first.
    pub async fn memberships(&mut self, agency: &str) -> Result<Vec<MembershipRow>, StoreError> {
        self.select(
            "where agency = $1 and until_at is null order by created_at, id",
            &[agency.into()],
        )
        .await
    }

    /// The agencies of a kind in an area.
    pub async fn agencies_in(
        &mut self,
        area: &str,
        kind: &str,
    ) -> Result<Vec<AgencyRow>, StoreError> {
        self.select(
            "where kind = $2 and id in (select agency from membership where area = $1 and until_at is null) order by created_at, id",
            &[area.into(), kind.into()],
        )
        .await
    }

    /// The active agencies that share an area with this one, by name.
    pub async fn neighbours(&mut self, agency: &str) -> Result<Vec<AgencyRow>, StoreError> {
        self.select(
            "where state = 'active' and id <> $1 and id in (select m.agency from membership m \
             join membership own on own.area = m.area and own.until_at is null \
             where own.agency = $1 and m.until_at is null) order by name, id",
            &[agency.into()],
        )
        .await
    }

    /// The enrolled certificate with this SHA-256 of its DER form, in hexadecimal.
    pub async fn credential(&mut self, print: &str) -> Result<Option<CredentialRow>, StoreError> {
        Ok(self
            .select("where fingerprint = $1", &[print.into()])
            .await?
            .pop())
    }

    /// The active agency of an active client certificate, by its fingerprint.
    pub async fn agency_by_credential(
        &mut self,
        print: &str,
    ) -> Result<Option<AgencyRow>, StoreError> {
        Ok(self
            .select(
                "where state = 'active' and id in \
                 (select agency from credential where fingerprint = $1 and state = 'active')",
                &[print.into()],
            )
            .await?
            .pop())
    }

    /// An agency's certificates.
    pub async fn credentials_of(&mut self, agency: &str) -> Result<Vec<CredentialRow>, StoreError> {
        self.select("where agency = $1 order by id", &[agency.into()])
            .await
    }

    /// The person enrolled with an address, by its blind index.
    pub async fn person_by_email(&mut self, index: &str) -> Result<Option<PersonRow>, StoreError> {
        Ok(self
            .select("where email_index = $1", &[index.into()])
            .await?
            .pop())
    }

    /// An agency's people.
    pub async fn people_of(&mut self, agency: &str) -> Result<Vec<PersonRow>, StoreError> {
        self.select("where agency = $1 order by id", &[agency.into()])
            .await
    }

    /// Whether somebody active is enrolled at an agency, and so has an account of the portal.
    pub async fn has_account(&mut self, agency: &str) -> Result<bool, StoreError> {
        let found = self
            .fetch(
                "select id from person where agency = $1 and state = 'active' limit 1".to_owned(),
                &[agency.into()],
            )
            .await?;
        Ok(!found.is_empty())
    }

    /// A person's appointments that hold at `now` (microseconds UTC).
    pub async fn appointments_of(
        &mut self,
        person: &str,
        now: i64,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        self.select(
            "where person = $1 and from_at <= $2 and (until_at is null or until_at > $2) order by id",
            &[person.into(), now.into()],
        )
        .await
    }

    /// Who holds a role at an agency at `now`, deputies last.
    pub async fn holders(
        &mut self,
        agency: &str,
        role: &str,
        now: i64,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        self.holding(agency, role, now, "").await
    }

    /// As [`Tx::holders`], without those who are away at `now`.
    pub async fn holders_in_post(
        &mut self,
        agency: &str,
        role: &str,
        now: i64,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        let there =
            "and person not in (select person from absence where from_at <= $3 and until_at > $3)";
        self.holding(agency, role, now, there).await
    }

    async fn holding(
        &mut self,
        agency: &str,
        role: &str,
        now: i64,
        and: &str,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        let rest = format!(
            "where agency = $1 and role = $2 and from_at <= $3 and (until_at is null or until_at > $3) \
             and person in (select id from person where state = 'active') {and} order by deputy, id"
        );
        self.select(&rest, &[agency.into(), role.into(), now.into()])
            .await
    }

    /// The deputies of an agency's single point of contact whose time is limited and not over at
    /// `now`, the earliest first.
    pub async fn deputies_of(
        &mut self,
        agency: &str,
        now: i64,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        self.select(
            "where agency = $1 and role = 'spoc' and deputy = 1 and until_at > $2 and until_at > from_at \
             order by from_at, id",
            &[agency.into(), now.into()],
        )
        .await
    }

    /// The absences of an agency's people within exactly these times.
    pub async fn absences_within(
        &mut self,
        agency: &str,
        from: i64,
        until: i64,
    ) -> Result<Vec<AbsenceRow>, StoreError> {
        self.select(
            "where from_at = $2 and until_at = $3 \
             and person in (select id from person where agency = $1) order by id",
            &[agency.into(), from.into(), until.into()],
        )
        .await
    }

    /// A person's absences that cover `now`.
    pub async fn absences(
        &mut self,
        person: &str,
        now: i64,
    ) -> Result<Vec<AbsenceRow>, StoreError> {
        self.select(
            "where person = $1 and from_at <= $2 and until_at > $2",
            &[person.into(), now.into()],
        )
        .await
    }
}
