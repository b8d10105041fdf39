//! Filling in the giving form as a browser would: the page's own form, hidden fields included.

use scraper::{Html, Selector};

/// A form read from a page.
#[derive(Clone, Debug)]
pub struct PageForm {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl PageForm {
    /// The first form of a page with what a browser would send if nothing was touched.
    pub fn read(html: &str) -> PageForm {
        let page = Html::parse_document(html);
        let form = page.select(&selector("main form[method=post]")).next().expect("a form on the page");
        let mut fields = Vec::new();
        for input in form.select(&selector("input[name]")) {
            let attr = |n: &str| input.value().attr(n);
            let kind = attr("type").unwrap_or("text");
            let counts = !matches!(kind, "radio" | "checkbox") || attr("checked").is_some();
            if counts {
                fields.push((
                    attr("name").unwrap_or_default().to_owned(),
                    attr("value").unwrap_or_default().to_owned(),
                ));
            }
        }
        for area in form.select(&selector("textarea[name]")) {
            let name = area.value().attr("name").unwrap_or_default().to_owned();
            fields.push((name, area.text().collect::<String>()));
        }
        for list in form.select(&selector("select[name]")) {
            let chosen = list.select(&selector("option[selected]")).next();
            let value = chosen.or_else(|| list.select(&selector("option")).next());
            let value = value.and_then(|o| o.value().attr("value")).unwrap_or_default().to_owned();
            fields.push((list.value().attr("name").unwrap_or_default().to_owned(), value));
        }
        PageForm { action: form.value().attr("action").unwrap_or_default().to_owned(), fields }
    }

    /// Types or chooses something.
    pub fn set(mut self, name: &str, value: &str) -> PageForm {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a field holds.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// Unticks a box.
    pub fn without(mut self, name: &str) -> PageForm {
        self.fields.retain(|(n, _)| n != name);
        self
    }

    /// A name, an e-mail and an own amount.
    pub fn filled(self, amount: &str) -> PageForm {
        self.set("amount_other", amount)
            .set("given_name", "Ada")
            .set("family_name", "Example")
            .set("email", "ada@donors.example")
            .set("frequency", "once")
    }

    /// Gift Aid with a home address.
    pub fn with_gift_aid(self) -> PageForm {
        self.set("gift_aid", "yes")
            .set("address_line1", "1 Example Street")
            .set("city", "Exampleton")
            .set("postcode", "sw1a1aa")
            .set("country", "GB")
    }
}

/// A CSS selector that is known to be good.
pub fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}

/// The text of the first element that fits, its white space folded.
pub fn text_of(html: &str, css: &str) -> String {
    let page = Html::parse_document(html);
    let element = page.select(&selector(css)).next();
    let text = element.map(|e| e.text().collect::<String>()).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
