//! What a partner offers, as the settings list it and the directory shows it.

/// A service of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its slug, unique within the partner.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The needs that it answers: codes of SDOH Clinical Care's categories.
    pub needs: Vec<String>,
    /// Languages that are spoken: tags of BCP 47.
    pub languages: Vec<String>,
    /// What it is, in words.
    pub about: Option<String>,
    /// For whom it is, in words.
    pub eligibility: Option<String>,
    /// Where it is, in words.
    pub place: Option<String>,
    /// What it costs: `free` or `cost`; unknown when absent.
    pub cost: Option<String>,
    /// What else is known of it: `vetted`, `transport`, `wheelchair`.
    pub characteristics: Vec<String>,
}
