//! Samples of the repeating gift's pages.

use super::super::Layout;
use super::MonthlyPage;

impl MonthlyPage {
    /// Samples.
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![(
            "plain",
            Self { layout: Layout::sample_portal("Monthly gift", "/portal/monthly"), ..Self::default() },
        )]
    }
}
