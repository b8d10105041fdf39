//! Samples of the giving form: first visit, errors, returned from payment, long and other scripts, another country.

use super::super::{Check, Choice, Field, Layout, Link, Notice, Tone};
use super::{
    Address, AddressWhen, AskAmount, Campaign, Consent, CoverFee, Frequency, Fund, GiftAid, GivePage,
    LiveText,
};

fn live(now: &str, pattern: &str, plain: &str) -> LiveText {
    LiveText { now: now.into(), pattern: pattern.into(), plain: plain.into() }
}

fn ask(value: &str, label: &str, impact: &str, checked: bool) -> AskAmount {
    AskAmount { value: value.into(), label: label.into(), impact: impact.into(), checked }
}

fn countries(chosen: &str) -> Vec<Choice> {
    [
        ("GB", "United Kingdom"),
        ("IE", "Ireland"),
        ("US", "United States"),
        ("CA", "Canada"),
        ("AU", "Australia"),
        ("DE", "Germany"),
        ("NL", "Netherlands"),
    ]
    .map(|(value, label)| Choice { value: value.into(), label: label.into(), selected: value == chosen })
    .into()
}

fn frequencies() -> Vec<Frequency> {
    vec![
        Frequency {
            value: "monthly".into(),
            label: "Every month".into(),
            question: "How much each month?".into(),
            hint: "Monthly givers are our Freedom Partners. Stop whenever you like, in two clicks.".into(),
            button_pattern: "Give {amount} a month".into(),
            after: "First gift today, then on the 22nd of each month.".into(),
            checked: true,
            amounts: vec![
                ask("15.00", "£15", "A phone line for a field team", false),
                ask("25.00", "£25", "A week of counselling", true),
                ask("50.00", "£50", "A night in a safe house", false),
            ],
        },
        Frequency {
            value: "once".into(),
            label: "Once".into(),
            question: "How much?".into(),
            hint: String::new(),
            button_pattern: "Give {amount}".into(),
            after: "One gift today, and nothing after it.".into(),
            checked: false,
            amounts: vec![
                ask("30.00", "£30", "", false),
                ask("75.00", "£75", "", true),
                ask("150.00", "£150", "", false),
            ],
        },
    ]
}

fn usual() -> GivePage {
    let check = |name: &str, label: &str, hint: &str| Check {
        name: name.into(),
        label: label.into(),
        hint: hint.into(),
        checked: false,
    };
    GivePage {
        layout: Layout { js: Some("/assets/give.js".into()), ..Layout::sample("Send rescue today") },
        heading: "Send rescue today".into(),
        lead: "Your gift helps bring people out of slavery, and stands with them as they rebuild their lives.".into(),
        entity_line: "Giving in the United Kingdom, in pounds (GBP)".into(),
        entities: vec![
            Link { label: "United Kingdom, in pounds".into(), href: "/give?entity=uk".into(), current: true },
            Link::new("United States, in dollars", "/give?entity=us"),
            Link::new("Germany, in euros", "/give?entity=de"),
        ],
        token: "t0k3n".into(),
        entity: "uk".into(),
        currency: "GBP".into(),
        frequencies: frequencies(),
        amount_hint: "Between £2 and £50,000".into(),
        prefix: "£".into(),
        exponent: 2,
        button: live("Give £25.00 a month", "", "Continue to payment"),
        cover_fee: Some(CoverFee {
            words: live(
                "Add 59p so that the whole £25.00 reaches the work",
                "Add {fee} so that the whole {amount} reaches the work",
                "Add the card fee so that your whole gift reaches the work",
            ),
            percent: "1.5".into(),
            fixed_minor: "20".into(),
            minor_suffix: "p".into(),
            checked: false,
        }),
        funds: vec![
            Fund { value: "general".into(), name: "Where it is needed most".into(), description: "We put it where it does the most good.".into(), checked: true },
            Fund { value: "rescue".into(), name: "Rescue & Aftercare".into(), description: "Safe houses, doctors and counsellors.".into(), checked: false },
            Fund { value: "justice".into(), name: "Justice".into(), description: "Lawyers who bring traffickers to court.".into(), checked: false },
        ],
        tribute_kind: "none".into(),
        donor_kind: "individual".into(),
        address: Some(Address {
            when: AddressWhen::WithGiftAid,
            heading: "Your home address".into(),
            lead: "HMRC asks for the address where you live, not an office.".into(),
            postcode_label: "Postcode".into(),
            countries: countries("GB"),
            ..Address::default()
        }),
        gift_aid: Some(GiftAid {
            worth: live("Make £25.00 worth £31.25 with Gift Aid", "Make {amount} worth {worth} with Gift Aid", "Make your gift worth a quarter more with Gift Aid"),
            percent: "25".into(),
            label: "Yes, claim Gift Aid on this gift and on all my gifts from today".into(),
            declaration: vec!["I am a UK taxpayer and understand that if I pay less Income Tax and/or Capital Gains Tax than the amount of Gift Aid claimed on all my donations in that tax year it is my responsibility to pay any difference.".into()],
            notes: vec![
                "Tell us if you want to cancel this declaration, change your name or home address, or no longer pay enough tax.".into(),
                "If you pay tax at the higher or additional rate, include your gifts on your tax return to get the extra relief.".into(),
            ],
            home_note: "It costs you nothing. HMRC needs your home address for this.".into(),
            wording_id: "gift-aid-2026-1".into(),
            checked: false,
            error: None,
        }),
        consent: Some(Consent {
            heading: "May we e-mail you about the work?".into(),
            statement: "Tick what you would like from Lantern Freedom Trust. We never pass your address on, and every e-mail has a link to stop.".into(),
            items: vec![
                check("updates_stories", "Stories from the field", "About once a month"),
                check("updates_events", "Events in your area", ""),
                check("updates_help", "Ways to help", ""),
            ],
            wording_id: "consent-2026-1".into(),
        }),
        pay_line: "You'll pay on Stripe's secure page.".into(),
        ..GivePage::default()
    }
}

