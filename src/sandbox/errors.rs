//! Error answers as Stripe words them.

use serde_json::{Value, json};

/// A refusal: status, body, and whether the idempotency key remembers it.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    pub status: u16,
    pub body: Value,
    /// Stripe stores an answer only once execution has begun; a parameter refused beforehand is not stored.
    pub stored: bool,
}

/// What a handler gives.
pub(super) type Answer = Result<Value, ApiError>;

fn error(status: u16, kind: &str, code: Option<&str>, message: String, param: Option<&str>) -> ApiError {
    let mut inner = json!({ "type": kind, "message": message });
    if let Some(code) = code {
        inner["code"] = json!(code);
        inner["doc_url"] = json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
    }
    if let Some(param) = param {
        inner["param"] = json!(param);
    }
    ApiError { status, body: json!({ "error": inner }), stored: false }
}

impl ApiError {
    /// A parameter refused before anything was done.
    pub fn parameter(code: &str, param: &str, message: impl Into<String>) -> Self {
        error(400, "invalid_request_error", Some(code), message.into(), Some(param))
    }

    /// A request whose parameters do not fit together, without a code.
    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        error(400, "invalid_request_error", None, message.into(), Some(param))
    }

    /// A required parameter that is not there.
    pub fn missing(param: &str) -> Self {
        Self::parameter("parameter_missing", param, format!("Missing required param: {param}."))
    }

    /// A refusal by the state of things, after execution began.
    pub fn state(code: Option<&str>, message: impl Into<String>) -> Self {
        error(400, "invalid_request_error", code, message.into(), None).kept()
    }

    /// No such object.
    pub fn no_such(object: &str, id: &str, param: &str) -> Self {
        let status = if param == "id" { 404 } else { 400 };
        let object = object.replace('.', " ").replace("checkout session", "checkout.session");
        let message = format!("No such {object}: '{id}'");
        error(status, "invalid_request_error", Some("resource_missing"), message, Some(param)).kept()
    }

    /// No such address.
    pub fn no_url(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}). See https://stripe.com/docs.");
        error(404, "invalid_request_error", None, message, None)
    }

    /// The bearer token is absent or another one.
    pub fn key(given: Option<&str>) -> Self {
        let message = match given {
            Some(key) => format!("Invalid API Key provided: {}****", key.chars().take(8).collect::<String>()),
            None => "You did not provide an API key.".to_owned(),
        };
        error(401, "invalid_request_error", None, message, None)
    }

    /// Too many requests.
    pub fn rate_limit() -> Self {
        let message = "Request rate limit exceeded. Learn more about rate limits \
                       https://stripe.com/docs/rate-limits.";
        error(429, "invalid_request_error", Some("rate_limit"), message.to_owned(), None)
    }

    /// One idempotency key, two different requests.
    pub fn idempotency_mismatch(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. \
             Try using a key other than '{key}' if you meant to execute a different request."
        );
        error(400, "idempotency_error", None, message, None)
    }

    /// One idempotency key, two requests at once.
    pub fn idempotency_locked(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you \
             submitted twice, and the other request is still going through): {key}. Please try again later."
        );
        error(409, "idempotency_error", Some("idempotency_key_in_use"), message, None)
    }

    /// An answer made up by a fault rule.
    pub fn fault(status: u16) -> Self {
        match status {
            429 => Self::rate_limit(),
            _ if status >= 500 => {
                let message = "Sorry! There was an error while talking to one of our backends.".to_owned();
                error(status, "api_error", None, message, None)
            }
            _ => error(status, "invalid_request_error", None, "Refused by a fault rule.".to_owned(), None),
        }
    }

    /// A declined card, with the fields of `last_payment_error`.
    pub fn card(details: &Value) -> Self {
        let mut inner = details.clone();
        inner["type"] = json!("card_error");
        ApiError { status: 402, body: json!({ "error": inner }), stored: true }
    }

    /// A charge that waits for the donor to answer the bank.
    pub fn action(code: &str, message: String) -> Self {
        error(402, "card_error", Some(code), message, None).kept()
    }

    /// The same refusal, remembered by the idempotency key.
    pub fn kept(mut self) -> Self {
        self.stored = true;
        self
    }

    /// The sentence in it.
    pub fn message(&self) -> String {
        self.body["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The code in it.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}
