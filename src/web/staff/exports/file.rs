//! `/staff/exports/{id}/file`: the file itself.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::{HERE, batch};
use crate::domain::states::{ExportFormat, ExportState};
use crate::services::exports;
use crate::store::exports::batches::Batch;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::staff::guard::{Staff, prove_first};

/// Sends the file: comma-separated values as they are read, a workbook from where it waits.
///
/// # Errors
/// When there is none, or the database refuses.
pub async fn download(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    method: Method,
) -> Result<Response, AppError> {
    let batch = batch(&state, &id).await?;
    let here = format!("{HERE}/{}", batch.id);
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&here));
    }
    let mut headers = headers(&batch);
    // Whoever asks for the head alone takes nothing out.
    if method == Method::HEAD {
        return Ok((StatusCode::OK, headers).into_response());
    }
    match batch.format {
        ExportFormat::Csv => {
            let body = Body::from_stream(exports::stream(&state.deps, &staff.actor, batch).await?);
            Ok((headers, body).into_response())
        }
        _ if batch.state != ExportState::Done => Ok(Redirect::to(&here).into_response()),
        ExportFormat::Xlsx | ExportFormat::Zip | ExportFormat::Pdf => {
            let kept = exports::open(&state.deps, &staff.actor, &batch).await?;
            let kept = kept.ok_or_else(AppError::not_found)?;
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(kept.bytes));
            Ok((headers, Body::from_stream(kept.pieces())).into_response())
        }
    }
}

/// A file to be kept and not shown, named by the export's own number.
fn headers(batch: &Batch) -> HeaderMap {
    let (kind, ending) = match batch.format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "csv"),
        ExportFormat::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ExportFormat::Zip => ("application/zip", "zip"),
        ExportFormat::Pdf => ("application/pdf", "pdf"),
    };
    let name = format!("attachment; filename=\"{}-{}.{ending}\"", batch.number, batch.kind.as_str());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Digits, capitals and hyphens: always a header's value.
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}
