//! `/check`: whether a document is genuine. Nothing personal is shown.

use super::{Field, Layout, Notice, Row, Tone};

/// The page.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/check.html")]
pub struct CheckPage {
    /// The frame.
    pub layout: Layout,
    /// "Is this document genuine?"
    pub heading: String,
    /// The answer, once a code was typed.
    pub answer: Option<Notice>,
    /// What kind of document it is.
    pub facts: Vec<Row>,
    /// The code.
    pub code: Field,
}

impl CheckPage {
    /// Samples: empty, genuine, unknown, no code.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            layout: Layout::sample_portal_css("Is this document genuine?"),
            heading: "Is this document genuine?".into(),
            ..Self::default()
        };
        let answer = |tone, title: &str| Some(Notice { tone, title: title.into(), text: String::new() });
        let genuine = Self {
            answer: answer(Tone::Success, "This document is genuine, and it counts."),
            facts: vec![
                Row::new("Document", "Annual statement"),
                Row::new("Number", "LFT-S-2025-26-000042"),
                Row::new("Issued by", "Lantern Freedom Trust"),
            ],
            code: Field::of("3F9A-12BC-77AA-0012-9FEC"),
            ..empty.clone()
        };
        let unknown = Self {
            answer: answer(Tone::Problem, "We know of no document with this code."),
            code: Field::of("3F9A-12BC-77AA-0012-9FED"),
            ..empty.clone()
        };
        let wrong =
            Self { code: Field::wrong("3F9A", "Enter all twenty letters and digits"), ..empty.clone() };
        vec![("empty", empty), ("genuine", genuine), ("unknown", unknown), ("no code", wrong)]
    }
}
