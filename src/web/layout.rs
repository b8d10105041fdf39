//! The frame around every page, from the charity file.

use super::AppState;
use super::pages::Layout;
use crate::config::Entity;

/// A frame with a title; `entity` decides the language and the lines at the foot.
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
        nav: Vec::new(),
        demo: state.demo.as_deref().cloned(),
        noindex: false,
    }
}
