//! MESH's own word that a message of ours did not arrive.

use gateway_mesh::Report;
use gateway_store::rows::MeshInRow;

use crate::error::Trouble;
use crate::room::Meshroom;

impl Meshroom {
    /// Carries it to the delivery and tells whoever sent it.
    pub(super) async fn take_report(&self, report: &Report) -> Result<(), Trouble> {
        let about = report.about.as_ref().map(gateway_mesh::MessageId::as_str);
        let local = report.local_id.as_ref().map(gateway_mesh::LocalId::as_str);
        let mut sent = None;
        let mut tx = self.0.flow.store.read().await?;
        for id in [about, local].into_iter().flatten() {
            if sent.is_none() {
                sent = tx.mesh_message(id).await?;
            }
        }
        drop(tx);
        match sent {
            // Its recipient said that it was taken: that word stands.
            Some(row) if row.state == "delivered" => {}
            Some(row) => self.not_delivered(row, why(report)).await?,
            None => {
                tracing::warn!(report = %report.message, code = ?report.code, "MESH reports a failure of a message that is not known here");
            }
        }
        let taken = MeshInRow {
            id: report.message.to_string(),
            sender: String::new(),
            workflow: report
                .workflow
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            became: "report".to_owned(),
            exchange: None,
            at: self.now(),
        };
        self.note_taken(&taken).await
    }
}

/// By MESH's code: 14 where nobody collected it, 12 where there is no such mailbox, 16 and 17 where
/// one is not registered for the workflow.
fn why(report: &Report) -> &'static str {
    match report.code.as_deref() {
        Some("14") => "mesh-not-collected",
        Some("12") => "mesh-no-mailbox",
        Some("16" | "17") => "mesh-no-workflow",
        Some(_) | None => "mesh-failed",
    }
}
