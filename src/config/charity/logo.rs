//! A logo goes into the page itself, so it may hold shapes and nothing that acts or loads.

/// Largest logo, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// The elements a logo may have.
const ELEMENTS: [&str; 21] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "title",
    "desc",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
    "use",
    "symbol",
];

/// Checks an SVG file and gives the part from `<svg` on, without comments.
///
/// # Errors
/// What must be removed: scripts, styles, event handlers, references to anything outside the file.
pub(super) fn clean(file: &str) -> Result<String, String> {
    if file.len() > MAX_BYTES {
        return Err(format!("is too large ({} KB at most)", MAX_BYTES / 1024));
    }
    let svg = without_comments(without_declaration(file))?;
    let svg = svg.trim();
    if !svg.starts_with("<svg") || !svg.ends_with("</svg>") {
        return Err("must be an SVG file that begins with <svg and ends with </svg>".to_owned());
    }
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let (tag, after) = tag_end(&rest[start + 1..])?;
        check_tag(tag)?;
        rest = after;
    }
    Ok(svg.to_owned())
}

fn without_declaration(file: &str) -> &str {
    let text = file.trim_start_matches('\u{feff}').trim_start();
    match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or(text, |(_, after)| after),
        None => text,
    }
}

fn without_comments(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        let (_, behind) = after.split_once("-->").ok_or("has a comment without an end")?;
        out.push_str(before);
        rest = behind;
    }
    out.push_str(rest);
    if out.contains("<!") || out.contains("<?") || out.contains("-->") {
        return Err("must have no <!DOCTYPE>, CDATA or <?…?>; remove them".to_owned());
    }
    Ok(out)
}

/// Splits behind the `>` that ends a tag, minding quotes.
fn tag_end(text: &str) -> Result<(&str, &str), String> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Ok((&text[..i], &text[i + 1..])),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (_, '<') => return Err("has a < inside a tag".to_owned()),
            _ => {}
        }
    }
    Err("has a tag without an end".to_owned())
}

fn check_tag(tag: &str) -> Result<(), String> {
    let closing = tag.starts_with('/');
    let tag = tag.trim_start_matches('/').trim_end_matches('/');
    let (name, mut rest) = tag.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((tag, ""));
    if !ELEMENTS.contains(&name) {
        return Err(format!("must not hold <{name}>; a logo is made of shapes, text and gradients"));
    }
    rest = rest.trim();
    if closing && !rest.is_empty() {
        return Err("has a closing tag with attributes".to_owned());
    }
    while !rest.is_empty() {
        let (attribute, value, after) = attribute(rest)?;
        check_attribute(attribute, value)?;
        rest = after;
    }
    Ok(())
}

/// Splits off the first `name="value"`.
fn attribute(text: &str) -> Result<(&str, &str, &str), String> {
    let bad = || "has an attribute without quotes around its value".to_owned();
    let (name, after) = text.split_once('=').ok_or_else(bad)?;
    let after = after.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(bad)?;
    let (value, behind) = after[1..].split_once(quote).ok_or_else(bad)?;
    let name = name.trim();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b':' || b == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(bad());
    }
    Ok((name, value, behind.trim_start()))
}

fn check_attribute(name: &str, value: &str) -> Result<(), String> {
    let lower_name = name.to_ascii_lowercase();
    if lower_name == "xmlns" || lower_name.starts_with("xmlns:") {
        return Ok(());
    }
    if lower_name.starts_with("on") {
        return Err(format!("must not hold the event handler {name}"));
    }
    let compact: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect::<String>()
        .to_ascii_lowercase();
    let is_link = lower_name == "href" || lower_name.ends_with(":href");
    let outside = compact.replace("url(#", "").contains("url(")
        || ["javascript:", "data:", "//", "\\", "@import", "&#"].iter().any(|s| compact.contains(s));
    if outside || (is_link && !compact.starts_with('#')) {
        return Err(format!("must not refer to anything outside itself ({name})"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(inside: &str) -> Result<String, String> {
        clean(&format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\">{inside}</svg>"))
    }

    #[test]
    fn shapes_pass_and_wrappings_are_cut_off() {
        let gradient = "<defs><linearGradient id='a'><stop offset=\"0\"/></linearGradient></defs>";
        let ok = svg(&format!("{gradient}<path fill=\"url(#a)\" d=\"M0 0h9\"/>"));
        assert!(ok.is_ok(), "{ok:?}");
        let wrapped =
            clean("\u{feff}<?xml version=\"1.0\"?>\n<!-- made by hand -->\n<svg><!-- x --></svg>\n");
        assert_eq!(wrapped.as_deref(), Ok("<svg></svg>"));
    }

    #[test]
    fn everything_that_acts_or_loads_is_refused() {
        for bad in [
            "<script>x</script>",
            "<SCRIPT/>",
            "<style>a{}</style>",
            "<foreignObject/>",
            "<image href=\"a.png\"/>",
            "<path onload=\"x()\"/>",
            "<path d=\"a\"onclick=\"x()\"/>",
            "<path ONCLICK = 'x()'/>",
            "<path onclick=x() />",
            "<use href=\"https://a.example/b#c\"/>",
            "<use xlink:href=\"data:x\"/>",
            "<path fill=\"url( https://a.example )\"/>",
            "<path style=\"fill:url(//a.example/x)\"/>",
            "<animate attributeName=\"href\"/>",
            "<title><img src=x onerror=y></title>",
            "<path/onload=\"x()\"/>",
            "<![CDATA[<script/>]]>",
            "<path d=\"",
        ] {
            assert!(svg(bad).is_err(), "{bad}");
        }
        assert!(clean("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg></svg>").is_err());
        assert!(clean("").is_err());
    }
}
