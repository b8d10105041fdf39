//! How the charity looks and is called.

use super::colour::{DARK, MIN_CONTRAST, PAPER, Rgb, WHITE};
use super::logo;
use super::reader::Reader;
use crate::config::mail::is_email;
use crate::config::urls::web_address;

/// Name, words, colours and logo, shared by every entity.
#[derive(Clone, Debug)]
pub struct Brand {
    /// What people call the charity.
    pub name: String,
    /// What a monthly giver is called: "Freedom Partner".
    pub programme: String,
    /// The heading of the giving page: "Send rescue today".
    pub heading: String,
    /// The sentence below it.
    pub lead: String,
    /// The checked SVG, from `<svg` to `</svg>`.
    pub logo_svg: String,
    /// Buttons and links: contrast ≥ 4.5 with white text and on the paper.
    pub accent: Rgb,
    /// Text: contrast ≥ 4.5 on the paper.
    pub ink: Rgb,
    /// The accent in the dark scheme, contrast ≥ 4.5 on the dark card; derived when the file has none.
    pub accent_dark: Rgb,
    /// Where donors write to.
    pub contact_email: String,
    /// Where donors call, if they can.
    pub contact_phone: Option<String>,
    /// The charity's own site, `https`.
    pub website: String,
    /// Language and country of the words, such as `en-GB`.
    pub locale: String,
}

/// Reads `[brand]`; `logo_file` gives the contents of the file of that name. A missing colour is white here:
/// its problem has been noted, so the file is refused, but the rest of it can still be checked.
pub(super) fn read(mut r: Reader<'_>, logo_file: &dyn Fn(&str) -> Result<String, String>) -> Brand {
    let (name, programme) = (r.text("name"), r.text("programme"));
    let (heading, lead) = (r.text("heading"), r.text("lead"));
    let logo_svg = read_logo(&mut r, logo_file);
    let accent = colour(&mut r, "accent", &[WHITE, PAPER], "with white text and on the page");
    let ink = colour(&mut r, "ink", &[PAPER], "on the page");
    let accent_dark = read_accent_dark(&mut r, accent);
    let contact_email = r.text("contact_email");
    if !contact_email.is_empty() && !is_email(&contact_email) {
        r.note("contact_email", "must be an e-mail address");
    }
    let contact_phone = r.text_opt("contact_phone");
    let website = r.text("website");
    if !website.is_empty()
        && let Err(problem) = web_address(&website)
    {
        r.note("website", problem);
    }
    let locale = r.text("locale");
    check_locale(&r, &locale);
    r.finish();
    let accent = accent.unwrap_or(WHITE);
    Brand {
        name,
        programme,
        heading,
        lead,
        logo_svg,
        accent,
        ink: ink.unwrap_or(WHITE),
        accent_dark: accent_dark.unwrap_or(accent),
        contact_email,
        contact_phone,
        website,
        locale,
    }
}

/// Notes a locale that is not a language and a country, such as `en-GB`.
pub(super) fn check_locale(r: &Reader<'_>, locale: &str) {
    let good = locale.split_once('-').is_some_and(|(language, country)| {
        language.len() == 2
            && country.len() == 2
            && language.bytes().all(|b| b.is_ascii_lowercase())
            && country.bytes().all(|b| b.is_ascii_uppercase())
    });
    if !good && !locale.is_empty() {
        r.note("locale", format!("must be a language and a country, such as \"en-GB\", not {locale:?}"));
    }
}

fn read_logo(r: &mut Reader<'_>, file: &dyn Fn(&str) -> Result<String, String>) -> String {
    let path = r.text("logo");
    if path.is_empty() {
        return String::new();
    }
    file(&path)
        .and_then(|svg| logo::clean(&svg))
        .map_err(|problem| r.note("logo", format!("{path:?} {problem}")))
        .unwrap_or_default()
}

fn colour(r: &mut Reader<'_>, field: &'static str, grounds: &[Rgb], on: &str) -> Option<Rgb> {
    let colour: Rgb = r.parsed(field)?;
    let nearest = colour.readable_on(grounds).err();
    if let Some(nearest) = nearest {
        let least = grounds.iter().map(|g| colour.contrast(*g)).fold(f64::INFINITY, f64::min);
        r.note(field, unreadable(colour, on, least, nearest));
    }
    Some(colour)
}

fn read_accent_dark(r: &mut Reader<'_>, accent: Option<Rgb>) -> Option<Rgb> {
    let Some(given) = r.parsed_opt::<Rgb>("accent_dark") else { return accent.map(Rgb::for_dark) };
    let nearest = given.for_dark();
    if nearest != given {
        r.note("accent_dark", unreadable(given, "on the dark page", given.contrast(DARK), nearest));
    }
    Some(given)
}

fn unreadable(colour: Rgb, on: &str, ratio: f64, nearest: Rgb) -> String {
    format!(
        "{colour} cannot be read {on} (contrast {ratio:.2}, needed {MIN_CONTRAST}); \
         the nearest that can is {nearest}"
    )
}
