//! A browser: keeps cookies, follows redirects within the site, fills in the forms it finds.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use scraper::{ElementRef, Html};

use super::TestApp;
use super::app::location;
use super::form::{selector, text_of};

/// What a browser shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub status: u16,
    /// Where it ended up, path and query.
    pub path: String,
    pub html: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Shown {
    pub fn heading(&self) -> String {
        text_of(&self.html, "h1")
    }

    /// Every word of the main part.
    pub fn words(&self) -> String {
        text_of(&self.html, "main")
    }

    pub fn has(&self, words: &str) -> bool {
        self.words().contains(words)
    }

    /// The messages at the fields.
    pub fn errors(&self) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        let list = selector(".error-summary li");
        let texts = page.select(&list).map(|e| e.text().collect::<String>());
        texts.map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Every address the main part links to.
    pub fn links(&self) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        page.select(&selector("main a[href]"))
            .filter_map(|a| a.value().attr("href"))
            .map(str::to_owned)
            .collect()
    }

    /// The fields of the form that posts to `action`, as they stand.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let page = Html::parse_document(&self.html);
        let forms = selector("form");
        let form = page.select(&forms).find(|f| f.value().attr("action") == Some(action));
        let form = form.unwrap_or_else(|| panic!("no form to {action} on {}:\n{}", self.path, self.words()));
        fields(form)
    }
}

fn fields(form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for field in form.select(&selector("input[name], select[name], textarea[name]")) {
        let attr = |name| field.value().attr(name).unwrap_or_default().to_owned();
        let kind = attr("type");
        if matches!(kind.as_str(), "radio" | "checkbox") && field.value().attr("checked").is_none() {
            continue;
        }
        let value = match field.value().name() {
            "select" => field
                .select(&selector("option[selected]"))
                .next()
                .or_else(|| field.select(&selector("option")).next())
                .and_then(|o| o.value().attr("value"))
                .unwrap_or_default()
                .to_owned(),
            "textarea" => field.text().collect(),
            _ => attr("value"),
        };
        all.push((attr("name"), value));
    }
    all
}

/// One person's browser.
pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub cookies: Mutex<BTreeMap<String, String>>,
    pub agent: &'static str,
}

pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";
pub const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1";

impl TestApp {
    pub fn browser(&self) -> Browser<'_> {
        Browser { app: self, cookies: Mutex::default(), agent: FIREFOX }
    }
}

