//! Files that are kept and not shown: never stored on the way, never guessed at, named by us.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// An answer that is saved as `name`. Of the name only letters, digits, dots and hyphens are kept: it goes into a header
/// and onto a disk.
pub fn attachment(content_type: &'static str, name: &str, body: impl Into<Body>) -> Response {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' })
        .collect();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let line = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, line.unwrap_or(HeaderValue::from_static("attachment")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    (headers, body.into()).into_response()
}

/// A PDF that is saved as `name.pdf`.
pub fn pdf(name: &str, bytes: Vec<u8>) -> Response {
    attachment("application/pdf", &format!("{name}.pdf"), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header_or_its_folder() {
        let response = pdf("../LFT \"x\"\r\nSet-Cookie: a\u{202e}", Vec::new());
        let line = response.headers()[header::CONTENT_DISPOSITION].to_str().expect("plain");
        assert_eq!(line, "attachment; filename=\"..-LFT--x---Set-Cookie--a-.pdf\"");
    }
}
