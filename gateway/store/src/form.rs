//! Forms that were sent: which exchanges they are; and those that were asked for.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::{FormRequestRow, FormSentRow};

impl Tx {
    /// What an agency has sent of a form, the newest first: about a nominal where one is given.
    pub async fn forms_sent(
        &mut self,
        agency: &str,
        form: &str,
        nominal: Option<&str>,
        limit: i64,
    ) -> Result<Vec<FormSentRow>, StoreError> {
        match nominal {
            Some(nominal) => {
                self.select(
                    "where agency = $1 and form = $2 and id in \
                     (select id from exchange where nominal = $3) order by id desc limit $4",
                    &[agency.into(), form.into(), nominal.into(), limit.into()],
                )
                .await
            }
            None => {
                self.select(
                    "where agency = $1 and form = $2 order by id desc limit $3",
                    &[agency.into(), form.into(), limit.into()],
                )
                .await
            }
        }
    }

    /// What an agency is asked for, or has asked for: what waits first, the soonest due before all.
    pub async fn form_requests_of(
        &mut self,
        agency: &str,
        limit: i64,
    ) -> Result<Vec<FormRequestRow>, StoreError> {
        self.select(
            "where agency = $1 or unit = $1 order by \
             case when answered_at is null then 0 else 1 end, due_at, id limit $2",
            &[agency.into(), limit.into()],
        )
        .await
    }

    /// What an agency is asked for about a nominal, and has not answered.
    pub async fn form_requests_open(
        &mut self,
        nominal: &str,
        agency: &str,
        form: &str,
    ) -> Result<Vec<FormRequestRow>, StoreError> {
        self.select(
            "where nominal = $1 and agency = $2 and form = $3 and answered_at is null order by id",
            &[nominal.into(), agency.into(), form.into()],
        )
        .await
    }

    /// What an exchange answered.
    pub async fn form_requests_by(
        &mut self,
        exchange: &str,
    ) -> Result<Vec<FormRequestRow>, StoreError> {
        self.select("where exchange = $1 order by id", &[exchange.into()])
            .await
    }

    /// What has to be reminded of, or is late and not said to be.
    pub async fn form_requests_due(&mut self, now: i64) -> Result<Vec<FormRequestRow>, StoreError> {
        self.select(
            "where answered_at is null and ((reminded_at is null and remind_at <= $1) \
             or (late_at is null and due_at <= $1)) order by due_at limit 100",
            &[now.into()],
        )
        .await
    }
}
