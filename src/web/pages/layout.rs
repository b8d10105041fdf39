//! What every page shares: head, header, footer, demo bar.

use super::Link;

/// The frame around a page.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The language of the page, as BCP 47 (`en-GB`).
    pub lang: String,
    /// What the page is for; the brand name is added after it.
    pub title: String,
    /// The charity's name, as it calls itself.
    pub brand: String,
    /// The address of the charity's logo (SVG), or empty for none.
    pub logo_href: String,
    /// Where the logo and name lead.
    pub home_href: String,
    /// Stylesheets in order: `/assets/almoner.css`, `/assets/portal.css` (all pages but the giving form), then `/assets/brand.css`.
    pub css: Vec<String>,
    /// The one small script of this page, if it has one.
    pub js: Option<String>,
    /// Where people write when something is unclear; may be empty.
    pub contact_email: String,
    /// The lines at the foot: legal entity, registration numbers, address.
    pub footer: Vec<String>,
    /// The links in the header; more than two of them fold into a menu on small screens.
    pub nav: Vec<Link>,
    /// Whether the header ends with a button that signs out (posts to `/sign-out`).
    pub sign_out: bool,
    /// Whether this is a page of the office, with its own menu and its own way out.
    pub staff: bool,
    /// Whether the page uses the width that staff tables need.
    pub wide: bool,
    /// The bar that says this is a demo.
    pub demo: Option<DemoBar>,
    /// Whether search engines should leave the page out.
    pub noindex: bool,
}

/// The bar over every page of a demo.
#[derive(Debug, Clone, Default)]
pub struct DemoBar {
    /// The sentence: "Demo: no money moves".
    pub text: String,
    /// The tools: mailbox, time.
    pub links: Vec<Link>,
}

impl Layout {
    /// The frame used by the samples: the invented Lantern Freedom Trust.
    pub fn sample(title: &str) -> Self {
        Self {
            lang: "en-GB".into(),
            title: title.into(),
            brand: "Lantern Freedom Trust".into(),
            logo_href: "/assets/logo-demo.svg".into(),
            home_href: "/".into(),
            css: vec!["/assets/almoner.css".into(), "/assets/brand.css".into()],
            js: None,
            contact_email: "hello@lantern.example".into(),
            footer: vec![
                "Lantern Freedom Trust (UK) is a registered charity in England and Wales (1234567) and a company limited by guarantee (07654321).".into(),
                "12 Harbour Street, London SE1 0AA".into(),
            ],
            nav: vec![Link::new("Sign in", "/sign-in")],
            sign_out: false,
            staff: false,
            wide: false,
            demo: None,
            noindex: false,
        }
    }

    /// The whole menu of the office; `here` is the address of the page's part of it.
    pub fn staff_nav(here: &str) -> Vec<Link> {
        [
            ("Today", "/staff"),
            ("Donors", "/staff/donors"),
            ("Gifts", "/staff/gifts"),
            ("Enter gifts", "/staff/offline"),
            ("Disputes", "/staff/disputes"),
            ("Exports", "/staff/exports"),
            ("Audit", "/staff/audit"),
            ("Settings", "/staff/settings"),
        ]
        .into_iter()
        .map(|(label, href)| Link { current: href == here, ..Link::new(label, href) })
        .collect()
    }

    /// The frame of the office, signed in with every right.
    pub fn sample_staff(title: &str, here: &str) -> Self {
        let mut layout = Self::sample_portal_css(title);
        layout.css.insert(2, "/assets/staff.css".into());
        let nav = Self::staff_nav(here);
        Self {
            nav,
            sign_out: true,
            staff: true,
            wide: true,
            noindex: true,
            home_href: "/staff".into(),
            ..layout
        }
    }

    /// The links of a signed-in donor; `here` is the address of the page's part of the portal.
    pub fn account_nav(here: &str) -> Vec<Link> {
        [
            ("Overview", "/portal"),
            ("Giving", "/portal/gifts"),
            ("Monthly gift", "/portal/monthly"),
            ("Statements", "/portal/statements"),
            ("Gift Aid", "/portal/gift-aid"),
            ("Details", "/portal/profile"),
            ("E-mail choices", "/portal/preferences"),
            ("Security", "/portal/security"),
        ]
        .into_iter()
        .map(|(label, href)| Link { current: href == here, ..Link::new(label, href) })
        .collect()
    }

    /// The frame with the portal's stylesheet, signed out.
    pub fn sample_portal_css(title: &str) -> Self {
        let mut layout = Self::sample(title);
        layout.css.insert(1, "/assets/portal.css".into());
        layout
    }

    /// The frame of a signed-in donor; `here` is the address of the page's part of the portal.
    pub fn sample_portal(title: &str, here: &str) -> Self {
        Self { nav: Self::account_nav(here), sign_out: true, noindex: true, ..Self::sample_portal_css(title) }
    }

    /// The frame of a signed-in donor with the demo bar.
    pub fn sample_demo_portal(title: &str, here: &str) -> Self {
        Self { demo: Self::sample_demo(title).demo, ..Self::sample_portal(title, here) }
    }

    /// Whether the links are many enough to fold into a menu on small screens.
    pub fn folds(&self) -> bool {
        self.nav.len() > 2 || (self.sign_out && !self.nav.is_empty())
    }

    /// The words on the menu: where one is.
    pub fn here(&self) -> &str {
        self.nav.iter().find(|link| link.current).map_or("", |link| link.label.as_str())
    }

    /// The same frame with the demo bar.
    pub fn sample_demo(title: &str) -> Self {
        let links = vec![Link::new("Mailbox", "/sandbox/mail"), Link::new("Move time", "/sandbox/clock")];
        Self {
            demo: Some(DemoBar { text: "Demo: no money moves".into(), links }),
            noindex: true,
            ..Self::sample(title)
        }
    }
}
