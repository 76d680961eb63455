//! The frame that every page shares: what stands around its own part (PAGES 2).

use std::fmt;

use crate::inbound::http::pages::form::{FieldError, Form};
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::Words;
use crate::inbound::http::pages::{assets, token};

/// How a person wants pages to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Display {
    /// As the device says.
    #[default]
    Device,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Display {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Device, Self::Light, Self::Dark];

    /// The cookie's value, and the attribute of `<html>`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The key of its word.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Device => "frame-display-device",
            Self::Light => "frame-display-light",
            Self::Dark => "frame-display-dark",
        }
    }

    /// By its code; anything else is the device's.
    pub(crate) fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|display| display.code() == code).unwrap_or_default()
    }
}

/// A link with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where it leads.
    pub(crate) href: String,
    /// What it says.
    pub(crate) text: String,
}

/// What stands above the h1 when something was done, or must be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Banner {
    /// Its heading: `Done`, `Changed`, …
    pub(crate) title: String,
    /// One sentence.
    pub(crate) text: String,
    /// Where to go on.
    pub(crate) link: Option<Link>,
}

/// What every template has as `frame`.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Names the page; also its h1 unless the template says otherwise.
    pub(crate) title: String,
    /// The path to come back to.
    pub(crate) path: String,
    /// Whose desk it is.
    pub(crate) house: String,
    /// Who has signed in.
    pub(crate) person: Option<String>,
    /// The way back.
    pub(crate) back: Option<Link>,
    /// Shown unless there are errors.
    pub(crate) banner: Option<Banner>,
    /// Whether the banner answers what was just pressed on this page: it gets the focus.
    pub(crate) told: bool,
    /// What is wrong with the form of the page.
    pub(crate) errors: Vec<FieldError>,
    /// Whether the page has a form whose text the toggles must carry along.
    pub(crate) has_form: bool,
    /// Everything here is made up.
    pub(crate) sandbox: bool,
    /// Worklists and maps take more width.
    pub(crate) wide: bool,
    /// Partner and patient pages are set larger, with larger targets.
    pub(crate) large: bool,
    /// How the person wants it to look.
    pub(crate) display: Display,
    /// What to name when reporting a problem: LRT-7Q4M.
    pub(crate) code: String,
    /// The navigation's present place: `desk`, `reports`, …
    pub(crate) place: &'static str,
    /// The form tokens of the frame's own buttons.
    pub(crate) tokens: Tokens,
}

/// Form tokens of the frame's own buttons.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// Language and display, where no form of the page carries them.
    pub(crate) redraw: String,
    /// Sign out.
    pub(crate) sign_out: String,
}

/// Pages of partners and of the public: whoever is signed in at the desk in the same browser is nobody there.
fn is_of_others(path: &str) -> bool {
    ["/p/", "/refer/"].iter().any(|room| path.starts_with(room))
}

/// The action that the tokens of the frame's toggles are for, where the page has no form of its own.
pub(super) const REDRAW: &str = "/frame";
/// Where signing out is posted to.
pub(super) const SIGN_OUT: &str = "/sign-out";

impl Frame {
    /// A frame that knows nothing of a visit: the catalogue's, and what every other begins as.
    pub(crate) fn new(_: Words, title: impl fmt::Display) -> Self {
        Self {
            title: title.to_string(),
            path: "/".to_owned(),
            house: String::new(),
            person: None,
            back: None,
            banner: None,
            told: false,
            errors: Vec::new(),
            has_form: false,
            sandbox: false,
            wide: false,
            large: false,
            display: Display::Device,
            code: "LRT-0000".to_owned(),
            place: "",
            tokens: Tokens::default(),
        }
    }

    /// The same for this visit.
    pub(super) fn of(mut self, visit: &Visit) -> Self {
        visit.path().clone_into(&mut self.path);
        if let Some(staff) = visit.staff().filter(|_| !is_of_others(visit.path())) {
            self.house.clone_from(&staff.house);
            self.person = Some(staff.title.clone());
            self.tokens.sign_out = token::make(visit.desk(), visit.secret(), SIGN_OUT);
        }
        self.tokens.redraw = token::make(visit.desk(), visit.secret(), REDRAW);
        self.sandbox = visit.doors().0.pages.sandbox;
        self.display = visit.display();
        self.code = code(visit.desk().random());
        self
    }

    /// The address of a file that pages load.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::at(name)
    }

    /// The ways to look that are offered.
    pub(crate) fn displays(&self) -> &'static [Display] {
        &Display::ALL
    }

    /// The action of the toggles' own forms.
    pub(crate) fn redraw_action(&self) -> &'static str {
        REDRAW
    }

    /// Of this program.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// With the page's main form: its errors stand in the summary, and the toggles carry along what was typed.
    pub(crate) fn with(mut self, form: &Form) -> Self {
        self.errors = form.errors().to_vec();
        self.has_form = true;
        self
    }

    /// With what is wrong with a form that the page no longer has.
    pub(crate) fn wrong(mut self, form: &Form) -> Self {
        self.errors = form.errors().to_vec();
        self
    }

    /// With a way back.
    pub(crate) fn back(mut self, href: impl Into<String>, text: impl fmt::Display) -> Self {
        self.back = Some(Link { href: href.into(), text: text.to_string() });
        self
    }

    /// With a banner, unless it is `None`.
    pub(crate) fn banner(mut self, banner: Option<Banner>) -> Self {
        self.banner = banner;
        self
    }

    /// With the answer to what was just pressed: its title comes first in the page's.
    pub(crate) fn answering(mut self, banner: Option<Banner>) -> Self {
        if let Some(banner) = &banner {
            self.title = format!("{} - {}", banner.title, self.title);
            self.told = true;
        }
        self.banner(banner)
    }

    /// At this place of the navigation.
    pub(crate) fn at(mut self, place: &'static str) -> Self {
        self.place = place;
        self
    }

    /// Wider than text.
    pub(crate) fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// Set larger: partner and patient pages, which name the clinic themselves.
    pub(crate) fn large(mut self) -> Self {
        self.large = true;
        self
    }
}

/// A code to name when reporting a problem: four letters that are not confused with others.
fn code(random: [u8; 4]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let letters = random.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    format!("LRT-{}", letters.iter().collect::<String>())
}
