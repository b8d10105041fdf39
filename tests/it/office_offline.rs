//! The office: gifts that came without Stripe.

pub mod bank;
mod bank_refused;
mod batch;
mod cheque;
mod single;

use crate::support::TestApp;
use crate::support::browser::{Browser, Shown};

/// Enters a gift by the form: of the donor that `q` finds, or of somebody new (`q` empty).
pub async fn enter(browser: &Browser<'_>, q: &str, typed: &[(&str, &str)]) -> Shown {
    const PATH: &str = "/staff/offline/new";
    let page = match q {
        "" => browser.open(&format!("{PATH}?new_donor=yes")).await,
        q => browser.open(&format!("{PATH}?q={q}")).await,
    };
    let mut all = vec![("kind", "cheque"), ("to", "uk:GBP"), ("amount", "25"), ("received_on", "2026-11-20")];
    all.retain(|(name, _)| !typed.iter().any(|(n, _)| n == name));
    all.extend_from_slice(typed);
    let page_form = post_form(&page, PATH);
    send(browser, PATH, page_form, &all).await
}

/// The fields of the form on a page that is sent to `action` by POST: a search over it has the same address.
pub fn post_form(page: &Shown, action: &str) -> Vec<(String, String)> {
    let html =
        page.html.replace(&format!("method=\"get\" action=\"{action}\""), "method=\"get\" action=\"\"");
    Shown { html, ..page.clone() }.form(action)
}

/// Posts fields with some filled in.
pub async fn send(
    browser: &Browser<'_>,
    action: &str,
    mut fields: Vec<(String, String)>,
    typed: &[(&str, &str)],
) -> Shown {
    for (name, value) in typed {
        fields.retain(|(n, _)| n != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.post(action, &fields).await
}

/// The first radio of a name on a page.
pub fn first_choice(page: &Shown, name: &str) -> String {
    let at = page
        .html
        .find(&format!("type=\"radio\" id=\"{name}\""))
        .unwrap_or_else(|| panic!("{}", page.words()));
    let value = page.html[at..].split("value=\"").nth(1).and_then(|t| t.split('"').next());
    value.expect("a value").to_owned()
}

/// Somebody new without a mailbox.
pub const TILDA: &[(&str, &str)] = &[("given_name", "Tilda"), ("family_name", "Fern")];

/// A new donor with a mailbox.
pub const OWEN: &[(&str, &str)] =
    &[("given_name", "Owen"), ("family_name", "Reed"), ("email", "owen@donor.example")];

/// Sends a bank's file with fields, as a browser does.
pub async fn send_file(
    browser: &Browser<'_>,
    fields: &[(String, String)],
    name: &str,
    bytes: &[u8],
) -> Shown {
    send_form(browser, "/staff/offline/bank", fields, name, bytes).await
}

/// Sends a file with fields to a path, as a browser does.
pub async fn send_form(
    browser: &Browser<'_>,
    path: &str,
    fields: &[(String, String)],
    name: &str,
    bytes: &[u8],
) -> Shown {
    const MARK: &str = "----a-mark-that-no-file-holds";
    let mut body = Vec::new();
    for (field, value) in fields.iter().filter(|(n, _)| n != "file") {
        let head = format!("--{MARK}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(head.as_bytes());
    }
    let head = format!(
        "--{MARK}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{MARK}--\r\n").as_bytes());
    let app: &TestApp = browser.app;
    let request = app
        .http
        .post(app.url(path))
        .header("Content-Type", format!("multipart/form-data; boundary={MARK}"))
        .header("Origin", &app.base)
        .body(body);
    let response = browser.send(request).await;
    let status = response.status().as_u16();
    if response.status().is_redirection() {
        return browser.open(&crate::support::app::location(&response)).await;
    }
    let headers = response.headers().clone();
    let html = response.text().await.expect("a page");
    Shown { status, path: path.to_owned(), html, headers }
}
