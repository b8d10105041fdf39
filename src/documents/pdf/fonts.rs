//! The typefaces of documents: Latin, Greek, Cyrillic, Hebrew and Arabic, in the binary. A letter that they lack becomes a
//! mark that can be printed: PDF/A and PDF/UA refuse a document that asks for a glyph that is not there.

use std::sync::LazyLock;

use serde_json::Value;
use typst::foundations::Bytes;
use typst::layout::Abs;
use typst::text::{Font, FontBook, FontVariant, FontVariations};
use typst::utils::LazyHash;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Where a word may be broken; nothing is seen of it.
pub(super) const BREAK: char = '\u{200b}';
/// Stands for a letter that no typeface has.
const UNKNOWN: char = '\u{fffd}';

/// The typefaces with the book by which they are found.
#[derive(Debug)]
pub(super) struct Fonts {
    pub(super) all: Vec<Font>,
    pub(super) book: LazyHash<FontBook>,
}

pub(super) static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let files: [&'static [u8]; 6] = [
        include_bytes!("../../../assets/fonts/documents/NotoSans-Regular.ttf"),
        include_bytes!("../../../assets/fonts/documents/NotoSans-Bold.ttf"),
        include_bytes!("../../../assets/fonts/documents/NotoSansHebrew-Regular.ttf"),
        include_bytes!("../../../assets/fonts/documents/NotoSansHebrew-Bold.ttf"),
        include_bytes!("../../../assets/fonts/documents/NotoSansArabic-Regular.ttf"),
        include_bytes!("../../../assets/fonts/documents/NotoSansArabic-Bold.ttf"),
    ];
    let all: Vec<Font> = files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect();
    let book = LazyHash::new(FontBook::from_fonts(&all));
    Fonts { all, book }
});

/// How much of what people wrote is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// Whatever the typefaces have.
    All,
    /// Only letters that stand alone: for a text that could not be set otherwise.
    Single,
}

/// Makes every text in `value` printable; true when a letter was lost.
pub(super) fn make_printable(value: &mut Value, letters: Letters) -> bool {
    match value {
        Value::String(text) => {
            let (mended, lost) = printable(text, letters);
            *text = mended;
            lost
        }
        // Every one of them, whatever the first says.
        Value::Array(items) => items.iter_mut().fold(false, |lost, v| make_printable(v, letters) | lost),
        Value::Object(fields) => fields.values_mut().fold(false, |lost, v| make_printable(v, letters) | lost),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The text with every letter that cannot be printed replaced by a mark that can, and whether there was one. Line breaks and
/// tabs become spaces and marks that turn the direction go: nothing a donor typed moves what stands beside it.
pub(super) fn printable(text: &str, letters: Letters) -> (String, bool) {
    let (mut out, mut lost) = (String::with_capacity(text.len()), false);
    // The faces that have the letter and all marks on it so far: a letter is set in one of them, with its marks.
    let mut faces = 0_u8;
    for c in text.nfc() {
        if c.is_control() {
            out.push(' ');
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        if c == BREAK {
            out.push(c);
            faces = 0;
            continue;
        }
        let own = faces_with(c);
        let on_letter = is_combining_mark(c) || is_joiner(c);
        if on_letter && (letters == Letters::Single || own & faces == 0) {
            // A mark that its letter's face lacks: the letter stays.
            lost |= !is_joiner(c);
        } else if own == 0 {
            let space = c.is_whitespace();
            out.push(if space { ' ' } else { UNKNOWN });
            lost |= !space;
            faces = 0;
        } else {
            out.push(c);
            faces = if on_letter { own & faces } else { own };
        }
    }
    (out, lost)
}

/// How wide each letter of the Latin face is, regular and bold, in em, up to the end of Latin Extended-B; none: it has no such
/// letter.
static ADVANCES: LazyLock<[Vec<Option<f64>>; 2]> = LazyLock::new(|| {
    [0, 1].map(|face| {
        let Some(face) = FONTS.all.get(face) else { return Vec::new() };
        let font = face.clone().instantiate(FontVariant::default(), Abs::pt(8.5), &FontVariations::default());
        let advance = |c: char| Some(font.x_advance(font.ttf().glyph_index(c)?.0)?.get());
        ('\0'..'\u{250}').map(advance).collect()
    })
});

/// How wide a text is in the regular or the bold Latin face, in em and before kerning; `None` when it has letters beyond Latin.
pub(super) fn advance(text: &str, bold: bool) -> Option<f64> {
    let letters = &ADVANCES[usize::from(bold)];
    let of = |c: char| match c {
        BREAK => Some(0.0),
        // As wide as an en, or less.
        '–' | '’' | '€' | '\u{202f}' => Some(0.6),
        c => letters.get(usize::try_from(u32::from(c)).ok()?).copied().flatten(),
    };
    text.chars().map(of).sum()
}

/// One bit for each regular face that has `c`.
fn faces_with(c: char) -> u8 {
    let faces = FONTS.all.iter().step_by(2).enumerate();
    faces
        .filter(|(_, font)| font.info().coverage.contains(u32::from(c)))
        .fold(0, |bits, (i, _)| bits | (1 << i))
}

/// Joins letters or keeps them apart, as Persian writes it.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// What is not seen: marks that turn the direction, choose a variant, or join words.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> (String, bool) {
        printable(text, Letters::All)
    }

    #[test]
    fn every_face_is_there_and_what_they_lack_is_marked() {
        let families: Vec<&str> = FONTS.all.iter().step_by(2).map(|f| f.info().family.as_str()).collect();
        assert_eq!(families, ["Noto Sans", "Noto Sans Hebrew", "Noto Sans Arabic"]);
        assert_eq!(FONTS.all.len(), 6);
        let known = "Łukasz O’Brien Ελλάδα Привет שלום محمد";
        assert_eq!(all(known), (known.to_owned(), false));
        assert_eq!(all("李明"), ("\u{fffd}\u{fffd}".to_owned(), true));
        assert!(faces_with(UNKNOWN) & 1 == 1, "the mark itself can be printed");
    }

    #[test]
    fn nothing_typed_moves_what_stands_beside_it() {
        assert_eq!(all("a\nb\u{202e}c\u{2066}d\t"), ("a bcd ".to_owned(), false));
        assert_eq!(all("👩\u{200d}👧"), ("\u{fffd}\u{fffd}".to_owned(), true));
    }

    #[test]
    fn marks_stay_where_one_face_has_letter_and_mark() {
        assert_eq!(all("e\u{301}"), ("é".to_owned(), false));
        assert_eq!(all("שָ"), ("שָ".to_owned(), false));
        assert_eq!(all("a\u{5b8}"), ("a".to_owned(), true));
        assert_eq!(printable("q\u{301}", Letters::Single), ("q".to_owned(), true));
    }

    #[test]
    fn every_text_of_a_document_is_made_printable() {
        let mut value = serde_json::json!({ "a": ["李", { "b": "x\u{7}" }], "n": 1 });
        assert!(make_printable(&mut value, Letters::All));
        assert_eq!(value, serde_json::json!({ "a": ["\u{fffd}", { "b": "x " }], "n": 1 }));
    }
}
