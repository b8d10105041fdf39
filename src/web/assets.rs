//! Stylesheet, script, fonts and logo, embedded in the binary and named by their content.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::AppState;
use crate::config::Brand;

const CSS: &str = include_str!("../../assets/almoner.css");
const PORTAL_CSS: &str = include_str!("../../assets/portal.css");
const STAFF_CSS: &str = include_str!("../../assets/staff.css");
const STAFF_JS: &str = include_str!("../../assets/staff.js");
const GIVE_JS: &str = include_str!("../../assets/give.js");
const SANS: &[u8] = include_bytes!("../../assets/fonts/almoner-sans.woff2");
const SANS_EXT: &[u8] = include_bytes!("../../assets/fonts/almoner-sans-ext.woff2");

/// One file.
#[derive(Debug)]
struct Asset {
    path: &'static str,
    kind: &'static str,
    body: Vec<u8>,
    tag: String,
}

/// Every file the pages may load.
#[derive(Debug)]
pub struct Assets {
    files: Vec<Asset>,
}

impl Assets {
    /// The embedded files, and the two made from the charity file.
    pub fn new(brand: &Brand) -> Assets {
        let css = "text/css; charset=utf-8";
        let files: Vec<(&'static str, &'static str, Vec<u8>)> = vec![
            ("almoner.css", css, CSS.into()),
            ("portal.css", css, PORTAL_CSS.into()),
            ("staff.css", css, STAFF_CSS.into()),
            ("brand.css", css, brand_css(brand).into_bytes()),
            ("give.js", "text/javascript; charset=utf-8", GIVE_JS.into()),
            ("staff.js", "text/javascript; charset=utf-8", STAFF_JS.into()),
            ("logo.svg", "image/svg+xml", brand.logo_svg.clone().into_bytes()),
            ("fonts/almoner-sans.woff2", "font/woff2", SANS.into()),
            ("fonts/almoner-sans-ext.woff2", "font/woff2", SANS_EXT.into()),
        ];
        let files = files
            .into_iter()
            .map(|(path, kind, body)| {
                let tag = hex::encode(&Sha256::digest(&body)[..8]);
                Asset { path, kind, body, tag }
            })
            .collect();
        Assets { files }
    }

    /// The address of a file; changes with its content, so that it may be kept for ever.
    pub fn href(&self, path: &str) -> String {
        match self.files.iter().find(|f| f.path == path) {
            Some(file) => format!("/assets/{path}?v={}", file.tag),
            None => format!("/assets/{path}"),
        }
    }
}

fn brand_css(brand: &Brand) -> String {
    format!(
        ":root {{ --brand-accent: {}; --brand-on-accent: #fff; --brand-ink: {}; --brand-accent-dark: {}; }}\n",
        brand.accent.css(),
        brand.ink.css(),
        brand.accent_dark.css()
    )
}

/// `GET /assets/…`
pub async fn serve(State(state): State<AppState>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = state.assets.files.iter().find(|f| f.path == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", file.tag);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let base = [
        (header::CONTENT_TYPE, file.kind.to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if known == Some(tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, base).into_response();
    }
    (base, file.body.clone()).into_response()
}
