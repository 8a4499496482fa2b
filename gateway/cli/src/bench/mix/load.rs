//! When each act is due, and how long each took.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::super::times::{Watch, count};
use super::NAME;
use super::act::{Answered, Cast};
use crate::{progress, say};

/// Acts a second: exchanges first, as many as there are to be, then what makes none.
const EACH: [(Kind, usize); 6] = [
    (Kind::Post, 75),
    (Kind::Mail, 15),
    (Kind::Document, 5),
    (Kind::Form, 5),
    (Kind::Page, 30),
    (Kind::Inbox, 10),
];

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text by API.
    Post,
    /// A document by API.
    Document,
    /// A form by API.
    Form,
    /// A mail.
    Mail,
    /// A system that takes what waits.
    Inbox,
    /// A page in a browser.
    Page,
}

impl Kind {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Post => "a text of 2 KB by API, to its proof",
            Self::Document => "a document of 100 KB by API, to its proof",
            Self::Form => "an Annex F by API, to its proof",
            Self::Mail => "a signed and encrypted mail, to its 250",
            Self::Inbox => "the inbox by API, and one of it acknowledged",
            Self::Page => "a page in a browser",
        }
    }
}

/// All that was done.
pub struct Done {
    /// How long it took, seconds.
    pub seconds: f64,
    /// Acts that were not answered as they should be.
    pub failed: usize,
    /// What was answered of exchanges.
    pub answered: Vec<Answered>,
    took: Vec<(Kind, f64)>,
}

impl Done {
    /// How many exchanges were answered.
    pub const fn exchanges(&self) -> usize {
        self.answered.len()
    }

    /// How long each act of a kind took from when it was due, microseconds.
    pub fn took(&self, kind: Kind) -> Vec<f64> {
        let of_it = self.took.iter().filter(|(of, _)| *of == kind);
        of_it.map(|(_, micros)| *micros).collect()
    }
}

/// Does it all, for so many seconds.
pub async fn run(cast: &Arc<Cast>, seconds: usize) -> anyhow::Result<Done> {
    let (begun, watch) = (Instant::now(), Watch::start());
    let bar = progress::bar(NAME);
    let mut under_way = JoinSet::new();
    let mut done = Done {
        seconds: 0.0,
        failed: 0,
        answered: Vec::new(),
        took: Vec::new(),
    };
    for second in 0..seconds {
        for (offset, kind, n) in due_in_a_second(second) {
            let due = begun + Duration::from_secs_f64(count(second) + offset);
            sleep_until(due).await;
            let cast = Arc::clone(cast);
            under_way.spawn(async move {
                let answer = act(&cast, kind, n).await;
                (kind, due.elapsed().as_secs_f64() * 1e6, answer)
            });
            while let Some(one) = under_way.try_join_next() {
                note(&mut done, one?);
            }
        }
        bar.inc(1);
    }
    while let Some(one) = under_way.join_next().await {
        note(&mut done, one?);
    }
    bar.finish_and_clear();
    done.seconds = watch.seconds();
    Ok(done)
}

/// The acts of a second, each kind spread evenly over it, by when they are due.
fn due_in_a_second(second: usize) -> Vec<(f64, Kind, usize)> {
    let mut due: Vec<(f64, Kind, usize)> = EACH
        .into_iter()
        .flat_map(|(kind, each)| {
            (0..each).map(move |n| (count(n) / count(each), kind, second * each + n))
        })
        .collect();
    due.sort_by(|a, b| a.0.total_cmp(&b.0));
    due
}

async fn act(cast: &Cast, kind: Kind, n: usize) -> anyhow::Result<Option<Answered>> {
    match kind {
        Kind::Post => cast.post(n).await.map(Some),
        Kind::Document => cast.document(n).await.map(Some),
        Kind::Form => cast.form().await.map(Some),
        Kind::Mail => cast.mail().await.map(Some),
        Kind::Inbox => cast.inbox().await.map(|()| None),
        Kind::Page => cast.page(n).await.map(|()| None),
    }
}

fn note(done: &mut Done, (kind, micros, answer): (Kind, f64, anyhow::Result<Option<Answered>>)) {
    match answer {
        Ok(answered) => {
            done.took.push((kind, micros));
            done.answered.extend(answered);
        }
        Err(error) => {
            // The first says what is wrong; a thousand more would say it again.
            if done.failed == 0 {
                say::note(format!("{}: {error:#}", kind.words()));
            }
            done.failed += 1;
        }
    }
}
