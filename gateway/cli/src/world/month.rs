//! Thirty exchanges of a plausible month, sent, held, decided, opened and acknowledged through
//! the real flow. What each comes to is for the rules to say, not for this table.

mod first_week;
mod fourth_week;
mod second_week;
mod third_week;

use gateway_flow::Flow;

use super::Dates;
use super::letter::Teller;
use crate::demo::State;
use crate::progress;

/// How many exchanges the month has.
pub const EXCHANGES: usize = 30;

/// Tells the month.
pub async fn tell(flow: &Flow, dates: &Dates, state: &State) -> anyhow::Result<()> {
    let mut teller = Teller::new(flow, dates.first, state);
    let bar = progress::bar("a month of exchanges");
    bar.set_length(4);
    first_week::tell(&mut teller).await?;
    bar.inc(1);
    second_week::tell(&mut teller).await?;
    bar.inc(1);
    third_week::tell(&mut teller).await?;
    bar.inc(1);
    fourth_week::tell(&mut teller).await?;
    bar.finish_and_clear();
    anyhow::ensure!(
        teller.sent == EXCHANGES,
        "the month has {} exchanges, not {EXCHANGES}",
        teller.sent
    );
    Ok(())
}
