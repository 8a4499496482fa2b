//! Words that people give to a step of a health request or a hospital flag: sealed, bound to their row.

use gateway_seal::Place;

use crate::Flow;
use crate::case::corrupt;
use crate::error::FlowError;
use crate::seal::fresh;

/// Where they lie in a table of steps.
const fn place<'a>(table: &'a str, area: &'a str, step: &'a str) -> Place<'a> {
    Place {
        area,
        table,
        row: step,
        column: "words",
    }
}

impl Flow {
    /// Words for a step of a table, sealed, with the step's id.
    pub(crate) async fn seal_step_words(
        &self,
        table: &str,
        area: &str,
        words: &str,
    ) -> Result<(String, Vec<u8>), FlowError> {
        let id = fresh(self);
        let place = place(table, area, &id);
        let sealed = self.vault.seal_column(&place, words.as_bytes()).await?;
        Ok((id, sealed))
    }

    /// The words of a step, opened.
    pub(crate) async fn open_step_words(
        &self,
        (table, area): (&'static str, &str),
        step: &str,
        sealed: &[u8],
    ) -> Result<String, FlowError> {
        let place = place(table, area, step);
        let plain = self.vault.open_column(&place, sealed).await?;
        String::from_utf8(plain.to_vec()).map_err(|_| corrupt(table, step))
    }
}
