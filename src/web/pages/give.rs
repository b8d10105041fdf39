//! The giving form at `/give`, and the page shown when an entity takes no gifts at the moment.

use super::{Check, Choice, Field, Layout, Link, Notice, Problem};

/// The giving form.
///
/// A handler fills the values, sets `error` on the fields that need another look and renders with 422;
/// the error summary, its order and its links come from the fields by themselves.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/give.html")]
pub struct GivePage {
    /// The frame. Set `layout.js` to `/assets/give.js`.
    pub layout: Layout,
    /// The programme's heading: "Send rescue today".
    pub heading: String,
    /// One or two sentences under it.
    pub lead: String,
    /// The campaign that brought the donor here.
    pub campaign: Option<Campaign>,
    /// A notice over the form: "Nothing was taken. Your details are below."
    pub notice: Option<Notice>,
    /// Whom the gift goes to and in what currency: "Giving in the United Kingdom, in pounds (GBP)".
    pub entity_line: String,
    /// The legal entities to choose from, as links; empty or one: no choice is shown.
    pub entities: Vec<Link>,
    /// The currencies to choose from, as links; empty or one: no choice is shown.
    pub currencies: Vec<Link>,
    /// Hidden field `token`.
    pub token: String,
    /// Hidden field `entity`.
    pub entity: String,
    /// Hidden field `currency` (ISO code); also given to the script.
    pub currency: String,
    /// Hidden field `campaign`; empty when there is none.
    pub campaign_code: String,
    /// The frequencies offered, in order; each with its ask amounts. One only: no choice is shown.
    pub frequencies: Vec<Frequency>,
    /// What is wrong with the frequency.
    pub frequency_error: Option<String>,
    /// The own amount; its error is shown for the whole choice of amount.
    pub amount_other: Field,
    /// "Between £2 and £50,000".
    pub amount_hint: String,
    /// The currency symbol when it stands before the figure, with its space if it has one; else empty.
    pub prefix: String,
    /// The currency symbol when it stands after the figure, with its space if it has one; else empty.
    pub suffix: String,
    /// How many decimals the currency has: 2 for GBP, 0 for JPY.
    pub exponent: u8,
    /// The button: `now` "Give £25.00 a month"; `pattern` is ignored (each frequency has its own); `plain` "Continue to payment".
    pub button: LiveText,
    /// The tick box that covers the card fee.
    pub cover_fee: Option<CoverFee>,
    /// The funds; none: no choice, one: it is named, up to five: radio buttons, more: a drop-down list.
    pub funds: Vec<Fund>,
    /// What is wrong with the fund.
    pub fund_error: Option<String>,
    /// A message to the charity, at most 500 letters.
    pub note: Field,
    /// `none`, `memory` or `honour`.
    pub tribute_kind: String,
    /// In whose name.
    pub tribute_name: Field,
    /// `individual` or `organisation`.
    pub donor_kind: String,
    /// The organisation's name.
    pub organisation: Field,
    /// First name.
    pub given_name: Field,
    /// Last name.
    pub family_name: Field,
    /// E-mail.
    pub email: Field,
    /// The address block; none: no address is asked for.
    pub address: Option<Address>,
    /// The Gift Aid box.
    pub gift_aid: Option<GiftAid>,
    /// The opt-in block.
    pub consent: Option<Consent>,
    /// The last line under the button: "You'll pay on Stripe's secure page."
    pub pay_line: String,
}

/// A campaign, above the form.
#[derive(Debug, Clone, Default)]
pub struct Campaign {
    /// Its name.
    pub title: String,
    /// A sentence or two.
    pub text: String,
    /// "Until 31 December 2026", or empty.
    pub until: String,
}

/// Words that change while someone fills in the form.
#[derive(Debug, Clone, Default)]
pub struct LiveText {
    /// The words as true now: "Make £25.00 worth £31.25 with Gift Aid".
    pub now: String,
    /// The same with `{amount}`, `{fee}`, `{worth}` for the script.
    pub pattern: String,
    /// Words true for any amount, shown without a script as soon as the amount was changed: "Make your gift worth a quarter more with Gift Aid".
    pub plain: String,
}

