//! Samples of the small acts, of the page after stopping and of the pages a mail leads to.

use super::super::Layout;
use super::{PlanActPage, PlanLinkPage, PlanStoppedPage};

fn portal(title: &str) -> Layout {
    Layout::sample_portal(title, "/portal/monthly")
}

impl PlanActPage {
    /// Samples.
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { layout: portal("Change the amount"), ..Self::default() })]
    }
}

impl PlanStoppedPage {
    /// Samples.
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { layout: portal("Stopped"), ..Self::default() })]
    }
}

impl PlanLinkPage {
    /// Samples.
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![("plain", Self { layout: portal("Your monthly gift"), ..Self::default() })]
    }
}
