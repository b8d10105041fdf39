//! A form with a file: its fields and the file, held in memory and no more of it than is taken.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Multipart;
use axum::http::StatusCode;

use crate::web::errors::AppError;

/// A form as sent: its fields, and the file.
#[derive(Debug, Default)]
pub struct Upload {
    /// Fields by name.
    pub fields: HashMap<String, String>,
    /// How the file is called.
    pub file_name: String,
    /// What is in it.
    pub bytes: Arc<Vec<u8>>,
}

/// Reads the parts of the form; `None` when the file is larger than is taken. No more than that is ever held.
///
/// # Errors
/// When the form is broken off.
pub async fn receive(
    mut parts: Multipart,
    file_at_most: usize,
    fields_at_most: usize,
) -> Result<Option<Upload>, AppError> {
    let mut sent = Upload::default();
    loop {
        let mut part = match parts.next_field().await {
            Ok(None) => return Ok(Some(sent)),
            Ok(Some(part)) => part,
            Err(error) => return refused(error.status()),
        };
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = name == "file";
        if is_file {
            sent.file_name =
                part.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
        }
        let most = if is_file { file_at_most } else { fields_at_most };
        let mut bytes = Vec::new();
        loop {
            match part.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= most => bytes.extend_from_slice(&chunk),
                Ok(Some(_)) => return Ok(None),
                Err(error) => return refused(error.status()),
            }
        }
        if is_file {
            sent.bytes = Arc::new(bytes);
        } else {
            let text = String::from_utf8_lossy(&bytes).replace('\0', "");
            sent.fields.insert(name, text);
        }
    }
}

fn refused(status: StatusCode) -> Result<Option<Upload>, AppError> {
    if status == StatusCode::PAYLOAD_TOO_LARGE { Ok(None) } else { Err(AppError::bad_request()) }
}