/// One frequency with its ask amounts.
#[derive(Debug, Clone, Default)]
pub struct Frequency {
    /// `once`, `monthly`, `quarterly` or `yearly`.
    pub value: String,
    /// "Every month".
    pub label: String,
    /// The question over its amounts: "How much each month?".
    pub question: String,
    /// A sentence shown when it is chosen ("Stop whenever you like, in two clicks."), or empty.
    pub hint: String,
    /// The button's words for the script: "Give {amount} a month".
    pub button_pattern: String,
    /// What happens after, by this frequency: "First gift today, then on the 22nd of each month."
    pub after: String,
    /// Whether it is chosen.
    pub checked: bool,
    /// Its ask amounts.
    pub amounts: Vec<AskAmount>,
}

/// One ask amount.
#[derive(Debug, Clone, Default)]
pub struct AskAmount {
    /// What is posted: "25.00".
    pub value: String,
    /// What is read: "£25".
    pub label: String,
    /// What it does ("A week in a safe house"), or empty.
    pub impact: String,
    /// Whether it is chosen.
    pub checked: bool,
}

/// The tick box that covers the card fee. The sum is grossed up: `ceil((amount + fixed) / (1 - percent)) - amount`.
#[derive(Debug, Clone, Default)]
pub struct CoverFee {
    /// `now` "Add 59p so that the whole £25.00 reaches the work"; `pattern` "Add {fee} so that the whole {amount} reaches the work"; `plain` "Add the card fee so that the whole gift reaches the work".
    pub words: LiveText,
    /// The percentage as a plain number: "1.5".
    pub percent: String,
    /// The fixed part in minor units: "20".
    pub fixed_minor: String,
    /// How sums below one unit are written: "p" for 59p; empty: as £0.59.
    pub minor_suffix: String,
    /// Whether it is ticked.
    pub checked: bool,
}

/// One fund.
#[derive(Debug, Clone, Default)]
pub struct Fund {
    /// What is posted.
    pub value: String,
    /// Its name.
    pub name: String,
    /// A sentence, or empty.
    pub description: String,
    /// Whether it is chosen.
    pub checked: bool,
}

/// When an address is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AddressWhen {
    /// Every donor gives it.
    Required,
    /// Only donors who tick Gift Aid give it (their home address).
    WithGiftAid,
    /// Who likes to may give it.
    #[default]
    Optional,
}

/// The address block.
#[derive(Debug, Clone, Default)]
pub struct Address {
    /// When it is asked for.
    pub when: AddressWhen,
    /// "Your home address".
    pub heading: String,
    /// Why it is asked for, or empty.
    pub lead: String,
    /// First line.
    pub line1: Field,
    /// Second line.
    pub line2: Field,
    /// Town or city.
    pub city: Field,
    /// State, province, county; its label is `region_label`.
    pub region: Field,
    /// "State", "Province"; empty: the field is left out.
    pub region_label: String,
    /// Whether the region is needed.
    pub region_required: bool,
    /// Postcode; its label is `postcode_label`.
    pub postcode: Field,
    /// "Postcode", "ZIP code".
    pub postcode_label: String,
    /// What is wrong with the country (its `value` is not used; see `countries`).
    pub country: Field,
    /// The countries.
    pub countries: Vec<Choice>,
}

/// The Gift Aid box. It is hidden by the stylesheet while "An organisation" is chosen; the handler ignores it then, too.
#[derive(Debug, Clone, Default)]
pub struct GiftAid {
    /// `now` "Make £25.00 worth £31.25 with Gift Aid"; `pattern` with `{amount}` and `{worth}`; `plain` for any amount.
    pub worth: LiveText,
    /// What the state adds, in percent of the gift, for the script: "25".
    pub percent: String,
    /// The words beside the tick box.
    pub label: String,
    /// The declaration as worded in the charity file.
    pub declaration: Vec<String>,
    /// What else must be said: cancelling, changes, higher-rate tax.
    pub notes: Vec<String>,
    /// "HMRC needs your home address, not an office or a c/o address."
    pub home_note: String,
    /// The id of the wording: "gift-aid-2026-1".
    pub wording_id: String,
    /// Whether it is ticked.
    pub checked: bool,
    /// What is wrong.
    pub error: Option<String>,
}

