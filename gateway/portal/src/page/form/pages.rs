//! A long table, so many rows a page. Going to another page sends this one, so that nothing that
//! was typed on it is lost.

use std::ops::Range;

use askama::Template;

/// So many rows are on a page.
const ROWS: usize = 50;

/// Which rows of a table are shown.
#[derive(Debug, Template)]
#[template(path = "page/form/pages.html")]
pub(super) struct Pages {
    /// The page, from 1.
    pub(super) at: usize,
    rows: usize,
}

impl Pages {
    /// The page that is asked for, or the nearest that there is.
    pub(super) fn new(asked: usize, rows: usize) -> Self {
        let at = asked.clamp(1, rows.div_ceil(ROWS).max(1));
        Self { at, rows }
    }

    /// The page that a row is on; the row's place from 0.
    pub(super) const fn of_row(row: usize) -> usize {
        row / ROWS + 1
    }

    /// The places of its rows, from 0.
    pub(super) fn shown(&self) -> Range<usize> {
        let first = (self.at - 1) * ROWS;
        first..self.rows.min(first + ROWS)
    }

    const fn last(&self) -> usize {
        self.rows.div_ceil(ROWS)
    }

    fn first_row(&self) -> usize {
        self.shown().start + 1
    }

    fn last_row(&self) -> usize {
        self.shown().end
    }
}

/// A table's address with the page that a row is on; the first page has none.
pub(super) fn address(table: &str, page: usize) -> String {
    match page {
        0 | 1 => table.to_owned(),
        page => format!("{table}?page={page}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_on_one_page() {
        for rows in [0, 1, 49, 50, 51, 100, 1_000] {
            let last = Pages::new(usize::MAX, rows).at;
            let all: Vec<usize> = (1..=last)
                .flat_map(|at| Pages::new(at, rows).shown())
                .collect();
            assert_eq!(all, (0..rows).collect::<Vec<_>>(), "{rows}");
            for row in all {
                let page = Pages::new(Pages::of_row(row), rows);
                assert!(page.shown().contains(&row));
            }
        }
        assert_eq!(Pages::new(0, 120).shown(), 0..50);
        assert_eq!(Pages::new(9, 120).shown(), 100..120);
        assert_eq!(address("/t", 1), "/t");
        assert_eq!(address("/t", 2), "/t?page=2");
    }
}
