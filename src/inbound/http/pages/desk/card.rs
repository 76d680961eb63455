//! Showing the number of a health card: asked for by a POST, and written down before it is shown.

use axum::extract::Path;
use axum::response::Response;

use crate::inbound::http::pages::desk::form::{trouble, writable};
use crate::inbound::http::pages::desk::referral::draw;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::see;

pub(super) async fn show(
    Path(id): Path<String>,
    StaffPosted { staff, visit, form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    if !form.is_clean() {
        return Ok(see(&super::look::path(page.id)));
    }
    let number = visit.desk().reveal_card(&staff, page.id).await.map_err(trouble)?;
    Ok(draw(&visit, page, Some(number), None))
}
