//! E-mail choices at `/portal/preferences`.

use super::parts::Hidden;
use super::{Check, Layout, Notice};

/// The e-mail choices. Posts the tick boxes with `way` = `save` or `stop` (none of them) and `consent_wording`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/preferences.html")]
pub struct PreferencesPage {
    /// The frame.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "E-mail choices".
    pub heading: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// Where it posts to.
    pub action: String,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// The question over the boxes: "What may we write to you about?".
    pub question: String,
    /// `updates_stories`, `updates_events`, `updates_help`, each with what it means as its hint.
    pub items: Vec<Check>,
    /// The wording the donor agrees to.
    pub statement: String,
    /// The id of the wording.
    pub wording_id: String,
    /// "You last changed this on 3 May 2026."; may be empty.
    pub changed: String,
    /// "Receipts and news about your own gifts always come."
    pub always: String,
}

impl PreferencesPage {
    /// Whether any box is ticked, so that there is something to stop.
    pub fn any(&self) -> bool {
        self.items.iter().any(|item| item.checked)
    }

    /// Samples: nothing chosen, some, just saved.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let check = |name: &str, label: &str, hint: &str| Check {
            name: name.into(),
            label: label.into(),
            hint: hint.into(),
            checked: false,
        };
        let none = Self {
            layout: Layout::sample_portal("E-mail choices", "/portal/preferences"),
            heading: "E-mail choices".into(),
            lead: "You decide what we write to you about. Change it here whenever you like.".into(),
            action: "/portal/preferences".into(),
            question: "What may we write to you about?".into(),
            items: vec![
                check("updates_stories", "Stories from the field", "What your gifts make possible, about once a month."),
                check("updates_events", "Events in your area", "Talks, walks and evenings near your postcode, a few times a year."),
                check("updates_help", "Other ways to help", "Petitions, volunteering and appeals, a few times a year."),
            ],
            statement: "Lantern Freedom Trust (UK) writes to you by e-mail about what you tick here. We never pass on your address. Every e-mail has a link to stop.".into(),
            wording_id: "updates-uk-2026-1".into(),
            changed: String::new(),
            always: "Receipts and news about your own gifts always come.".into(),
            ..Self::default()
        };
        let mut some = Self { changed: "You last changed this on 3 May 2026.".into(), ..none.clone() };
        some.items[0].checked = true;
        some.items[2].checked = true;
        let saved = Self {
            notice: Some(Notice {
                tone: super::Tone::Success,
                title: "Saved.".into(),
                text: "From now on we write to you about stories from the field and other ways to help."
                    .into(),
            }),
            ..some.clone()
        };
        vec![("none", none), ("some", some), ("saved", saved)]
    }
}
