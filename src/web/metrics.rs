//! `/metrics` in Prometheus' text format, on a listener of its own: figures, no names.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::clock::Ts;
use crate::services::Deps;
use crate::services::health::{self, Standing, Verdict};

/// The routes of the listener that `METRICS_ADDR` names.
pub fn metrics_router(deps: Deps) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(deps)
}

async fn metrics(State(deps): State<Deps>) -> Response {
    match health::standing(&deps).await {
        Ok(standing) => {
            let mut text = exposition(&standing, deps.clock.now(), deps.store.name());
            text.push_str(&super::traffic::exposition());
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics");
            (StatusCode::SERVICE_UNAVAILABLE, "database not reachable\n").into_response()
        }
    }
}

/// A label's value, as the format wants it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn gauge(out: &mut String, name: &str, help: &str, values: &[(String, i64)]) {
    if values.is_empty() {
        return;
    }
    out.push_str(&format!("# HELP almoner_{name} {help}\n# TYPE almoner_{name} gauge\n"));
    for (labels, value) in values {
        out.push_str(&format!("almoner_{name}{labels} {value}\n"));
    }
}

fn exposition(s: &Standing, now: Ts, database: &str) -> String {
    let f = &s.figures;
    let mut out = String::new();
    let plain = |value| vec![(String::new(), value)];
    let age = |at: Option<Ts>| {
        at.map_or_else(Vec::new, |at| vec![(String::new(), (now.as_unix() - at.as_unix()).max(0))])
    };
    let build = format!("{{version=\"{}\",database=\"{}\"}}", env!("CARGO_PKG_VERSION"), escaped(database));
    gauge(&mut out, "build_info", "What runs here.", &[(build, 1)]);
    let verdict = |v: Verdict| match v {
        Verdict::Well => 0,
        Verdict::Look => 1,
        Verdict::Act => 2,
    };
    let checks: Vec<(String, i64)> =
        s.checks.iter().map(|c| (format!("{{check=\"{}\"}}", escaped(c.name)), verdict(c.verdict))).collect();
    gauge(&mut out, "check", "0 well, 1 to be looked at, 2 somebody has to act.", &checks);
    let kinds = |of: fn(&crate::store::health::OfKind) -> i64| -> Vec<(String, i64)> {
        s.jobs.iter().map(|j| (format!("{{kind=\"{}\"}}", escaped(&j.kind)), of(j))).collect()
    };
    gauge(&mut out, "jobs_waiting", "Jobs that wait, run or wait for another try.", &kinds(|j| j.waiting));
    gauge(&mut out, "jobs_given_up", "Jobs that were given up.", &kinds(|j| j.failed));
    gauge(&mut out, "last_event_age_seconds", "Since Stripe last told something.", &age(f.last_event));
    gauge(&mut out, "last_gift_age_seconds", "Since the newest gift was received.", &age(f.last_gift));
    gauge(
        &mut out,
        "last_walk_age_seconds",
        "Since the last walk over Stripe's objects ended.",
        &age(f.walked_at),
    );
    gauge(&mut out, "events_waiting", "Events stored and not yet looked at.", &plain(f.events_waiting));
    gauge(&mut out, "events_waiting_age_seconds", "Since the oldest of them came.", &age(f.events_since));
    gauge(&mut out, "events_dead", "Events whose look was given up.", &plain(f.events_dead));
    gauge(&mut out, "jobs_due", "Jobs that are due now.", &plain(f.jobs_due));
    gauge(&mut out, "jobs_due_age_seconds", "Since the first of them was due.", &age(f.jobs_since));
    gauge(&mut out, "leases_over", "Jobs taken and not given back in time.", &plain(f.leases_over));
    gauge(&mut out, "mails_waiting", "Mails not sent yet.", &plain(f.mails_waiting));
    gauge(
        &mut out,
        "mails_waiting_age_seconds",
        "Since the oldest of them was written.",
        &age(f.mails_since),
    );
    gauge(&mut out, "mails_failed_day", "Mails that came back within a day.", &plain(f.mails_failed));
    gauge(&mut out, "drift_open", "Objects at Stripe that the books do not have yet.", &plain(f.drift_open));
    gauge(&mut out, "drift_healed_day", "Objects found and repaired within a day.", &plain(f.drift_healed));
    gauge(
        &mut out,
        "alarms",
        "Alarms that are raised.",
        &plain(i64::try_from(s.alarms.len()).unwrap_or(i64::MAX)),
    );
    out
}
