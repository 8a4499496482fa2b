//! JSON logs to standard error. `GATEWAY_LOG` sets the level, for all or for parts:
//! `debug`, `info,gateway_flow=debug`.

use tracing_subscriber::EnvFilter;

/// Starts logging.
pub fn start() {
    let filter = std::env::var("GATEWAY_LOG").unwrap_or_else(|_| "info,sqlx=warn".to_owned());
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let started = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        // To say that the log cannot be written there is only where it cannot be written: with its
        // disk full, the attempt would be the end of whoever logs.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .try_init();
    if started.is_err() {
        crate::say::note("gateway: logging was started already");
    }
}
