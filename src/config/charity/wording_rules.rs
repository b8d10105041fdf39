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
/// UK-20: what the written record of an oral declaration must tell.
const ORAL_RECORD: &[Sense] = &[
    Sense {
        any: &["30 days"],
        problem: "must tell of the 30 days in which it can be cancelled from the start (UK-20)",
    },
    Sense { any: &["income tax"], problem: "must speak of Income Tax (UK-14, UK-20)" },
    Sense { any: &["capital gains tax"], problem: "must speak of Capital Gains Tax (UK-14, UK-20)" },
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
const AU_RECEIPT: &[Sense] =
    &[Sense { any: &["gift"], problem: "must say that the receipt is for a gift (AU-1)" }];
const NL_RECEIPT: &[Sense] = &[Sense { any: &["anbi"], problem: "must state the ANBI status (NL-1)" }];
/// What a receipt says of each gift by itself: said of all in the file, it would be untrue of some.
const SAID_OF_EACH_GIFT: &[(Country, &str, &str)] = &[
    (
        Country::US,
        "goods or services",
        "must not speak of goods or services: each receipt says what is true of its gift (US-1, US-5)",
    ),
    (
        Country::CA,
        "official receipt",
        "must not call itself an official receipt: each receipt that is one says so (CA-1, CA-9)",
    ),
];
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
        // Without it no statement is issued, and the office says why; donors can give all the same.
        WordingKey::Statement => false,
        WordingKey::GiftAidPast | WordingKey::GiftAidOralRecord | WordingKey::GiftAidEnded => entity.gift_aid,
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
        WordingKey::GiftAidDeclaration | WordingKey::GiftAidOralRecord => true,
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
    for (country, words, problem) in SAID_OF_EACH_GIFT {
        if wording.key == WordingKey::Receipt && entity.country == *country && text.contains(words) {
            says(problem);
        }
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
        (WordingKey::GiftAidOralRecord, _) => ORAL_RECORD,
        (WordingKey::Consent, _) => CONSENT,
        (WordingKey::Receipt, Country::GB) => GB_RECEIPT,
        (WordingKey::Receipt, Country::AU) => AU_RECEIPT,
        _ => &[],
    }
}
