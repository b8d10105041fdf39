//! Verifying Stripe's callbacks on the raw bytes, and reading the little we need of them.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::clock::Ts;

/// How far the signature's time may be from ours, in seconds, either way.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Why a callback was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature header, or one that cannot be read.
    #[error("no readable signature")]
    NoSignature,
    /// Signed too long ago or too far ahead.
    #[error("signature too old or too new")]
    Stale,
    /// No signature fits any configured secret.
    #[error("wrong signature")]
    WrongSignature,
    /// Signed, but not an event.
    #[error("not an event")]
    NotAnEvent,
    /// A test event on a live system or the other way.
    #[error("test and live mixed up")]
    WrongMode,
}

/// A callback that was signed by Stripe; only [`verify`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedEvent {
    /// `evt_…`
    pub id: String,
    /// `payment_intent.succeeded`, …
    pub kind: String,
    /// API version it was made with.
    pub api_version: Option<String>,
    /// When Stripe made it.
    pub created: Ts,
    /// What it is about, as a hint only.
    pub object: ObjectHint,
    /// The body, byte for byte.
    pub payload: String,
}

/// The object of an event, as a hint for what to look at again. Nothing else of it is believed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ObjectHint {
    /// Its id.
    pub id: Option<String>,
    /// Its type, as `payment_intent`.
    pub object: Option<String>,
    /// Unix seconds.
    pub created: Option<i64>,
    /// The payment intent it names.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub payment_intent: Option<String>,
}

fn text_or_nothing<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(d)?;
    Ok(value.as_str().map(str::to_owned))
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    api_version: Option<String>,
    data: EnvelopeData,
}

#[derive(Deserialize)]
struct EnvelopeData {
    object: ObjectHint,
}

/// Checks the signature against every secret in constant time, then reads the envelope.
///
/// # Errors
/// [`Refused`] says why; nothing of a refused body is kept.
pub fn verify(
    body: &[u8],
    header: Option<&str>,
    secrets: &[SecretString],
    livemode: bool,
    now: Ts,
) -> Result<VerifiedEvent, Refused> {
    let header = header.ok_or(Refused::NoSignature)?;
    let (time, signatures) = parse_header(header)?;
    let mut fits = Choice::from(0);
    for secret in secrets {
        let expected = sign(secret.expose_secret(), time, body);
        for signature in &signatures {
            fits |= expected.as_slice().ct_eq(signature);
        }
    }
    if !bool::from(fits) {
        return Err(Refused::WrongSignature);
    }
    if (now.as_unix() - time).abs() > TOLERANCE_SECONDS {
        return Err(Refused::Stale);
    }
    let payload = std::str::from_utf8(body).map_err(|_| Refused::NotAnEvent)?;
    let envelope: Envelope = serde_json::from_str(payload).map_err(|_| Refused::NotAnEvent)?;
    let object = envelope.data.object;
    if envelope.livemode != livemode {
        return Err(Refused::WrongMode);
    }
    let plain = |text: &str| text.len() <= 255 && !text.chars().any(char::is_control);
    let names = [Some(&envelope.id), Some(&envelope.kind), envelope.api_version.as_ref(), object.id.as_ref()];
    let fits =
        names.into_iter().flatten().all(|n| plain(n)) && object.payment_intent.as_deref().is_none_or(plain);
    if !envelope.id.starts_with("evt_") || !fits {
        return Err(Refused::NotAnEvent);
    }
    Ok(VerifiedEvent {
        id: envelope.id,
        kind: envelope.kind,
        api_version: envelope.api_version,
        created: Ts::from_unix(envelope.created),
        object,
        payload: payload.to_owned(),
    })
}

fn parse_header(header: &str) -> Result<(i64, Vec<Vec<u8>>), Refused> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',').take(20) {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = value.parse::<i64>().ok().filter(|t| *t > 0),
            Some(("v1", value)) => signatures.extend(hex::decode(value).ok().filter(|s| s.len() == 32)),
            _ => {}
        }
    }
    match time {
        Some(time) if !signatures.is_empty() => Ok((time, signatures)),
        _ => Err(Refused::NoSignature),
    }
}

/// HMAC-SHA256 of `time.body`.
fn sign(secret: &str, time: i64, body: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length, so the error arm cannot be reached; an empty signature fits nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return Vec::new();
    };
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";
    const BODY: &str = r#"{"id":"evt_1","object":"event","type":"payment_intent.succeeded","created":1000,"livemode":false,"api_version":null,"data":{"object":{"id":"pi_1","object":"payment_intent","payment_intent":{"x":1}}}}"#;

    fn header(secret: &str, time: i64, body: &str) -> String {
        format!("t={time},v1={}", hex::encode(sign(secret, time, body.as_bytes())))
    }

    fn check(body: &str, header: Option<&str>, now: i64) -> Result<VerifiedEvent, Refused> {
        let secrets =
            [SecretString::from("whsec_another_another_another_another"), SecretString::from(SECRET)];
        verify(body.as_bytes(), header, &secrets, false, Ts::from_unix(now))
    }

    #[test]
    fn a_signed_event_is_read_and_a_stale_one_refused() {
        let signed = header(SECRET, 10_000, BODY);
        let event = check(BODY, Some(&signed), 10_299).unwrap();
        assert_eq!(event.object.id.as_deref(), Some("pi_1"));
        assert_eq!(event.object.payment_intent, None);
        assert_eq!(check(BODY, Some(&signed), 10_301).unwrap_err(), Refused::Stale);
        assert_eq!(check(BODY, Some(&signed), 9_699).unwrap_err(), Refused::Stale);
    }

    #[test]
    fn forgeries_are_refused() {
        let signed = header(SECRET, 10_000, BODY);
        assert_eq!(check(BODY, None, 10_000).unwrap_err(), Refused::NoSignature);
        assert_eq!(check(BODY, Some(""), 10_000).unwrap_err(), Refused::NoSignature);
        assert_eq!(check(BODY, Some("t=10000,v1="), 10_000).unwrap_err(), Refused::NoSignature);
        let v0 = signed.replace("v1=", "v0=");
        assert_eq!(check(BODY, Some(&v0), 10_000).unwrap_err(), Refused::NoSignature);
        let empty = header("", 10_000, BODY);
        assert_eq!(check(BODY, Some(&empty), 10_000).unwrap_err(), Refused::WrongSignature);
        let other = BODY.replace("pi_1", "pi_2");
        assert_eq!(check(&other, Some(&signed), 10_000).unwrap_err(), Refused::WrongSignature);
        let live = BODY.replace("\"livemode\":false", "\"livemode\":true");
        let signed_live = header(SECRET, 10_000, &live);
        assert_eq!(check(&live, Some(&signed_live), 10_000).unwrap_err(), Refused::WrongMode);
        let junk = header(SECRET, 10_000, "{}");
        assert_eq!(check("{}", Some(&junk), 10_000).unwrap_err(), Refused::NotAnEvent);
    }

    #[test]
    fn either_of_two_signatures_will_do() {
        let signed = header(SECRET, 10_000, BODY);
        let two = format!("{signed},v1={}", "00".repeat(32));
        assert!(check(BODY, Some(&two), 10_000).is_ok());
        let spaced = signed.replace(',', " , ");
        assert!(check(BODY, Some(&spaced), 10_000).is_ok());
    }
}
