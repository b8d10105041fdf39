//! The frame around every page, from the charity file.

use super::AppState;
use super::pages::{Layout, Link};
use super::visitor::Visitor;
use crate::config::Entity;

/// A frame with a title for anybody; `entity` decides the language and the lines at the foot.
pub fn frame(state: &AppState, entity: Option<&Entity>, title: &str) -> Layout {
    let charity = &state.deps.config.charity;
    let entity = entity.or_else(|| charity.entities.first());
    let footer = entity.map_or_else(Vec::new, |e| {
        vec![format!("{} · {}", e.legal_name, e.registrations_line()), e.address.join(", ")]
    });
    Layout {
        lang: entity.map_or_else(|| charity.brand.locale.clone(), |e| e.locale.clone()),
        title: title.to_owned(),
        brand: charity.brand.name.clone(),
        logo_href: state.assets.href("logo.svg"),
        home_href: "/".to_owned(),
        css: vec![state.assets.href("almoner.css"), state.assets.href("brand.css")],
        js: None,
        contact_email: charity.brand.contact_email.clone(),
        footer,
        nav: vec![Link::new("Sign in", "/sign-in")],
        sign_out: false,
        staff: false,
        wide: false,
        demo: state.demo.as_deref().cloned(),
        noindex: false,
    }
}

/// The frame of a page about an account: not for search engines, with the portal's stylesheet. `here` is the part of the
/// portal it belongs to.
pub fn account_frame(state: &AppState, visitor: &Visitor, title: &str, here: &str) -> Layout {
    let mut layout = frame(state, None, title);
    layout.noindex = true;
    greet(state, &mut layout, visitor, here);
    if let Some(account) = &visitor.account {
        layout.lang.clone_from(&account.locale);
    }
    layout.css.insert(1, portal_css(state));
    layout
}

/// The address of the stylesheet that pages beyond the giving form add.
pub fn portal_css(state: &AppState) -> String {
    state.assets.href("portal.css")
}

/// Shows a signed-in donor the way to their pages; to Gift Aid when an entity of the charity takes it.
pub fn greet(state: &AppState, layout: &mut Layout, visitor: &Visitor, here: &str) {
    if visitor.account.is_some() {
        layout.nav = Layout::account_nav(here);
        layout.sign_out = true;
        let taken = state.deps.config.charity.entities.iter().any(|e| e.gift_aid);
        layout.nav.retain(|link| taken || link.href != "/portal/gift-aid");
    }
}
