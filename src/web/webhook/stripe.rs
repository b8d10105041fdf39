//! `POST /webhooks/stripe`: verify on the raw bytes, keep, answer. What follows is a job's work (rule 5).

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::payments::webhook;
use crate::services::intake;
use crate::web::AppState;

/// Stripe's events stay well below this.
pub const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// Answers 200 once the event is durable, 400 to what Stripe did not sign, 503 when it could not be kept.
pub async fn receive(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> Response {
    let config = &state.deps.config.stripe;
    let signature = headers.get("stripe-signature").and_then(|v| v.to_str().ok());
    let now = state.deps.clock.now();
    let event = match webhook::verify(&body, signature, &config.webhook_secrets, config.livemode, now) {
        Ok(event) => event,
        Err(refused) => {
            tracing::warn!(reason = %refused, bytes = body.len(), "webhook refused");
            return (StatusCode::BAD_REQUEST, "refused\n").into_response();
        }
    };
    match state.intake.keep(intake::to_inbox(event, now)).await {
        Ok(()) => "kept\n".into_response(),
        Err(reason) => {
            tracing::error!(%reason, "webhook not kept");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], "try again\n").into_response()
        }
    }
}
