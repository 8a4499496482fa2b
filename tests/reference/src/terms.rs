//! The rows that say how a thing goes, once another row lets it go.

use gateway_core::question::Question;
use gateway_core::{Category, Obligation};

type Row = (&'static str, Vec<Obligation>);

/// ISP-36: anything OFFICIAL-SENSITIVE to a recipient without a secure channel.
pub fn matching(q: &Question) -> Vec<Row> {
    let official_sensitive = q.item.category != Category::Stats;
    if official_sensitive && !q.recipient.secure_channel {
        vec![(
            "ISP-36",
            vec![Obligation::Expire(14), Obligation::NamedRecipient],
        )]
    } else {
        Vec::new()
    }
}
