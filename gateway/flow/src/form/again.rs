//! A form that was taken back leaves what it answered open: it is asked for again, while the
//! meeting is to come.

use gateway_core::calendar::local_date;
use gateway_core::event::EventKind;
use gateway_store::Tx;

use super::ask::about;
use crate::Flow;
use crate::error::FlowError;
use crate::recorder::Draft;

impl Flow {
    /// Opens what an exchange had answered, and tells whoever is asked. What was reminded of and
    /// what was late stays so: the clock is not set back.
    pub(crate) async fn open_requests_again(
        &self,
        tx: &mut Tx,
        exchange: &str,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), FlowError> {
        let today = local_date(self.clock.now()).to_string();
        for mut asked in tx.form_requests_by(exchange).await? {
            if asked.meeting_on < today {
                continue;
            }
            asked.exchange = None;
            asked.answered_at = None;
            let event = about(EventKind::FormAsked, &asked, &asked.agency)?;
            drafts.push(event.with("again", "yes"));
            tx.put(&mut asked).await?;
            self.tell_asked(tx, &asked, "form-open-again", drafts)
                .await?;
        }
        Ok(())
    }
}
