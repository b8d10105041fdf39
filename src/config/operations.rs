//! For whoever runs the program: where its figures are read, and whom it writes to.

use std::net::SocketAddr;

use super::mail::read_mailbox;
use super::settings::Source;

/// What the operator wants to know, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationsConfig {
    /// `METRICS_ADDR`: a listener of its own for `/metrics`; none: there are no metrics.
    pub metrics: Option<SocketAddr>,
    /// `ALARM_EMAIL`: who gets a letter when somebody has to act.
    pub alarm_email: Option<String>,
}

/// Reads both settings, noting every problem.
pub(super) fn read(source: &mut Source<'_>) -> Option<OperationsConfig> {
    let metrics = source.read("METRICS_ADDR", |value| match value {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| "must be an IP address and a port, such as 127.0.0.1:9464, or empty".to_owned()),
    });
    let alarm_email = source.read("ALARM_EMAIL", |value| match value {
        "" => Ok(None),
        text if text.contains('<') => {
            Err("must be a bare address, such as it@example.org, or empty".to_owned())
        }
        text => read_mailbox(text).map(Some),
    });
    Some(OperationsConfig { metrics: metrics?, alarm_email: alarm_email? })
}
