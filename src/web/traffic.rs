//! How many requests were answered, how, and how long that took: counted for the whole process, by part of the house and by
//! class of status. No path is kept: a path may hold an id.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// The parts, each with what its paths begin with; whatever is none of them is the public's.
const PARTS: [(&str, &[&str]); 5] = [
    ("portal", &["/portal"]),
    ("staff", &["/staff"]),
    ("webhooks", &["/webhooks/"]),
    ("assets", &["/assets/"]),
    ("probes", &["/healthz", "/readyz"]),
];
/// The place of the public's pages.
const PUBLIC: usize = PARTS.len();
const CLASSES: usize = 5;

struct Part {
    answers: [AtomicU64; CLASSES],
    micros: AtomicU64,
}

static TRAFFIC: [Part; PUBLIC + 1] =
    [const { Part { answers: [const { AtomicU64::new(0) }; CLASSES], micros: AtomicU64::new(0) } };
        PUBLIC + 1];

fn part_of(path: &str) -> usize {
    PARTS.iter().position(|(_, begins)| begins.iter().any(|b| path.starts_with(b))).unwrap_or(PUBLIC)
}

/// Counts an answer once its head is known.
pub async fn count(request: Request, next: Next) -> Response {
    let part = part_of(request.uri().path());
    let began = Instant::now();
    let answer = next.run(request).await;
    let class = usize::from(answer.status().as_u16() / 100).clamp(1, CLASSES) - 1;
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    TRAFFIC[part].answers[class].fetch_add(1, Ordering::Relaxed);
    TRAFFIC[part].micros.fetch_add(micros, Ordering::Relaxed);
    answer
}

/// The counts in Prometheus' text format.
pub fn exposition() -> String {
    let name = |part: usize| PARTS.get(part).map_or("public", |(name, _)| name);
    let mut out = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = out.write_fmt(text);
        out.push('\n');
    };
    line(format_args!("# HELP almoner_http_requests_total Requests answered."));
    line(format_args!("# TYPE almoner_http_requests_total counter"));
    for (at, part) in TRAFFIC.iter().enumerate() {
        for (class, count) in (1..).zip(&part.answers) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                line(format_args!(
                    "almoner_http_requests_total{{part=\"{}\",status=\"{class}xx\"}} {count}",
                    name(at)
                ));
            }
        }
    }
    line(format_args!("# HELP almoner_http_request_seconds_total Time until the heads of the answers."));
    line(format_args!("# TYPE almoner_http_request_seconds_total counter"));
    for (at, part) in TRAFFIC.iter().enumerate() {
        let micros = part.micros.load(Ordering::Relaxed);
        if micros > 0 {
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            line(format_args!(
                "almoner_http_request_seconds_total{{part=\"{}\"}} {seconds}.{rest:06}",
                name(at)
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_counted_by_part_and_none_is_kept() {
        let name = |path: &str| PARTS.get(part_of(path)).map_or("public", |(name, _)| name);
        for (path, part) in [
            ("/", "public"),
            ("/give/thanks/abc", "public"),
            ("/portal/gifts/gift_1", "portal"),
            ("/staff/donors/dnr_1", "staff"),
            ("/webhooks/stripe", "webhooks"),
            ("/readyz", "probes"),
        ] {
            assert_eq!(name(path), part, "{path}");
        }
        assert!(!exposition().contains("dnr_"));
    }
}