impl Browser<'_> {
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    /// Sends one request, without following. A second passes: people are not quicker, and mails have an order.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        self.app.deps.clock.advance(Duration::from_secs(1));
        let line = {
            let cookies = self.cookies.lock().expect("cookies");
            cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ")
        };
        let request = if line.is_empty() { request } else { request.header("Cookie", line) };
        let response = request.header("User-Agent", self.agent).send().await.expect("an answer");
        for value in response.headers().get_all("set-cookie") {
            let text = value.to_str().expect("a cookie");
            let (pair, rest) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').expect("name=value");
            let mut cookies = self.cookies.lock().expect("cookies");
            if rest.to_lowercase().contains("max-age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    async fn follow(&self, mut response: reqwest::Response, mut path: String) -> Shown {
        for _ in 0..5 {
            if !response.status().is_redirection() {
                break;
            }
            let to = location(&response);
            if !to.starts_with('/') && !to.starts_with(&self.app.base) {
                path = to;
                break;
            }
            path = to.strip_prefix(&self.app.base).unwrap_or(&to).to_owned();
            response = self.send(self.app.http.get(self.app.url(&path))).await;
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Shown { status, path, html: response.text().await.expect("a page"), headers }
    }

    pub async fn open(&self, path: &str) -> Shown {
        let response = self.send(self.app.http.get(self.app.url(path))).await;
        self.follow(response, path.to_owned()).await
    }

    /// Posts fields to a path and follows.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.app.http.post(self.app.url(path));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let response = self.send(request.header("Origin", &self.app.base)).await;
        self.follow(response, path.to_owned()).await
    }

    /// Sends the form on a page that posts to `action`, with some fields filled in.
    pub async fn fill(&self, page: &Shown, action: &str, typed: &[(&str, &str)]) -> Shown {
        let mut fields = page.form(action);
        for (name, value) in typed {
            fields.retain(|(n, _)| n != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.post(action, &fields).await
    }

    /// Signs in by e-mail link, opened in this browser.
    pub async fn sign_in_by_link(&self, email: &str) -> Shown {
        let page = self.open("/sign-in").await;
        let sent = self.fill(&page, "/sign-in", &[("email", email), ("way", "link")]).await;
        assert_eq!((sent.status, sent.path.as_str()), (200, "/sign-in/link"), "{}", sent.words());
        self.app.settle().await;
        let link = self.app.link_to(email);
        let opened = self.open(&link).await;
        assert_eq!(opened.status, 200, "{}", opened.words());
        self.fill(&opened, &link, &[]).await
    }

    /// Signs in with a password.
    pub async fn sign_in(&self, email: &str, password: &str) -> Shown {
        let page = self.open("/sign-in").await;
        let typed = [("email", email), ("password", password), ("way", "password")];
        self.fill(&page, "/sign-in", &typed).await
    }

    pub async fn sign_out(&self) -> Shown {
        self.post("/sign-out", &[]).await
    }
}

impl TestApp {
    /// The path of the link in the newest mail to a mailbox.
    pub fn link_to(&self, email: &str) -> String {
        let mails = self.mails();
        let mail = mails.iter().rev().find(|m| m.to == email && m.text.contains("/sign-in/link/"));
        let text = &mail.unwrap_or_else(|| panic!("no link was sent to {email}")).text;
        let at = text.find("/sign-in/link/").expect("a link");
        text[at..].split_whitespace().next().expect("a link").to_owned()
    }

    /// The code in the newest mail to a mailbox.
    pub fn code_to(&self, email: &str) -> String {
        let mails = self.mails();
        let mail = mails.iter().rev().find(|m| m.to == email && m.text.contains("/sign-in/link/"));
        let text = &mail.unwrap_or_else(|| panic!("no code was sent to {email}")).text;
        let digits = |line: &str| line.chars().filter(char::is_ascii_digit).count() == 8;
        let plain = |line: &str| line.trim().chars().all(|c| c.is_ascii_digit() || c == ' ');
        let line = text.lines().find(|l| digits(l) && plain(l));
        line.expect("a line with the code").trim().to_owned()
    }

    /// Gives an account that has none a password, through the pages, and stays signed in.
    pub async fn account_with_password(&self, email: &str, password: &str) -> Browser<'_> {
        let browser = self.browser();
        let forgot = browser.open("/password/forgot").await;
        browser.fill(&forgot, "/password/forgot", &[("email", email)]).await;
        self.settle().await;
        let link = self.link_to(email);
        let opened = browser.open(&link).await;
        let choose = browser.fill(&opened, &link, &[]).await;
        let set = browser.fill(&choose, "/password/new", &[("password", password)]).await;
        assert_eq!(set.path, "/portal/security?done=password", "{}", set.words());
        browser
    }

    /// Opens an account with a password, through the pages.
    pub async fn account(&self, email: &str, password: &str) -> Browser<'_> {
        let browser = self.browser();
        let page = browser.open("/sign-up").await;
        let typed =
            [("given_name", "Ada"), ("family_name", "Marsh"), ("email", email), ("password", password)];
        let sent = browser.fill(&page, "/sign-up", &typed).await;
        assert_eq!((sent.status, sent.path.as_str()), (200, "/sign-in/link"), "{}", sent.words());
        self.settle().await;
        let link = self.link_to(email);
        let opened = browser.open(&link).await;
        let inside = browser.fill(&opened, &link, &[]).await;
        assert_eq!(inside.status, 200, "{}", inside.words());
        browser
    }
}
