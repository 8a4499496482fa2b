//! A colleague to whom a question of a health information request was given is told that it waits,
//! once for each time that it was given. Nothing is said of the question, or of whom it is about
//! (ISP-36).

use gateway_core::Personal;
use gateway_flow::outgoing::{Mail, MailKind, TOLD_NOTICE};
use gateway_store::rows::{HealthRequestRow, HealthTaskRow};

use crate::error::Trouble;
use crate::room::Mailroom;

/// The kind of such a notice.
pub(super) const QUESTION: &str = "health-question";

impl Mailroom {
    /// Queues a mail for every question that waits for a colleague who has not been told.
    pub(crate) async fn tell_given(&self) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let untold = tx.health_tasks_untold(100).await?;
        drop(tx);
        for task in untold {
            if let Err(error) = self.tell_of_task(&task).await {
                tracing::warn!(task = %task.id, %error, "no notice could be made for a question that was given");
            }
        }
        Ok(())
    }

    async fn tell_of_task(&self, task: &HealthTaskRow) -> Result<(), Trouble> {
        let mut tx = self.0.flow.store.read().await?;
        let request: Option<HealthRequestRow> = tx.get(&task.request).await?;
        let request = request.ok_or(Trouble::Stopped("a question is of no request"))?;
        let address = self.address_of(&mut tx, &task.person).await?;
        drop(tx);
        let words = [QUESTION.to_owned(), request.due_at.to_string()];
        let mail = Mail {
            kind: MailKind::Notice,
            subject: format!("{TOLD_NOTICE}question/{}/{}", task.id, task.given_at),
            exchange: None,
            delivery: None,
            agency: task.agency.clone(),
            recipient: address.clone().unwrap_or_default().into(),
            words: words.map(Personal::new).into(),
        };
        let mut row = self.0.flow.mail_row(&request.area, mail).await?;
        if address.is_none() {
            // It waits for them in the portal all the same.
            "failed".clone_into(&mut row.state);
            row.status = Some("no-address".to_owned());
        }
        let mut tx = self.0.flow.store.write("tell-given").await?;
        tx.queue_mail(&row).await?;
        tx.commit().await?;
        self.0.queued.notify_one();
        Ok(())
    }
}
