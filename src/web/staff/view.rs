//! Instants and days as the office writes them.

use jiff::tz::TimeZone;

use crate::clock::Ts;
use crate::domain::dates;
use crate::web::AppState;

/// The zone of the charity's first entity, in which the office works.
pub fn zone(state: &AppState) -> TimeZone {
    state.deps.config.charity.entities.first().map_or(TimeZone::UTC, |e| e.time_zone.clone())
}

/// `22 November 2026, 10:04 GMT`.
pub fn moment(state: &AppState, at: Ts) -> String {
    let zone = zone(state);
    format!("{}, {}", day(state, at), at.clock_time_in(&zone))
}

/// `22 November 2026`.
pub fn day(state: &AppState, at: Ts) -> String {
    dates::long(at.date_in(&zone(state)), &state.deps.config.charity.brand.locale)
}
