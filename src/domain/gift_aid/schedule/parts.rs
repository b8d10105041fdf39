//! Files of a claim: a thousand rows each, with the earliest date and, in the first, the tax to give back (UK-39, UK-42).

/// Rows of one file (UK-39).
pub const ROWS: usize = 1000;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<R> {
    /// 1 for the first.
    pub number: i64,
    /// Its rows, in order.
    pub rows: Vec<R>,
}

/// The files of a claim, in the order of its rows (case 57).
pub fn parts<R>(rows: Vec<R>) -> Vec<Part<R>> {
    let mut out: Vec<Part<R>> = Vec::new();
    for row in rows {
        match out.last_mut() {
            Some(part) if part.rows.len() < ROWS => part.rows.push(row),
            _ => {
                let number = i64::try_from(out.len()).unwrap_or(i64::MAX).saturating_add(1);
                out.push(Part { number, rows: vec![row] });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_57_a_thousand_and_one_rows_are_two_files() {
        let sizes = |n: i64| parts((0..n).collect()).iter().map(|p| p.rows.len()).collect::<Vec<_>>();
        assert_eq!(sizes(1000), [1000]);
        assert_eq!(sizes(1001), [1000, 1]);
        assert!(sizes(0).is_empty());
        let all = parts((0..2500).collect::<Vec<i64>>());
        assert_eq!(all.iter().flat_map(|p| &p.rows).sum::<i64>(), (0..2500_i64).sum::<i64>());
    }
}
