//! Places at which a test stops the whole process, to kill it there as a power cut would. Without
//! the feature `failpoints`, which no build for use has, there is nothing here but functions that
//! do nothing.
//!
//! With it, and with `GATEWAY_STOPS` naming a folder: every point that is reached is a line of the
//! file `seen` there, `POINT` or `POINT=WHAT`; and where the file `at` names it, perhaps with `:N`
//! for the n-th time, the process writes it to `stopped` and stops (SIGSTOP) before anything else
//! of that thread happens. Every transaction has two, `commit=NAME` and `committed=NAME`.

/// A point is reached.
#[inline]
pub fn reached(point: &'static str) {
    #[cfg(feature = "failpoints")]
    on::reached(point);
    #[cfg(not(feature = "failpoints"))]
    let _ = point;
}

/// A point that many come to is reached: by whom, or about what.
#[inline]
pub fn reached_by(point: &'static str, what: &str) {
    #[cfg(feature = "failpoints")]
    on::reached(&format!("{point}={what}"));
    #[cfg(not(feature = "failpoints"))]
    let _ = (point, what);
}

#[cfg(feature = "failpoints")]
mod on {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::{Mutex, OnceLock, PoisonError};

    /// What is stopped at, and how often it was reached since.
    static REACHED: Mutex<(String, u64)> = Mutex::new((String::new(), 0));

    fn folder() -> Option<&'static Path> {
        static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
        let folder = FOLDER.get_or_init(|| std::env::var_os("GATEWAY_STOPS").map(PathBuf::from));
        folder.as_deref()
    }

    pub fn reached(point: &str) {
        let Some(folder) = folder() else { return };
        // One at a time: the lines are whole, and the n-th is the n-th.
        let mut counted = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("seen"));
        if let Ok(mut seen) = seen {
            let _ = seen.write_all(format!("{point}\n").as_bytes());
        }
        let at = fs::read_to_string(folder.join("at")).unwrap_or_default();
        if counted.0 != at {
            *counted = (at.clone(), 0);
        }
        let (name, times) = match at.trim().rsplit_once(':') {
            Some((name, times)) => (name, times.parse().unwrap_or(1)),
            None => (at.trim(), 1),
        };
        if name == point {
            counted.1 += 1;
            if counted.1 == times {
                stop(folder, point);
            }
        }
    }

    /// For good: whoever asked for it kills the process.
    fn stop(folder: &Path, point: &str) {
        let _ = fs::write(folder.join("stopped"), point);
        loop {
            let _ = Command::new("sh")
                .args(["-c", "kill -STOP \"$PPID\""])
                .status();
            std::thread::park();
        }
    }
}
