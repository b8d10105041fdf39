//! What the words must say: the texts every entity needs, and the sentences its country asks for.

use super::country::Country;
use super::entity::Entity;
use super::reader::Problems;
use super::wording::{Wording, WordingBook, WordingKey};

/// Something a text must say: any one of these, in small letters.
struct Sense {
    any: &'static [&'static str],
    problem: &'static str,
}

/// UK-13a, UK-14: HMRC's tax explanation.
const DECLARATION: &[Sense] = &[
    Sense { any: &["uk taxpayer"], problem: "must have the donor say they are a UK taxpayer (UK-14)" },
    Sense { any: &["income tax"], problem: "must speak of Income Tax (UK-14)" },
    Sense { any: &["capital gains tax"], problem: "must speak of Capital Gains Tax (UK-14)" },
    Sense {
        any: &[
            "my responsibility to pay any difference",
            "i must pay any difference",
            "i must pay the difference",
        ],
        problem: "must say that it is the donor's responsibility to pay any difference (UK-14)",
    },
    Sense { any: &["gift aid"], problem: "must say that the gifts are to be Gift Aid gifts (UK-13)" },
];
const GB_RECEIPT: &[Sense] = &[Sense {
    any: &[
        "registered charity",
        "registered scottish charity",
        "charity registered in",
        "charity in england",
    ],
    problem: "must say that this is a registered charity (RC-2)",
}];
const US_RECEIPT: &[Sense] = &[Sense {
    any: &["goods or services"],
    problem: "must have the goods or services sentence: \
              \"No goods or services were provided in exchange for this contribution.\" (US-1, US-4)",
}];
const CA_RECEIPT: &[Sense] = &[
    Sense {
        any: &[
            "official receipt for income tax purposes",
            "official donation receipt for income tax purposes",
        ],
        problem: "must say \"official receipt for income tax purposes\" (CA-1)",
    },
    Sense { any: &["canada revenue agency"], problem: "must name the Canada Revenue Agency (CA-2)" },
    Sense { any: &["canada.ca/charities-giving"], problem: "must name canada.ca/charities-giving (CA-2)" },
];
const AU_RECEIPT: &[Sense] =
    &[Sense { any: &["gift"], problem: "must say that the receipt is for a gift (AU-1)" }];
const NL_RECEIPT: &[Sense] = &[Sense { any: &["anbi"], problem: "must state the ANBI status (NL-1)" }];
/// PR-1: consent can be withdrawn, and says so.
const CONSENT: &[Sense] = &[Sense {
    any: &[
        "unsubscribe",
        "change your mind",
        "change my mind",
        "withdraw",
        "opt out",
        "stop",
        "any time",
        "anytime",
    ],
    problem: "must say that the person can change their mind (PR-1)",
}];

/// Notes missing texts, doubtful versions and sentences left out, for one entity.
pub(super) fn check(book: &WordingBook, entity: &Entity, problems: &Problems) {
    for key in WordingKey::ALL {
        let mut versions: Vec<&str> = Vec::new();
        for block in book.fitting(key, entity) {
            if versions.contains(&block.version.as_str()) {
                note(entity, key, problems, &format!("has version {:?} twice", block.version));
            }
            versions.push(&block.version);
            if let Some(wording) = book.render(block, entity) {
                check_text(&wording, entity, problems);
            }
        }
        if versions.is_empty() && is_required(key, entity) {
            let problem = format!("is missing: add a [[wording]] with key = {:?}", key.as_str());
            note(entity, key, problems, &problem);
        }
    }
}

/// True when the entity cannot open without this text.
pub(super) fn is_required(key: WordingKey, entity: &Entity) -> bool {
    match key {
        WordingKey::GiftAidDeclaration | WordingKey::GiftAidNotes => entity.gift_aid,
        WordingKey::Consent | WordingKey::Receipt | WordingKey::Refund => true,
        WordingKey::ReceiptFooter | WordingKey::DirectDebitGuarantee | WordingKey::Privacy => false,
    }
}

fn note(entity: &Entity, key: WordingKey, problems: &Problems, problem: &str) {
    problems.borrow_mut().push(format!("[entity.{}] wording {}: {problem}", entity.id, key.as_str()));
}

fn check_text(wording: &Wording, entity: &Entity, problems: &Problems) {
    let plain = |words: &str| words.to_lowercase().replace('’', "'");
    let text = plain(&wording.text());
    let says = |problem: &str| {
        let problem = format!("version {} {problem}", wording.version);
        note(entity, wording.key, problems, &problem);
    };
    let must_name = match wording.key {
        WordingKey::GiftAidDeclaration => true,
        WordingKey::Receipt => entity.country != Country::DE,
        _ => false,
    };
    if must_name && !text.contains(&plain(&entity.legal_name)) {
        says("must name the charity: use {legal_name}");
    }
    if wording.key == WordingKey::Receipt
        && entity.country == Country::US
        && text.contains("fully deductible")
    {
        says("must not call the gift fully deductible (US-9)");
    }
    for sense in senses(wording.key, entity) {
        if !sense.any.iter().any(|words| text.contains(words)) {
            says(sense.problem);
        }
    }
}

/// The sentences to look for. Only English texts can be checked for English words; a name is a name anywhere.
fn senses(key: WordingKey, entity: &Entity) -> &'static [Sense] {
    let english = entity.locale.starts_with("en-");
    match (key, entity.country) {
        (WordingKey::Receipt, Country::NL) => NL_RECEIPT,
        _ if !english => &[],
        (WordingKey::GiftAidDeclaration, _) => DECLARATION,
        (WordingKey::Consent, _) => CONSENT,
        (WordingKey::Receipt, Country::GB) => GB_RECEIPT,
        (WordingKey::Receipt, Country::US) => US_RECEIPT,
        (WordingKey::Receipt, Country::CA) => CA_RECEIPT,
        (WordingKey::Receipt, Country::AU) => AU_RECEIPT,
        _ => &[],
    }
}
