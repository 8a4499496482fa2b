//! The bytes of a message: sealed as they are written, opened as they are sent, never whole in
//! memory and never plain on a disk.

use std::io::{self, Write};

use gateway_fhir::Json;
use gateway_flow::Flow;
use gateway_flow::body::Kept;
use gateway_health::Carried;
use gateway_mesh::Reader;
use gateway_seal::Place;
use gateway_store::rows::MeshOutRow;
use tokio_util::io::StreamReader;

use crate::error::Trouble;
use crate::room::Meshroom;

/// Writes a message, sealed: where it is kept, and its size in bytes.
pub(crate) async fn write(
    flow: &Flow,
    message: Json,
    mut documents: Carried,
) -> Result<(Kept, u64), Trouble> {
    let flow = flow.clone();
    let work =
        move || flow.keep_written(|out: &mut dyn Write| message.write_to(out, &mut documents));
    let written = tokio::task::spawn_blocking(work).await;
    Ok(written.map_err(|_| Trouble::Stopped("writing a message was stopped"))??)
}

/// What MESH is given of a message that is kept sealed outside the records.
pub struct Stored {
    flow: Flow,
    key: String,
    body: Option<Vec<u8>>,
    blob: Option<String>,
}

impl Stored {
    /// Of what [`Flow::keep_written`] kept.
    pub fn new(flow: Flow, (key, body, blob): Kept) -> Self {
        Self {
            flow,
            key,
            body,
            blob,
        }
    }
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stored([secret])")
    }
}

#[async_trait::async_trait]
impl gateway_mesh::Source for Stored {
    async fn open(&self, from: u64) -> io::Result<Reader> {
        let kept = (
            self.key.as_str(),
            self.body.as_deref(),
            self.blob.as_deref(),
        );
        let chunks = self.flow.kept_reader(kept, from);
        let chunks = chunks.map_err(|error| io::Error::other(error.to_string()))?;
        let stream = futures_util::stream::unfold(chunks, async |mut chunks| {
            chunks.recv().await.map(|chunk| (chunk, chunks))
        });
        Ok(Box::new(StreamReader::new(Box::pin(stream))))
    }
}

impl Meshroom {
    /// Puts what is kept of a message into its row.
    pub(crate) async fn keep(
        &self,
        row: &mut MeshOutRow,
        ((key, body, blob), size): (Kept, u64),
    ) -> Result<(), Trouble> {
        let vault = &self.0.flow.vault;
        let sealed = vault.seal_column(&place(row), key.as_bytes()).await?;
        row.key = Some(sealed);
        (row.body, row.blob) = (body, blob);
        row.size = Some(i64::try_from(size).unwrap_or(i64::MAX));
        Ok(())
    }

    /// What a row keeps, to be sent.
    pub(crate) async fn stored(&self, row: &MeshOutRow) -> Result<Stored, Trouble> {
        let flow = self.0.flow.clone();
        let sealed = row.key.as_deref().unwrap_or_default();
        let key = flow.vault.open_column(&place(row), sealed).await?;
        let key = String::from_utf8(key.to_vec());
        let key = key.map_err(|_| Trouble::Stopped("a key does not read"))?;
        let kept = (key, row.body.clone(), row.blob.clone());
        Ok(Stored::new(flow, kept))
    }
}

fn place(row: &MeshOutRow) -> Place<'_> {
    Place {
        area: &row.area,
        table: "mesh_out",
        row: &row.id,
        column: "key",
    }
}
