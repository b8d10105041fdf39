//! Gift Aid in the donor's area: how it stands, making a declaration, ending one.

use super::parts::{Chip, Hidden, Todo};
use super::sign_in::collect;
use super::{AddressForm, Check, Choice, Field, Layout, Link, Notice, Problem, Row};

/// One declaration.
#[derive(Debug, Clone, Default)]
pub struct DeclarationCard {
    /// Which gifts: "Every gift from 22 November 2026".
    pub covers: String,
    /// How it stands: "Holds", "Ended".
    pub chip: Chip,
    /// When and how it was made, in whose name, until when.
    pub rows: Vec<Row>,
    /// Where it is ended; none when it cannot be.
    pub end: Option<Link>,
}

/// How a donor stands with one entity.
#[derive(Debug, Clone, Default)]
pub struct GiftAidSection {
    /// The id of the heading, unique on the page.
    pub id: String,
    /// "Gift Aid for Lantern Freedom Trust (UK)".
    pub heading: String,
    /// "On", "Not on".
    pub chip: Chip,
    /// A sentence on what that means.
    pub text: String,
    /// What Gift Aid has added.
    pub figures: Vec<Row>,
    /// What a signature would add; one at most.
    pub offers: Vec<Todo>,
    /// Where a declaration is made, when nothing is offered.
    pub sign: Option<Link>,
    /// What was declared, the latest first.
    pub declarations: Vec<DeclarationCard>,
}

/// `/portal/gift-aid`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/gift_aid.html")]
pub struct GiftAidPage {
    /// The frame.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "Gift Aid".
    pub heading: String,
    /// What it is, in a sentence.
    pub lead: String,
    /// One for each entity that takes it.
    pub sections: Vec<GiftAidSection>,
    /// Said under everything: when to tell us.
    pub notes: Vec<String>,
}

/// `/portal/gift-aid/sign/{entity}`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/gift_aid_sign.html")]
pub struct GiftAidSignPage {
    /// The frame.
    pub layout: Layout,
    /// The step back.
    pub back: Link,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// "Sign a Gift Aid declaration".
    pub heading: String,
    /// To whom, and what it adds.
    pub lead: String,
    /// Where it posts to.
    pub action: String,
    /// Hidden fields.
    pub hidden: Vec<Hidden>,
    /// What is wrong with the choice of gifts (its `value` is not used).
    pub scope: Field,
    /// From today, or the past four years too.
    pub scopes: Vec<Choice>,
    /// First name and surname.
    pub full_name: Field,
    /// The home address.
    pub address: AddressForm,
    /// The declaration as worded in the charity file.
    pub declaration: Vec<String>,
    /// What is said besides about the past.
    pub past: Vec<String>,
    /// The tick that makes it.
    pub agree: Check,
    /// What is wrong with the tick (its `value` is not used).
    pub agreed: Field,
    /// When to tell us, higher-rate tax.
    pub notes: Vec<String>,
    /// "Back without signing".
    pub cancel: Link,
}

impl GiftAidSignPage {
    /// The error summary, in the order of the form.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[
            ("scope", &self.scope),
            ("full_name", &self.full_name),
            ("line1", &self.address.line1),
            ("line2", &self.address.line2),
            ("city", &self.address.city),
            ("region", &self.address.region),
            ("postcode", &self.address.postcode),
            ("country", &self.address.country),
            ("agree", &self.agreed),
        ])
    }
}

/// `/portal/gift-aid/end/{declaration}`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/gift_aid_end.html")]
pub struct GiftAidEndPage {
    /// The frame.
    pub layout: Layout,
    /// The step back.
    pub back: Link,
    /// A notice over the form.
    pub notice: Option<Notice>,
    /// "End Gift Aid?".
    pub heading: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// What was declared.
    pub rows: Vec<Row>,
    /// What ending it means.
    pub meaning: Vec<String>,
    /// Where it posts to.
    pub action: String,
    /// What is wrong with the choice of the day (its `value` is not used).
    pub choice: Field,
    /// From today, or a later day.
    pub choices: Vec<Choice>,
    /// The later day.
    pub date: Field,
    /// The button: "End it".
    pub button: String,
    /// "Keep it".
    pub cancel: Link,
}

impl GiftAidEndPage {
    /// The error summary, in the order of the form.
    pub fn problems(&self) -> Vec<Problem> {
        collect(&[("when", &self.choice), ("date", &self.date)])
    }
}

#[path = "gift_aid_samples.rs"]
mod samples;
