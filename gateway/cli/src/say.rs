//! The two output streams. A reader that goes away (`| head`) is no failure.

use std::io::Write as _;

use gateway_flow::FlowError;

/// A line for the reader or the next command.
pub fn line(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.as_ref());
    let _ = out.flush();
}

/// A line for the person at the terminal.
pub fn note(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// A value as JSON, indented.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Rows under a header, in columns as wide as they need to be.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) {
    let mut widths = header.map(|word| word.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(columns(&header.map(str::to_owned), &widths));
    for row in rows {
        line(columns(row, &widths));
    }
}

fn columns<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"));
    let text = padded.collect::<Vec<_>>().join("  ");
    text.trim_end().to_owned()
}

/// What went wrong, and why.
pub fn error(error: &anyhow::Error) {
    note(format!("gateway: {error:#}"));
    if let Some(FlowError::Invalid(faults)) = error.downcast_ref::<FlowError>() {
        for fault in faults {
            note(format!("  `{}` {}", fault.pointer, fault.detail));
        }
    }
    if let Some(FlowError::Unavailable(why)) = error.downcast_ref::<FlowError>() {
        note(format!("  {why}"));
    }
}

/// Microseconds UTC as RFC 3339.
pub fn time(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map_or_else(|_| micros.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_end_without_blanks() {
        let row = ["é".to_owned(), "b".to_owned()];
        assert_eq!(columns(&row, &[3, 5]), "é    b");
    }

    #[test]
    fn times_are_shown_in_utc() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
    }
}
