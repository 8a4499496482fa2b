//! Forms that were sent: which exchanges they are.

use crate::db::Tx;
use crate::error::StoreError;
use crate::rows::FormSentRow;

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
}
