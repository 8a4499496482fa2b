//! Rich Text Format: objects in it (Rich Text Format Specification 1.9.1, "Objects").

use memchr::memmem;

use crate::Finding;
use crate::look::Look;

pub(crate) fn look(look: &mut Look, bytes: &[u8]) {
    let objects: [&[u8]; 3] = [b"\\object", b"\\objdata", b"\\objupdate"];
    if objects
        .iter()
        .any(|word| memmem::find(bytes, word).is_some())
    {
        look.find(Finding::EmbeddedObject);
    }
}