/// The opt-in block.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// The question: "May we write to you about the work?"
    pub heading: String,
    /// Who writes, about what, how to stop.
    pub statement: String,
    /// `updates_stories`, `updates_events`, `updates_help`; unticked at first.
    pub items: Vec<Check>,
    /// The id of the wording.
    pub wording_id: String,
}

impl GivePage {
    /// The error summary, in the order of the form.
    pub fn problems(&self) -> Vec<Problem> {
        let mut all = Vec::new();
        let mut add = |id: &str, error: &Option<String>| {
            if let Some(text) = error {
                all.push(Problem { id: id.to_owned(), text: text.clone() });
            }
        };
        let first = self.frequencies.first().map(|f| format!("frequency-{}", f.value)).unwrap_or_default();
        add(&first, &self.frequency_error);
        add("amount_other", &self.amount_other.error);
        let fund = self.funds.first().map(|f| format!("fund-{}", f.value)).unwrap_or_default();
        add(if self.fund_select() { "fund" } else { &fund }, &self.fund_error);
        add("tribute_name", &self.tribute_name.error);
        add("note", &self.note.error);
        add("organisation", &self.organisation.error);
        add("given_name", &self.given_name.error);
        add("family_name", &self.family_name.error);
        add("email", &self.email.error);
        if let Some(aid) = &self.gift_aid {
            add("gift_aid", &aid.error);
        }
        if let Some(a) = &self.address {
            add("address_line1", &a.line1.error);
            add("address_line2", &a.line2.error);
            add("city", &a.city.error);
            add("region", &a.region.error);
            add("postcode", &a.postcode.error);
            add("country", &a.country.error);
        }
        all
    }

    /// Whether the funds are a drop-down list.
    pub fn fund_select(&self) -> bool {
        self.funds.len() > 5
    }

    /// Whether the part with message and tribute is shown open.
    pub fn extras_open(&self) -> bool {
        self.tribute_kind == "memory"
            || self.tribute_kind == "honour"
            || !self.note.value.is_empty()
            || self.note.error.is_some()
            || self.tribute_name.error.is_some()
    }
}

impl Address {
    /// Whether its fields are needed whenever they are shown.
    pub fn needed(&self) -> bool {
        self.when != AddressWhen::Optional
    }

    /// Whether it belongs to the Gift Aid box.
    pub fn for_gift_aid(&self) -> bool {
        self.when == AddressWhen::WithGiftAid
    }
}

/// The page shown when no gift can be taken: no entity takes gifts, or the campaign is over.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/give_closed.html")]
pub struct GiveClosedPage {
    /// The frame.
    pub layout: Layout,
    /// "This appeal has ended".
    pub heading: String,
    /// What that means, in sentences.
    pub text: String,
    /// The one thing to do, as a button.
    pub action: Option<Link>,
    /// Other ways.
    pub links: Vec<Link>,
}

impl GiveClosedPage {
    /// Samples: a campaign that is over, and gifts off altogether.
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![
            (
                "campaign",
                Self {
                    layout: Layout::sample("This appeal has ended"),
                    heading: "This appeal has ended".into(),
                    text: "Winter Rescue closed on 31 December 2026. Thank you to everyone who gave. You can still give where it is needed most.".into(),
                    action: Some(Link::new("Give where it is needed most", "/give")),
                    links: vec![],
                },
            ),
            (
                "off",
                Self {
                    layout: Layout::sample("Giving online is paused"),
                    heading: "Giving online is paused".into(),
                    text: "We are moving our payments this weekend and open again on Monday 23 November 2026. Monthly gifts go on as planned; you need do nothing.".into(),
                    action: None,
                    links: vec![],
                },
            ),
        ]
    }
}

#[path = "give_samples.rs"]
mod samples;
