//! Pages of a list in the address: beside which row, everything else kept.

use serde::Deserialize;

use crate::store::paging::{COUNTED, From, Listed, Place};
use crate::web::donor::view::grouped;
use crate::web::pages::Pager;

/// Rows on a page.
pub const PAGE: i64 = 25;

/// Where in the list, as the address says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    older: String,
    newer: String,
    oldest: String,
}

impl Wanted {
    /// From where the page is shown; what names no place is the newest page.
    pub fn from(&self) -> From {
        match (self.older.parse(), self.newer.parse()) {
            (Ok(place), _) => From::Older(place),
            (_, Ok(place)) => From::Newer(place),
            _ if self.oldest == "1" => From::Oldest,
            _ => From::Newest,
        }
    }
}

/// An address with what is filtered; empty values are left out.
pub fn href(path: &str, kept: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// "1,234 gifts"; "more than 10,000 gifts".
pub fn counted(count: i64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        n if n > COUNTED => format!("more than {} {many}", grouped(COUNTED)),
        n => format!("{} {many}", grouped(n)),
    }
}

/// The links to the pages around this one; none when everything is on it.
pub fn pager<T>(
    listed: &Listed<T>,
    count: i64,
    path: &str,
    kept: &[(&str, &str)],
    place: impl Fn(&T) -> Place,
) -> Option<Pager> {
    let (first, last) = (listed.rows.first()?, listed.rows.last()?);
    if !listed.newer && !listed.older {
        return None;
    }
    let to = |name: &str, value: String| {
        let mut kept = kept.to_vec();
        kept.push((name, &value));
        href(path, &kept)
    };
    let when = |yes: bool, link: String| if yes { link } else { String::new() };
    let of = if count > COUNTED { format!("more than {}", grouped(COUNTED)) } else { grouped(count) };
    Some(Pager {
        shown: format!("Showing {} of {of}", listed.rows.len()),
        newer: when(listed.newer, to("newer", place(first).to_string())),
        older: when(listed.older, to("older", place(last).to_string())),
        newest: when(listed.newer, href(path, kept)),
        oldest: when(listed.older, to("oldest", "1".to_owned())),
    })
}