fn with_errors() -> GivePage {
    let mut page = usual();
    page.amount_other = Field::wrong("1", "Enter an amount of £2 or more");
    for amount in &mut page.frequencies[0].amounts {
        amount.checked = false;
    }
    page.button.now = "Continue to payment".into();
    page.given_name = Field::of("Ada");
    page.family_name = Field::wrong("", "Enter your last name");
    page.email = Field::wrong("ada.example.org", "Enter an e-mail address with an @, like name@example.org");
    page.donor_kind = "individual".into();
    page.tribute_kind = "memory".into();
    page.tribute_name = Field::wrong("", "Enter the name of the person you remember");
    page.note = Field::of("For Grace.");
    if let Some(aid) = &mut page.gift_aid {
        aid.checked = true;
    }
    if let Some(address) = &mut page.address {
        address.line1 = Field::of("7 Mill Lane");
        address.city = Field::of("York");
        address.postcode = Field::wrong("YO", "Enter a full postcode, like YO1 9TL");
    }
    page
}

fn returned() -> GivePage {
    let mut page = usual();
    page.notice = Some(Notice {
        tone: Tone::Attention,
        title: "Nothing was taken.".into(),
        text: "Your details are below. You can change anything before you try again.".into(),
    });
    page.given_name = Field::of("Ada");
    page.family_name = Field::of("Byron");
    page.email = Field::of("ada@example.org");
    page.campaign = Some(Campaign {
        title: "Winter Rescue".into(),
        text: "Until the end of the year, every gift to Rescue & Aftercare is matched by the Harbour Foundation.".into(),
        until: "Until 31 December 2026".into(),
    });
    page.campaign_code = "winter-2026".into();
    page
}

fn long() -> GivePage {
    let mut page = with_errors();
    let name: String = "Wolfeschlegelsteinhausenbergerdorff".repeat(4).chars().take(120).collect();
    page.layout = Layout { js: Some("/assets/give.js".into()), ..Layout::sample_demo("Send rescue today") };
    page.heading = "Stand with families rebuilding their lives after forced labour in the brick kilns and on the fishing boats".into();
    page.given_name = Field::of(name);
    page.family_name = Field::of("محمد عبد الرحمن الراشد");
    page.tribute_name = Field::of("王小明 · 김철수 · さくら");
    page.donor_kind = "organisation".into();
    page.gift_aid = None;
    page.address = None;
    page.organisation = Field::wrong("", "Enter the organisation's name");
    page.amount_other = Field::wrong(
        "9,999,999.99",
        "Enter an amount of £50,000 or less, or write to us about a larger gift",
    );
    page.currencies = vec![
        Link { label: "£ GBP".into(), href: "/give?currency=GBP".into(), current: true },
        Link::new("€ EUR", "/give?currency=EUR"),
        Link::new("$ USD", "/give?currency=USD"),
    ];
    let mut more = frequencies();
    for (frequency, value, label) in [(0, "quarterly", "Every three months"), (1, "yearly", "Every year")] {
        more[frequency].value = value.into();
        more[frequency].label = label.into();
        more[frequency].checked = false;
    }
    page.frequencies.extend(more);
    page.frequencies[0].amounts.push(ask(
        "10000.00",
        "£10,000",
        "A year of legal work for one hundred and twenty families in three provinces",
        false,
    ));
    for n in 1..=6 {
        page.funds.push(Fund {
            value: format!("field-{n}"),
            name: format!("Field office {n}: Legal Defence and Community Protection"),
            ..Fund::default()
        });
    }
    page
}

fn united_states() -> GivePage {
    let mut page = usual();
    page.entity_line = "Giving in the United States, in dollars (USD)".into();
    page.layout.lang = "en-US".into();
    page.entity = "us".into();
    page.currency = "USD".into();
    page.prefix = "$".into();
    page.amount_hint = "Between $3 and $50,000".into();
    page.frequencies.truncate(1);
    for amount in &mut page.frequencies[0].amounts {
        amount.label = amount.label.replace('£', "$");
    }
    page.button = live("Give $25.00 a month", "", "Continue to payment");
    page.cover_fee = None;
    page.gift_aid = None;
    page.consent = None;
    page.funds.truncate(1);
    page.address = Some(Address {
        when: AddressWhen::Required,
        heading: "Your address".into(),
        lead: "For your receipt.".into(),
        region_label: "State".into(),
        region_required: true,
        postcode_label: "ZIP code".into(),
        countries: countries("US"),
        ..Address::default()
    });
    page
}

impl GivePage {
    /// Samples: first visit, errors, returned from payment, long and other scripts, another country.
    pub fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("usual", usual()),
            ("error", with_errors()),
            ("returned", returned()),
            ("long", long()),
            ("us", united_states()),
        ]
    }
}
