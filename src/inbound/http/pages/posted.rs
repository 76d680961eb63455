//! A form that was sent: read within limits, and trusted only when it came from a page of ours.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::exchange::{Refusal, Staff};
use crate::inbound::http::Doors;
use crate::inbound::http::body::read_bytes;
use crate::inbound::http::pages::form::{ACTION, Form, PAGE, TOKEN};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::{Session, own_path, to_sign_in, to_sign_in_kept};
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::{draft, token};

/// Bytes of a form, at most. Chosen: the longest note with every letter escaped, several times over.
pub(super) const FORM_BYTES_MAX: usize = 64 * 1024;
/// Fields of a form, at most. Chosen: twice the largest form.
const FIELDS_MAX: usize = 100;

/// A form that anyone may send. A wrong or old token stands in it as an error: draw the page again.
pub(crate) struct Posted {
    /// Who sent it.
    pub(crate) visit: Visit,
    /// What was typed.
    pub(crate) form: Form,
}

impl FromRequest<Doors> for Posted {
    type Rejection = Trouble;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Trouble> {
        let (visit, mut form, token) = read(request, doors).await?;
        form.action = visit.action().to_owned();
        Ok(Self { form: checked(&visit, form, &token), visit })
    }
}

/// A form of a page for staff. When the session has ended, what was typed is kept until they have signed in again.
pub(crate) struct StaffPosted {
    /// Who sent it.
    pub(crate) staff: Staff,
    /// Their visit.
    pub(crate) visit: Visit,
    /// What was typed.
    pub(crate) form: Form,
}

impl FromRequest<Doors> for StaffPosted {
    type Rejection = Response;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Response> {
        let (visit, mut form, token) = read(request, doors).await.map_err(Trouble::into_response)?;
        form.action = visit.action().to_owned();
        match visit.session() {
            Session::Live { staff, .. } => {
                Ok(Self { staff: staff.clone(), form: checked(&visit, form, &token), visit: visit.clone() })
            }
            Session::Ended { secret, name } => {
                let kept = match token::fits(&token, secret, &form.action) {
                    true => draft::keep(&visit, &draft::of_staff(name), &form).await,
                    false => Ok(false),
                };
                Err(led(kept, &form))
            }
            Session::None => Err(led(draft::keep_lost(&visit, &form).await, &form)),
        }
    }
}

/// To the sign-in page, which says whether what was typed is kept.
fn led(kept: Result<bool, Refusal>, form: &Form) -> Response {
    match kept {
        Ok(true) => to_sign_in_kept(&form.page),
        Ok(false) => to_sign_in(&form.page),
        Err(refusal) => Trouble::from(refusal).into_response(),
    }
}

/// A form that is sent to change how its page is drawn, not to do what it says: its token is for its own action.
pub(super) struct Redrawn {
    /// Who sent it.
    pub(super) visit: Visit,
    /// The form of the page, or an empty one.
    pub(super) form: Form,
}

impl FromRequest<Doors> for Redrawn {
    type Rejection = Trouble;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Trouble> {
        let (visit, form, token) = read(request, doors).await?;
        Ok(Self { form: checked(&visit, form, &token), visit })
    }
}

/// Says in the form when its token does not fit, and gives it a new one.
fn checked(visit: &Visit, mut form: Form, token: &str) -> Form {
    if !token::fits(token, visit.secret(), &form.action) {
        form.error("", visit.say("frame-open-too-long"));
    }
    form.token = token::make(visit.desk(), visit.secret(), &form.action);
    form
}

/// The form and its token, with the action that it names itself.
async fn read(request: Request, doors: &Doors) -> Result<(Visit, Form, String), Trouble> {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::from_request_parts(&mut parts, doors).await?;
    if !visit.is_same_origin() {
        return Err(Trouble::Foreign);
    }
    let media = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    {
        return Err(Trouble::Unreadable);
    }
    let bytes = read_bytes(&parts.headers, body, FORM_BYTES_MAX).await.map_err(|_| Trouble::TooLarge)?;
    let fields = fields(&bytes).ok_or(Trouble::TooLarge)?;
    let of = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let (action, page, token) = (of(ACTION), of(PAGE), of(TOKEN));
    let page = own_path(page.as_deref().unwrap_or_default()).to_owned();
    let form = Form::fresh(visit.t(), action.unwrap_or_default(), page).filled(fields);
    Ok((visit, form, token.unwrap_or_default()))
}

/// The fields as typed; only what no field can hold is left out. `None`: too many.
fn fields(bytes: &Bytes) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        if fields.len() == FIELDS_MAX {
            return None;
        }
        fields.push((name.into_owned(), value.replace("\r\n", "\n").replace('\0', "")));
    }
    Some(fields)
}
