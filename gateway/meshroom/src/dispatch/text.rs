//! Bodies that are read whole: the parts of a form, and texts that are short.

use gateway_flow::read::DocumentBody;

use crate::error::Trouble;

/// A body in clear, whole; what carries it has bounded its size.
pub(super) async fn whole(body: DocumentBody) -> Result<Vec<u8>, Trouble> {
    let mut clear = Vec::new();
    match body {
        DocumentBody::Clear(mut chunks) => {
            while let Some(chunk) = chunks.recv().await {
                clear.extend_from_slice(&chunk?);
            }
            Ok(clear)
        }
        // What only the agency can open was not carried at all.
        DocumentBody::Sealed { .. } => Err(Trouble::Stopped("an item is sealed to its reader")),
    }
}

/// The same, as text.
pub(super) async fn text(body: DocumentBody) -> Result<String, Trouble> {
    let clear = whole(body).await?;
    String::from_utf8(clear).map_err(|_| Trouble::Stopped("a text does not read"))
}
