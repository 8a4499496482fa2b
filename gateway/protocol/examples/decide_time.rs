//! How long a decision takes: `cargo run --release -p gateway-protocol --example decide_time`.

use std::time::Instant;

use gateway_core::{AgencyKind, Category, Outcome, Question};
use gateway_protocol::{Protocols, cases::default_question};

const ROUNDS: usize = 20_000;

#[expect(clippy::print_stdout, reason = "it prints its measurement")]
fn main() {
    let started = Instant::now();
    let protocols = match Protocols::embedded() {
        Ok(protocols) => protocols,
        Err(error) => {
            println!("{error}");
            return;
        }
    };
    println!("load: {} ms", started.elapsed().as_millis());
    let question = |kind: AgencyKind, category: Category| {
        let mut question = default_question(kind)?;
        question.item.category = category;
        Some(question)
    };
    let asked = [
        question(AgencyKind::Housing, Category::Risk),
        question(AgencyKind::Probation, Category::HealthClin),
        question(AgencyKind::Housing, Category::HealthClin),
    ];
    for question in asked.into_iter().flatten() {
        let (outcome, median, p99) = measure(&protocols, &question);
        println!("{outcome}: median {median:.1} µs, p99 {p99:.1} µs");
    }
}

fn measure(protocols: &Protocols, question: &Question) -> (Outcome, f64, f64) {
    let mut times: Vec<f64> = Vec::with_capacity(ROUNDS);
    let outcome = protocols.decide(question).outcome;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        std::hint::black_box(protocols.decide(std::hint::black_box(question)));
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get(ROUNDS * part / 100).copied().unwrap_or(f64::NAN);
    (outcome, at(50), at(99))
}
